/** Reads the journal page by page and puts what happens meanwhile on top, without moving the rest. */
import { api, type JournalEntry } from '$lib/api';
import type { Query } from '$lib/api/client';

const PAGE = 50;

export class JournalReader {
  entries = $state.raw<JournalEntry[]>([]);
  loaded = $state(false);
  loading = $state(false);
  error = $state.raw<unknown>(null);
  #query: Query = {};
  #cursor = $state<string | null>(null);
  // An answer to an older question is dropped.
  #turn = 0;

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  /** Asks a new question and starts again at the newest line. */
  async ask(query: Query): Promise<void> {
    this.#query = query;
    await this.#read(null, (items) => items);
  }

  async more(): Promise<void> {
    if (this.#cursor === null || this.loading) return;
    await this.#read(this.#cursor, (items) => [...this.entries, ...items]);
  }

  /** Looks for lines newer than those shown; the place in the list is kept. */
  async catchUp(): Promise<void> {
    if (!this.loaded || this.loading) return;
    const turn = this.#turn;
    try {
      const page = await api.journal({ ...this.#query, limit: PAGE });
      if (turn !== this.#turn) return;
      const known = this.entries.map((entry) => entry.id);
      const fresh = page.items.filter((entry) => !known.includes(entry.id));
      if (fresh.length > 0) this.entries = [...fresh, ...this.entries];
    } catch {
      // The next event or the reader's own question asks again.
    }
  }

  async #read(
    cursor: string | null,
    join: (items: JournalEntry[]) => JournalEntry[],
  ): Promise<void> {
    const turn = ++this.#turn;
    this.loading = true;
    try {
      const page = await api.journal({ ...this.#query, limit: PAGE, cursor });
      if (turn !== this.#turn) return;
      this.entries = join(page.items);
      this.#cursor = page.next_cursor;
      this.error = null;
      this.loaded = true;
    } catch (error) {
      if (turn === this.#turn) this.error = error;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }
}
