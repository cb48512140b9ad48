import { describe, expect, it, vi } from 'vitest';

import { addDays, formatDay, formatRelative, formatWhen, localDate, localTime } from './time';

const NOW = new Date('2026-11-22T12:00:00Z');

describe('times of the restaurant', () => {
  it('are shown on the clock of Paris, in winter and in summer', () => {
    expect(localTime('2026-11-27T17:30:00Z')).toBe('18:30');
    expect(localTime('2026-07-14T17:30:00Z')).toBe('19:30');
  });

  it('belong to the day of Paris, also just before midnight elsewhere', () => {
    expect(localDate('2026-11-22T23:30:00Z')).toBe('2026-11-23');
    expect(localTime('2026-11-22T23:05:00Z')).toBe('00:05');
  });

  it('do not depend on how an engine writes dates', () => {
    // WebKit of some systems writes en-CA and en-GB dates the American way.
    const OwnFormat = Intl.DateTimeFormat;
    vi.spyOn(Intl, 'DateTimeFormat').mockImplementation(function (...options) {
      return Object.defineProperty(new OwnFormat(...options), 'format', {
        value: () => '11/22/2026',
      });
    });
    expect(localDate('2026-11-22T12:00:00Z')).toBe('2026-11-22');
    expect(localTime('2026-11-22T12:00:00Z')).toBe('13:00');
  });

  it('are named by the nearest words', () => {
    expect(formatWhen('2026-11-22T17:30:00Z', NOW)).toBe('aujourd’hui à 18:30');
    expect(formatWhen('2026-11-23T09:00:00Z', NOW)).toBe('demain à 10:00');
    expect(formatWhen('2026-11-21T09:00:00Z', NOW)).toBe('hier à 10:00');
    expect(formatWhen('2026-11-27T17:30:00Z', NOW)).toBe('ven. 27 nov. à 18:30');
  });

  it('write days in French', () => {
    expect(formatDay('2026-11-27T17:30:00Z')).toBe('vendredi 27 novembre');
  });

  it('count forwards and backwards', () => {
    expect(formatRelative('2026-11-22T12:05:00Z', NOW)).toBe('dans 5 minutes');
    expect(formatRelative('2026-11-22T10:00:00Z', NOW)).toBe('il y a 2 heures');
  });

  it('add days across the end of a month and a clock change', () => {
    expect(addDays('2026-11-30', 1)).toBe('2026-12-01');
    expect(addDays('2026-10-24', 2)).toBe('2026-10-26');
  });
});
