/**
 * Something read from the engine and read again when an event says that it changed. The page
 * keeps the last answer while it asks again, so that nothing flickers.
 */
import { ApiError, type EventKind } from '$lib/api';
import { live } from './live.svelte';

const SETTLE_MS = 120;

export class Resource<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  loading = $state(true);
  #asked = 0;

  constructor(private readonly load: () => Promise<T>) {}

  /** Asks now. An older answer that arrives late is dropped. */
  async refresh(): Promise<void> {
    const turn = ++this.#asked;
    this.loading = true;
    try {
      const data = await this.load();
      if (turn !== this.#asked) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (turn !== this.#asked) return;
      this.error =
        error instanceof ApiError ? error : new ApiError({ status: 0, code: 'unexpected' });
    } finally {
      if (turn === this.#asked) this.loading = false;
    }
  }
}

/**
 * Call during component initialisation. `load` runs at once, again when the state it reads
 * synchronously changes, and again after events of the given kinds.
 */
export function useResource<T>(load: () => Promise<T>, kinds: EventKind[] = []): Resource<T> {
  const resource = new Resource(load);
  $effect(() => {
    // Read here so that a reconnected stream asks again for what it missed.
    void live.generation;
    void resource.refresh();
  });
  $effect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = live.on(kinds, () => {
      clearTimeout(timer);
      timer = setTimeout(() => void resource.refresh(), SETTLE_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  });
  return resource;
}
