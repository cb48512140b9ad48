import { screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';

import { platform } from '$lib/platform';
import { expectAccessible, show } from '../house.test-support';
import JournalPage from './JournalPage.svelte';

const user = userEvent.setup();

describe('Journal', () => {
  it('tells what happened, under the day it happened', async () => {
    show(JournalPage, '#/journal');
    expect(await screen.findByTestId('journal-list')).toHaveTextContent(
      'La copie de sécurité du jour',
    );
    expect(screen.getByRole('heading', { name: 'Hier' })).toBeVisible();
    await expectAccessible();
  });

  it('searches, says when nothing matches, and comes back', async () => {
    show(JournalPage, '#/journal');
    await screen.findByTestId('journal-list');
    await user.type(screen.getByTestId('journal-search'), 'jazz de minuit');
    expect(await screen.findByTestId('journal-empty')).toHaveTextContent('Rien ne correspond');
    await user.click(screen.getByRole('button', { name: 'Tout afficher' }));
    expect(await screen.findByTestId('journal-list')).toBeVisible();
  });

  it('reads on page by page without repeating a line', async () => {
    const mock = show(JournalPage, '#/journal');
    const line = mock.world.journal[0];
    if (!line) throw new Error('the demonstration has a journal');
    mock.world.journal = Array.from({ length: 120 }, (_, i) => ({
      ...line,
      id: `line-${i}`,
      text: `Ligne ${i}`,
    }));
    await user.type(await screen.findByTestId('journal-search'), 'ligne');
    // The question follows the typing with a pause; what was there before has 50 lines too.
    await waitFor(() => expect(mock.requests.at(-1)?.url).toContain('q=ligne'));
    await waitFor(() => expect(screen.getAllByTestId('journal-entry')).toHaveLength(50));
    await user.click(screen.getByTestId('journal-more'));
    await waitFor(() => expect(screen.getAllByTestId('journal-entry')).toHaveLength(100));
    await waitFor(() => expect(screen.getByTestId('journal-more')).toBeEnabled());
    await user.click(screen.getByTestId('journal-more'));
    await waitFor(() => expect(screen.getAllByTestId('journal-entry')).toHaveLength(120));
    expect(screen.queryByTestId('journal-more')).toBeNull();
    expect(
      new Set(screen.getAllByTestId('journal-entry').map((entry) => entry.textContent)).size,
    ).toBe(120);
  });

  it('shows the technical lines and exports them in the window only', async () => {
    show(JournalPage, '#/journal/details');
    expect(await screen.findByTestId('logs-lines')).toHaveTextContent('Delivery rejected.');
    expect(screen.queryByTestId('logs-export')).toBeNull();
    await expectAccessible();
  });

  it('says where the export is', async () => {
    vi.spyOn(platform, 'kind', 'get').mockReturnValue('window');
    show(JournalPage, '#/journal/details');
    await user.click(await screen.findByTestId('logs-export'));
    expect(await screen.findByTestId('logs-exported')).toHaveTextContent(
      'journal-vieux-moulin.zip',
    );
  });
});
