/** The filters of the publications, kept in the address so that « back » finds them again. */
import type { PostState } from '$lib/api/types';

export type View = 'month' | 'week' | 'list';

export interface Filters {
  view: View;
  /** Day that the shown period contains, « 2026-11-27 ». */
  date: string;
  platform: string;
  state: PostState | '';
  q: string;
}

export const FILTER_STATES: PostState[] = [
  'draft',
  'scheduled',
  'published',
  'partial',
  'needs_attention',
  'cancelled',
  'expired',
];

const VIEWS: View[] = ['month', 'week', 'list'];

export function readFilters(query: URLSearchParams, today: string): Filters {
  const view = VIEWS.find((name) => name === query.get('view')) ?? 'month';
  const date = query.get('date') ?? '';
  return {
    view,
    date: /^\d{4}-\d\d-\d\d$/.test(date) ? date : today,
    platform: query.get('platform') ?? '',
    state: FILTER_STATES.find((name) => name === query.get('state')) ?? '',
    q: query.get('q') ?? '',
  };
}

export function filtersPath(filters: Filters): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(filters)) if (value) query.set(key, value);
  return `/publications?${query.toString()}`;
}

/** First and last day of what the view shows; weeks start on Monday. */
export function shownDays(view: View, date: string): { from: string; to: string } {
  const at = new Date(`${date}T12:00:00Z`);
  const iso = (day: Date) => day.toISOString().slice(0, 10);
  const plus = (day: Date, days: number) => new Date(day.getTime() + days * 86_400_000);
  const monday = (day: Date) => plus(day, -((day.getUTCDay() + 6) % 7));
  if (view === 'week') return { from: iso(monday(at)), to: iso(plus(monday(at), 6)) };
  const first = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1, 12));
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0, 12));
  if (view === 'list') return { from: iso(first), to: iso(last) };
  return { from: iso(monday(first)), to: iso(plus(monday(last), 6)) };
}

/** The same day one period earlier or later. */
export function stepDate(view: View, date: string, direction: 1 | -1): string {
  const at = new Date(`${date}T12:00:00Z`);
  if (view === 'week') at.setUTCDate(at.getUTCDate() + 7 * direction);
  else at.setUTCMonth(at.getUTCMonth() + direction, 1);
  return at.toISOString().slice(0, 10);
}
