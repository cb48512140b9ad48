/** What the results screens work out of the engine's figures. Absent stays absent. */
import type { Figures, Measure, PostFigures } from '$lib/api/types';
import { formatNumber, i18n, t } from '$lib/i18n/index.svelte';

export const PERIODS = [7, 30, 90] as const;
export type Period = (typeof PERIODS)[number];

/** In the order of the columns; followers are not of a post. */
export const MEASURES = [
  'views',
  'reach',
  'likes',
  'comments',
  'shares',
  'saves',
  'clicks',
] as const satisfies readonly Measure[];

export const RANKINGS = ['interactions', 'views', 'rate'] as const;
export type Ranking = (typeof RANKINGS)[number];

const INTERACTIONS = ['likes', 'comments', 'shares', 'saves', 'clicks'] as const;

/** The period that an address asks for. */
export function readPeriod(query: URLSearchParams): Period {
  const days = Number(query.get('jours'));
  return PERIODS.find((period) => period === days) ?? 30;
}

/** Everything that people did with a post; null when the network counts nothing of it. */
export function interactions(figures: Figures): number | null {
  const counted = INTERACTIONS.map((measure) => figures[measure]).filter((n) => n !== null);
  return counted.length === 0 ? null : counted.reduce((sum, n) => sum + n, 0);
}

export function rank(post: PostFigures, by: Ranking): number | null {
  if (by === 'rate') return post.engagement?.rate ?? null;
  return by === 'views' ? post.figures.views : interactions(post.figures);
}

/** The best first; posts whose network does not say it are left out. */
export function best(posts: PostFigures[], by: Ranking, count = 10): PostFigures[] {
  return posts
    .map((post) => ({ post, value: rank(post, by) }))
    .filter((entry): entry is { post: PostFigures; value: number } => entry.value !== null)
    .sort((a, b) => b.value - a.value)
    .slice(0, count)
    .map(({ post }) => post);
}

/** « 6,24 % » */
export function formatRate(rate: number): string {
  const value = new Intl.NumberFormat(i18n.locale, {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  }).format(rate);
  return t('results.percent', { value });
}

/** « +3 », « −2 », « 0 » */
export function formatChange(change: number): string {
  const sign = change > 0 ? '+' : change < 0 ? '−' : '';
  return `${sign}${formatNumber(Math.abs(change))}`;
}

export interface Point {
  at: number;
  value: number | null;
}

/**
 * The pieces of a line through the points, in a box of that size. A gap ends a piece: where nothing
 * was taken for much longer than usual, no line pretends otherwise.
 */
export function pieces(points: Point[], width: number, height: number, gapMs: number): string[] {
  const known = points.filter(
    (point): point is { at: number; value: number } => point.value !== null,
  );
  const [first] = known;
  const last = known.at(-1);
  if (!first || !last || first === last) return [];
  const top = Math.max(...known.map(({ value }) => value), 1);
  const x = (at: number) => ((at - first.at) / (last.at - first.at)) * width;
  const y = (value: number) => height - (value / top) * height;
  const found: string[][] = [[]];
  let before: number | null = null;
  for (const { at, value } of known) {
    if (before !== null && at - before > gapMs) found.push([]);
    found.at(-1)?.push(`${x(at).toFixed(1)},${y(value).toFixed(1)}`);
    before = at;
  }
  return found.map((piece) => piece.join(' '));
}
