import { render, screen, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import type { Figures, PostFigures } from '$lib/api/types';
import { expectAccessible, show } from '../house.test-support';
import PostFiguresCard from '../post/PostFigures.svelte';
import { best, formatChange, formatRate, interactions, pieces, readPeriod } from './figures';
import ResultsPage from './ResultsPage.svelte';

const user = userEvent.setup();
const NONE: Figures = {
  views: null,
  reach: null,
  likes: null,
  comments: null,
  shares: null,
  saves: null,
  clicks: null,
  followers: null,
};
const post = (id: string, figures: Partial<Figures>, rate?: number): PostFigures => ({
  post_id: id,
  delivery_id: id,
  account: 'a',
  account_label: 'a',
  platform: 'facebook',
  text: id,
  permalink: null,
  published_at: '2026-11-27T17:30:00Z',
  collected_at: null,
  problem: null,
  figures: { ...NONE, ...figures },
  engagement: rate === undefined ? null : { rate, interactions: 1, out_of: 2, base: 'reach' },
});

describe('figures', () => {
  it('never takes absent for zero', () => {
    expect(interactions(NONE)).toBeNull();
    expect(interactions({ ...NONE, likes: 0, views: 12 })).toBe(0);
    expect(interactions({ ...NONE, likes: 2, clicks: 3, views: 12 })).toBe(5);
  });

  it('ranks what is known, the best first', () => {
    const posts = [post('a', { likes: 1 }, 3), post('b', { views: 9 }), post('c', { likes: 4 }, 1)];
    expect(best(posts, 'interactions').map(({ post_id }) => post_id)).toEqual(['c', 'a']);
    expect(best(posts, 'views').map(({ post_id }) => post_id)).toEqual(['b']);
    expect(best(posts, 'rate').map(({ post_id }) => post_id)).toEqual(['a', 'c']);
    expect(best(posts, 'interactions', 1)).toHaveLength(1);
  });

  it('writes rates and changes as people do', () => {
    expect(formatRate(6.2)).toBe('6,20\u202f%');
    expect(formatChange(3)).toBe('+3');
    expect(formatChange(-2)).toBe('−2');
    expect(formatChange(0)).toBe('0');
  });

  it('breaks the line where nothing was taken', () => {
    const points = [0, 1, 2, 10, 11].map((at) => ({ at, value: at }));
    expect(pieces(points, 110, 11, 3)).toEqual([
      '0.0,11.0 10.0,10.0 20.0,9.0',
      '100.0,1.0 110.0,0.0',
    ]);
    expect(pieces([{ at: 1, value: 3 }], 110, 11, 3)).toEqual([]);
    expect(pieces([{ at: 1, value: null }], 110, 11, 3)).toEqual([]);
  });

  it('reads the period of the address', () => {
    expect(readPeriod(new URLSearchParams('jours=90'))).toBe(90);
    expect(readPeriod(new URLSearchParams('jours=12'))).toBe(30);
  });
});

describe('Results', () => {
  it('shows each network, a dash where it says nothing, and the best posts', async () => {
    show(ResultsPage, '#/resultats');
    const row = await screen.findByTestId('results-bluesky');
    expect(within(row).getAllByText('Le réseau ne le dit pas').length).toBeGreaterThan(0);
    expect(within(row).getByText('Non mesurable')).toBeInTheDocument();
    expect(screen.getAllByTestId('results-post').length).toBeGreaterThan(1);
    await expectAccessible();
  });

  it('asks for another period and keeps it in the address', async () => {
    const mock = show(ResultsPage, '#/resultats');
    await screen.findByTestId('results-networks');
    await user.click(screen.getByTestId('results-days-7'));
    expect(location.hash).toBe('#/resultats?jours=7');
    expect(screen.getByTestId('results-days-7')).toHaveAttribute('aria-pressed', 'true');
    await expect.poll(() => mock.requests.at(-1)?.url).toContain('days=7');
  });

  it('explains the formula on demand', async () => {
    show(ResultsPage, '#/resultats');
    const summary = await screen.findByTestId('results-formula');
    expect(screen.getByText(/÷ personnes touchées/)).not.toBeVisible();
    await user.click(summary);
    expect(screen.getByText(/÷ personnes touchées/)).toBeVisible();
  });

  it('says what to do when there is nothing yet', async () => {
    show(ResultsPage, '#/resultats', { empty: true });
    expect(await screen.findByTestId('results-empty')).toHaveTextContent('Aucun compte');
    await expectAccessible();
  });
});

describe('Figures of a post', () => {
  it('shows what each network counts, with its line and its numbers', async () => {
    const mock = show(ResultsPage, '#/resultats');
    const links = await screen.findAllByTestId('results-post');
    const id = links[0]?.getAttribute('href')?.split('/').at(-1) ?? '';
    expect(mock.world.posts.some((entry) => entry.id === id)).toBe(true);
    document.querySelector('#content')?.remove();
    render(PostFiguresCard, { props: { id } });
    const card = await screen.findByTestId('post-figures');
    expect(within(card).getAllByTestId('sparkline').length).toBeGreaterThan(0);
    expect(within(card).getAllByText('J’aime').length).toBeGreaterThan(0);
  });
});
