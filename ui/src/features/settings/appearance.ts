/** Colours and language live in this page and, from the window, in the engine's settings too. */
import { api } from '$lib/api';
import { i18n, type Language } from '$lib/i18n/index.svelte';
import { platform } from '$lib/platform';
import { theme, type Theme } from '$lib/theme.svelte';

/** The engine's word for the colours of the computer is `system`. */
export const storedTheme = (value: Theme): string => (value === 'auto' ? 'system' : value);

export function adopt(settings: Record<string, unknown>): void {
  const { language, theme: colours } = settings;
  if (language === 'fr' || language === 'en') i18n.set(language as Language);
  if (colours === 'light' || colours === 'dark') theme.set(colours);
  if (colours === 'system') theme.set('auto');
}

/**
 * The window follows the engine's settings, because notifications and the tray do. A browser
 * keeps its own choice: it may be another person's screen.
 */
export async function followEngine(): Promise<void> {
  if (platform.kind !== 'window') return;
  try {
    adopt(await api.settings.get());
  } catch {
    // The page keeps what it remembers; the settings screen says when they cannot be read.
  }
}
