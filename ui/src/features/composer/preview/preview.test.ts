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

  it('does not dress a network it does not know as another one', () => {
    const preview = shown('nouveau', []);
    expect(preview).toHaveTextContent('Soirée jazz');
    expect(preview).not.toHaveTextContent('@levieuxmoulin');
  });
});
