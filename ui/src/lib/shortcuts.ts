/** Keyboard shortcuts of the whole application; the help page lists the same table. */
export type ShortcutName = 'new_post' | 'submit' | 'close' | 'settings' | 'help' | 'move';

export const SHORTCUTS: { name: ShortcutName; keys: string[] }[] = [
  { name: 'new_post', keys: ['Ctrl', 'N'] },
  { name: 'submit', keys: ['Ctrl', '↵'] },
  { name: 'move', keys: ['Alt', '← ↑ → ↓'] },
  { name: 'close', keys: ['Esc'] },
  { name: 'settings', keys: ['Ctrl', ','] },
  { name: 'help', keys: ['F1'] },
];

/** The global shortcut that a key press means, if any. */
export function globalShortcut(event: KeyboardEvent): 'new_post' | 'settings' | 'help' | null {
  if (event.key === 'F1') return 'help';
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return null;
  if (event.key.toLowerCase() === 'n') return 'new_post';
  if (event.key === ',') return 'settings';
  return null;
}
