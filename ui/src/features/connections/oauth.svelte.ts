/**
 * Follows one sign-in in the outside browser until the engine says how it ended.
 * It only asks and waits; the exchange itself happens in the engine, which alone sees the token.
 */
import type { Account } from '$lib/api';

export interface OAuthOutcome {
  state: 'waiting' | 'connected' | 'failed' | 'expired';
  account?: Account | null;
  problem?: { title: string; detail: string } | null;
}

export interface OAuthDoor {
  start(server: string): Promise<{ authorize_url: string; session: string }>;
  read(session: string): Promise<OAuthOutcome>;
  open(url: string): Promise<void>;
}

const POLL_MS = 1500;

export class OAuthFlow {
  phase = $state<'idle' | 'starting' | 'waiting' | 'connected' | 'failed' | 'expired'>('idle');
  account = $state.raw<Account | null>(null);
  /** Why it failed, as the engine says it. */
  reason = $state<string | null>(null);
  /** What was thrown when the engine refused to start or could not be asked. */
  error = $state.raw<unknown>(null);
  server = $state('');
  #url = '';
  #door: OAuthDoor;
  // Each start gets a number, so that an answer to an abandoned sign-in changes nothing.
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(door: OAuthDoor) {
    this.#door = door;
  }

  async start(server: string): Promise<void> {
    const turn = this.#begin('starting');
    this.server = server;
    try {
      const { authorize_url, session } = await this.#door.start(server);
      if (turn !== this.#turn) return;
      this.#url = authorize_url;
      this.phase = 'waiting';
      this.#schedule(session, turn);
      await this.#door.open(authorize_url);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  async openAgain(): Promise<void> {
    if (this.phase === 'waiting') await this.#door.open(this.#url);
  }

  /** Stops asking. The engine lets the unfinished sign-in expire by itself. */
  cancel(): void {
    this.#begin('idle');
  }

  #begin(phase: 'idle' | 'starting'): number {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.phase = phase;
    this.account = null;
    this.reason = null;
    this.error = null;
    return this.#turn;
  }

  #fail(error: unknown): void {
    clearTimeout(this.#timer);
    this.error = error;
    this.phase = 'failed';
  }

  #schedule(session: string, turn: number): void {
    this.#timer = setTimeout(() => void this.#ask(session, turn), POLL_MS);
  }

  async #ask(session: string, turn: number): Promise<void> {
    try {
      const outcome = await this.#door.read(session);
      if (turn !== this.#turn) return;
      if (outcome.state === 'waiting') {
        this.#schedule(session, turn);
        return;
      }
      this.account = outcome.account ?? null;
      this.reason = outcome.problem?.detail ?? null;
      this.phase = outcome.state;
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }
}
