import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '$lib/api';
import { family, groupByDay, periodStart } from './days';

const entry = (id: string, at: string): JournalEntry => ({
  id,
  at,
  actor: 'window',
  kind: 'post.scheduled',
  subject: id,
  text: id,
  text_en: id,
});

describe('groupByDay', () => {
  it('keeps the order and cuts at midnight of the house, not of Greenwich', () => {
    const days = groupByDay([
      entry('c', '2026-11-21T23:05:00Z'),
      entry('b', '2026-11-21T22:55:00Z'),
      entry('a', '2026-11-21T08:00:00Z'),
    ]);
    expect(days.map((d) => [d.day, d.entries.map((e) => e.id)])).toEqual([
      ['2026-11-22', ['c']],
      ['2026-11-21', ['b', 'a']],
    ]);
  });
});

describe('periodStart', () => {
  const now = new Date('2026-11-22T15:30:00Z');
  it('starts at midnight of the house, winter and summer', () => {
    expect(periodStart('today', now)).toBe('2026-11-21T23:00:00.000Z');
    expect(periodStart('week', now)).toBe('2026-11-15T23:00:00.000Z');
    expect(periodStart('month', now)).toBe('2026-10-23T22:00:00.000Z');
    expect(periodStart('all', now)).toBeUndefined();
  });
});

describe('family', () => {
  it.each([
    ['post.scheduled', 'post'],
    ['delivery_changed', 'delivery'],
    ['account.added', 'account'],
    ['self_test', 'system'],
  ])('%s belongs to %s', (kind, expected) => expect(family(kind)).toBe(expected));
});
