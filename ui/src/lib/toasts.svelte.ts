/** Short messages at the foot of the page, with at most one thing to do. */
export type ToastTone = 'info' | 'success' | 'error';

export interface Toast {
  id: number;
  tone: ToastTone;
  text: string;
  /** When it goes away, in milliseconds since 1970. */
  until: number;
  durationMs: number;
  action?: { label: string; run: () => void | Promise<void> };
}

class Toasts {
  items = $state<Toast[]>([]);
  #next = 1;
  #timers = new Map<number, ReturnType<typeof setTimeout>>();

  show(
    text: string,
    {
      tone = 'info',
      durationMs = 6000,
      action,
    }: { tone?: ToastTone; durationMs?: number; action?: Toast['action'] } = {},
  ): number {
    const id = this.#next++;
    const toast: Toast = { id, tone, text, durationMs, until: Date.now() + durationMs };
    if (action) toast.action = action;
    this.items.push(toast);
    this.#timers.set(
      id,
      setTimeout(() => this.dismiss(id), durationMs),
    );
    return id;
  }

  success(text: string): number {
    return this.show(text, { tone: 'success' });
  }

  error(text: string): number {
    return this.show(text, { tone: 'error', durationMs: 12_000 });
  }

  /** A toast that can be taken back until the given instant. */
  undo(text: string, label: string, until: Date, run: () => void | Promise<void>): number {
    const durationMs = Math.max(0, until.getTime() - Date.now());
    this.dropUndo();
    return this.show(text, { tone: 'success', durationMs, action: { label, run } });
  }

  /** One thing at a time can be taken back; what was taken back elsewhere can no longer be. */
  dropUndo(): void {
    for (const { id, action } of this.items) if (action) this.dismiss(id);
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
