/** Colours and language live in this page and, from the window, in the engine's settings too. */
import { api } from '$lib/api';
import { house } from '$lib/house.svelte';
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

/** The times on every screen are those of the house, whoever looks and from where. */
export function adoptHouse(settings: Record<string, unknown>): void {
  const { timezone } = (settings.house ?? {}) as { timezone?: unknown };
  if (typeof timezone === 'string' && timezone) house.zone = timezone;
}

/**
 * The window follows the engine's settings, because notifications and the tray do. A browser
 * keeps its own colours and language: it may be another person's screen.
 */
export async function followEngine(): Promise<void> {
  try {
    const settings = await api.settings.get();
    adoptHouse(settings);
    if (platform.kind === 'window') adopt(settings);
  } catch {
    // The page keeps what it remembers; the settings screen says when they cannot be read.
  }
}
