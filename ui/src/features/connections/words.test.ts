import { describe, expect, it } from 'vitest';

import type { Account } from '$lib/api';
import { expiry, lastCheck, trouble } from './words';

const NOW = new Date('2026-11-22T12:00:00Z');
const account = (more: Partial<Account>): Account =>
  ({ state: 'connected', problem: null, token_expiry: { kind: 'never' }, ...more }) as Account;
const known = (at: string) => account({ token_expiry: { kind: 'known', at } });

describe('expiry', () => {
  it.each([
    ['2027-03-12T10:00:00Z', 'Accès valable jusqu’au 12 mars 2027 (dans 110 jours)', 'muted'],
    ['2026-12-04T10:00:00Z', 'Accès valable jusqu’au 4 décembre 2026 (dans 12 jours)', 'warning'],
    ['2026-11-27T10:00:00Z', 'Accès valable jusqu’au 27 novembre 2026 (dans 5 jours)', 'danger'],
    ['2026-11-23T10:00:00Z', 'Accès valable jusqu’au 23 novembre 2026 (demain)', 'danger'],
    ['2026-11-22T17:30:00Z', 'L’accès expire aujourd’hui à 18:30', 'danger'],
    ['2026-11-20T17:30:00Z', 'Accès expiré depuis le 20 novembre 2026', 'danger'],
  ])('says %s in words', (at, text, tone) => {
    expect(expiry(known(at), 'Facebook', NOW)).toEqual({ text, tone });
  });

  it('does not take unknown for never', () => {
    expect(expiry(account({}), 'Facebook', NOW).text).toBe('Cet accès n’expire pas');
    expect(expiry(account({ token_expiry: { kind: 'unknown' } }), 'Facebook', NOW).text).toBe(
      'Facebook n’indique pas de date de fin',
    );
  });
});

describe('trouble', () => {
  it('is silent while all is well or the owner paused', () => {
    expect(trouble(account({}), 'Facebook', NOW)).toBeNull();
    expect(trouble(account({ state: 'paused' }), 'Facebook', NOW)).toBeNull();
  });
  it('counts what is planned for after the end', () => {
    const ending = known('2026-11-27T10:00:00Z');
    expect(trouble({ ...ending, at_risk: 2 }, 'Facebook', NOW)?.detail).toContain(
      '2 publications sont prévues après cette date.',
    );
    expect(trouble({ ...ending, at_risk: 0 }, 'Facebook', NOW)?.detail).not.toContain('prévue');
  });
  it('warns in the last week', () => {
    expect(trouble(known('2026-11-27T10:00:00Z'), 'Facebook', NOW)).toMatchObject({
      tone: 'warning',
      reconnect: true,
    });
  });
  it('does not send a blocked account to the reconnect page', () => {
    expect(trouble(account({ state: 'blocked' }), 'Facebook', NOW)).toMatchObject({
      tone: 'danger',
      reconnect: false,
    });
  });
});

describe('the last check', () => {
  const checked = { at: '2026-11-22T11:00:00Z', ok: true, findings: [] };
  it('is not called good beside a trouble that came after it', () => {
    expect(lastCheck(account({ last_check: checked }), NOW).text).toMatch(/tout va bien/);
    const stopped = account({ last_check: checked, state: 'needs_reauth' });
    expect(lastCheck(stopped, NOW)).toEqual({ text: 'Vérifié il y a 1 heure', tone: 'muted' });
  });
});
