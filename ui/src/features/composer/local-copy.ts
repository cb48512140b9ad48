/**
 * A copy of what is being written, kept by the browser until the engine has it: a text must not
 * be lost because the engine was restarting.
 */
const PREFIX = 'moulin.composer.';

export function keepCopy(id: string | null, snapshot: unknown): void {
  try {
    localStorage.setItem(PREFIX + (id ?? 'new'), JSON.stringify(snapshot));
  } catch {
    // Storage can be full or forbidden; the engine's own draft is the copy that counts.
  }
}

export function readCopy(id: string | null): unknown {
  try {
    const text = localStorage.getItem(PREFIX + (id ?? 'new'));
    return text === null ? null : (JSON.parse(text) as unknown);
  } catch {
    return null;
  }
}

export function dropCopy(id: string | null): void {
  try {
    localStorage.removeItem(PREFIX + (id ?? 'new'));
  } catch {
    // Nothing to drop where nothing can be kept.
  }
}
