/** Light, dark, or as the computer is set. */
export type Theme = 'auto' | 'light' | 'dark';

const STORED = 'moulin.theme';

class ThemeStore {
  value = $state<Theme>('auto');

  start(): void {
    const stored = localStorage.getItem(STORED);
    this.set(stored === 'light' || stored === 'dark' ? stored : 'auto');
  }

  set(theme: Theme): void {
    this.value = theme;
    localStorage.setItem(STORED, theme);
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }
}

export const theme = new ThemeStore();
