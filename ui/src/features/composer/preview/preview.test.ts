import { render, screen } from '@testing-library/svelte';
import { describe, expect, it } from 'vitest';

import type { Account } from '$lib/api';
import { demonstration } from '../../../mocks/data';
import NetworkPreview from './NetworkPreview.svelte';

const shown = (platform: string, photos: { url: string; alt: string }[]) => {
  const [first] = demonstration().accounts;
  const own = { platform, label: 'Le Vieux Moulin', handle: '@levieuxmoulin' };
  const account = { ...first, ...own } as Account;
  render(NetworkPreview, { account, text: 'Soirée jazz', photos, link: null });
  return screen.getByTestId(`preview-${platform}`);
};

describe('the preview of a network', () => {
  it('shows a Telegram post as the channel does: pictures above the words', () => {
    const preview = shown('telegram', [{ url: 'data:,', alt: 'La scène' }]);
    const picture = screen.getByAltText('La scène');
    expect(picture.compareDocumentPosition(screen.getByText('Soirée jazz'))).toBe(
      Node.DOCUMENT_POSITION_FOLLOWING,
    );
    // A channel names itself, not its address, and nobody describes pictures there.
    expect(preview).toHaveTextContent('Le Vieux Moulin');
    expect(preview).not.toHaveTextContent('@levieuxmoulin');
    expect(preview).not.toHaveTextContent('ALT');
  });

  it('names a Threads post by its account alone', () => {
    const preview = shown('threads', []);
    expect(preview).toHaveTextContent('levieuxmoulin');
    expect(preview).not.toHaveTextContent('Le Vieux Moulin');
  });

  it('shows a Google post with its one photo, its event and its button', () => {
    const [first] = demonstration().accounts;
    const account = { ...first, platform: 'google_business', label: 'Le Vieux Moulin' } as Account;
    const photos = ['Une', 'Deux'].map((alt) => ({ url: 'data:,', alt }));
    const options = {
      button: { action: 'book' as const },
      event: { title: 'Réveillon', starts_on: '2026-12-31' },
    };
    render(NetworkPreview, { account, text: 'Menu de fête', photos, link: null, options });
    const preview = screen.getByTestId('preview-google_business');
    expect(preview).toHaveTextContent('Réveillon');
    expect(preview).toHaveTextContent('Réserver');
    expect(screen.getByAltText('Une')).toBeVisible();
    expect(screen.queryByAltText('Deux')).toBeNull();
  });

  it('gives a pin its title, and asks for the photo that it needs', () => {
    const [first] = demonstration().accounts;
    const account = { ...first, platform: 'pinterest', label: 'Le Vieux Moulin' } as Account;
    const link = 'https://moulin.example/carte';
    render(NetworkPreview, { account, text: 'À la crème', photos: [], link, title: 'Moules' });
    const preview = screen.getByTestId('preview-pinterest');
    expect(preview).toHaveTextContent('Moules');
    expect(preview).toHaveTextContent('moulin.example');
    expect(preview).toHaveTextContent('il faut au moins une photo');
  });

  it.each(['linkedin', 'x'])('shows a post of %s with its pictures below the words', (platform) => {
    const preview = shown(platform, [{ url: 'data:,', alt: 'La scène' }]);
    const words = screen.getByText('Soirée jazz');
    expect(words.compareDocumentPosition(screen.getByAltText('La scène'))).toBe(
      Node.DOCUMENT_POSITION_FOLLOWING,
    );
    // Descriptions are passed on, and an organisation has no @.
    expect(preview).toHaveTextContent('ALT');
    if (platform === 'linkedin') expect(preview).not.toHaveTextContent('@');
    else expect(preview).toHaveTextContent('@levieuxmoulin');
  });

  it('does not dress a network it does not know as another one', () => {
    const preview = shown('nouveau', []);
    expect(preview).toHaveTextContent('Soirée jazz');
    expect(preview).not.toHaveTextContent('@levieuxmoulin');
  });
});
