import { describe, expect, it } from 'vitest';

import { filtersPath, readFilters, shownDays, stepDate } from '../features/publications/filters';
import { parseHash } from './router.svelte';

describe('routes', () => {
  it('split the hash into segments and a query', () => {
    const route = parseHash('#/publications/abc/modifier?date=2026-11-27');
    expect(route.segments).toEqual(['publications', 'abc', 'modifier']);
    expect(route.query.get('date')).toBe('2026-11-27');
  });

  it('treat an empty hash as the first page', () => {
    expect(parseHash('').segments).toEqual([]);
    expect(parseHash('#/').segments).toEqual([]);
  });
});

describe('the filters of the publications', () => {
  it('come back from the address as they went in', () => {
    const filters = {
      view: 'list',
      date: '2026-11-27',
      platform: 'bluesky',
      state: 'held',
      q: 'jazz',
    } as const;
    const { query } = parseHash(`#${filtersPath({ ...filters, state: 'draft' })}`);
    expect(readFilters(query, '2026-01-01')).toEqual({ ...filters, state: 'draft' });
  });

  it('ignore what they do not know', () => {
    const query = new URLSearchParams('view=year&date=hier&state=held');
    expect(readFilters(query, '2026-11-22')).toMatchObject({
      view: 'month',
      date: '2026-11-22',
      state: '',
    });
  });

  it('show whole weeks from Monday', () => {
    expect(shownDays('month', '2026-11-22')).toEqual({ from: '2026-10-26', to: '2026-12-06' });
    expect(shownDays('week', '2026-11-22')).toEqual({ from: '2026-11-16', to: '2026-11-22' });
  });

  it('step from a long month into a short one', () => {
    expect(stepDate('month', '2026-01-31', 1)).toBe('2026-02-01');
    expect(stepDate('week', '2026-11-27', -1)).toBe('2026-11-20');
  });
});
