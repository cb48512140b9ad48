import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Account } from '$lib/api';
import { OAuthFlow, type OAuthDoor, type OAuthOutcome } from './oauth.svelte';

const account = { id: 'a1', label: 'Le Moulin' } as Account;

function door(answers: OAuthOutcome[]): OAuthDoor & { opened: string[] } {
  const opened: string[] = [];
  return {
    opened,
    start: () => Promise.resolve({ authorize_url: 'https://piaille.fr/oauth', session: 's1' }),
    read: () => Promise.resolve(answers.shift() ?? { state: 'waiting' }),
    open: (url) => {
      opened.push(url);
      return Promise.resolve();
    },
  };
}

describe('OAuthFlow', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('opens the page once, waits, then gives the account', async () => {
    const d = door([{ state: 'waiting' }, { state: 'connected', account }]);
    const flow = new OAuthFlow(d);
    await flow.start('https://piaille.fr');
    expect(flow.phase).toBe('waiting');
    expect(d.opened).toEqual(['https://piaille.fr/oauth']);
    await vi.advanceTimersByTimeAsync(1600);
    expect(flow.phase).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1600);
    expect(flow.phase).toBe('connected');
    expect(flow.account?.id).toBe('a1');
  });

  it('ignores the answer of a sign-in that was cancelled', async () => {
    const flow = new OAuthFlow(door([{ state: 'connected', account }]));
    await flow.start('https://piaille.fr');
    flow.cancel();
    await vi.advanceTimersByTimeAsync(5000);
    expect(flow.phase).toBe('idle');
    expect(flow.account).toBeNull();
  });

  it('opens the same page again while it waits', async () => {
    const d = door([]);
    const flow = new OAuthFlow(d);
    await flow.start('https://piaille.fr');
    await flow.openAgain();
    expect(d.opened).toHaveLength(2);
    flow.cancel();
  });

  it('keeps the reason when the start is refused', async () => {
    const d = door([]);
    const refusal = new Error('refused');
    d.start = () => Promise.reject(refusal);
    const flow = new OAuthFlow(d);
    await flow.start('https://nulle.part');
    expect(flow.phase).toBe('failed');
    expect(flow.error).toBe(refusal);
  });

  it('ends as expired when the engine says so', async () => {
    const flow = new OAuthFlow(door([{ state: 'expired' }]));
    await flow.start('https://piaille.fr');
    await vi.advanceTimersByTimeAsync(1600);
    expect(flow.phase).toBe('expired');
  });
});
