import { describe, expect, it } from 'vitest';

import { shifted } from './move';

describe('a moved time', () => {
  it('keeps its hour when the day changes', () => {
    expect(shifted('2026-11-27T18:30:00', 1, 0)).toBe('2026-11-28T18:30:00');
    expect(shifted('2026-11-27T18:30:00', -7, 0)).toBe('2026-11-20T18:30:00');
  });

  it('keeps its hour over the night when clocks change', () => {
    expect(shifted('2026-10-24T18:30:00', 1, 0)).toBe('2026-10-25T18:30:00');
  });

  it('never leaves its day through minutes alone', () => {
    expect(shifted('2026-11-27T23:30:00', 0, 60)).toBe('2026-11-27T23:45:00');
    expect(shifted('2026-11-27T00:30:00', 0, -60)).toBe('2026-11-27T00:00:00');
  });
});
