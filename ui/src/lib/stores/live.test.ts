import { describe, expect, it, vi } from 'vitest';

import type { ServerEvent } from '$lib/api/types';

const subscribe = vi.hoisted(() => vi.fn());
vi.mock('$lib/platform', () => ({ platform: { subscribe } }));
const { live } = await import('./live.svelte');

describe('the event stream', () => {
  it('tells each listener its own kinds, and everyone when events were missed', () => {
    let send: (event: ServerEvent) => void = () => undefined;
    subscribe.mockImplementation((onEvent: typeof send) => {
      send = onEvent;
      return () => undefined;
    });
    live.start();
    const heard = vi.fn();
    const stop = live.on(['post.changed'], heard);
    const event = { id: 1, subject: 'p', at: '' };
    send({ ...event, kind: 'account.changed' });
    expect(heard).not.toHaveBeenCalled();
    send({ ...event, kind: 'post.changed' });
    send({ ...event, kind: 'reset' });
    expect(heard).toHaveBeenCalledTimes(2);
    stop();
    send({ ...event, kind: 'reset' });
    expect(heard).toHaveBeenCalledTimes(2);
  });
});
