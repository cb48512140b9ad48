import { describe, expect, it } from 'vitest';

import { fieldsOf, NO_OPTIONS, optionsOf } from './options';

describe('the options of a post', () => {
  it('are nothing when nothing was chosen', () => {
    expect(optionsOf(NO_OPTIONS)).toEqual({});
    expect(fieldsOf(undefined)).toEqual(NO_OPTIONS);
  });

  it('come back as they were written', () => {
    const options = {
      button: { action: 'book' as const, url: 'https://moulin.example/reserver' },
      event: {
        title: 'Réveillon',
        starts_on: '2026-12-31',
        starts_at: '19:30:00',
        ends_on: '2027-01-01',
        ends_at: '02:00:00',
      },
      offer: { coupon_code: 'COUPE', redeem_url: null, terms: 'Une par table' },
    };
    expect(optionsOf(fieldsOf(options))).toEqual(options);
    expect(fieldsOf(options)).toMatchObject({ offer: true, event: false, startsAt: '19:30' });
  });

  it('leave out what a call and an unfinished event do not have', () => {
    const fields = {
      ...NO_OPTIONS,
      action: 'call' as const,
      url: 'https://x.example',
      event: true,
    };
    expect(optionsOf(fields)).toEqual({ button: { action: 'call', url: null } });
  });
});
