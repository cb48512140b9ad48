/** The engine's event stream, shared by the whole page. Events say what changed, never to what. */
import type { EventKind, ServerEvent } from '$lib/api/types';
import { platform } from '$lib/platform';

type Listener = (event: ServerEvent) => void;

class Live {
  connected = $state(true);
  /** Grows each time the stream comes back: whatever was missed must be read again. */
  generation = $state(0);
  #listeners = new Set<Listener>();
  #stop: (() => void) | null = null;

  start(): void {
    if (this.#stop) return;
    this.#stop = platform.subscribe(
      (event) => {
        for (const listener of this.#listeners) listener(event);
      },
      (connected) => {
        if (connected && !this.connected) this.generation += 1;
        this.connected = connected;
      },
    );
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  on(kinds: EventKind[], listener: Listener): () => void {
    const filtered: Listener = (event) => {
      if (event.kind === 'reset' || kinds.includes(event.kind)) listener(event);
    };
    this.#listeners.add(filtered);
    return () => this.#listeners.delete(filtered);
  }
}

export const live = new Live();
