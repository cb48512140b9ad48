import { describe, expect, it, vi } from 'vitest';

import { errorText } from '$lib/errors';
import { ApiError, request, withQuery } from './client';

const answer = (status: number, body: unknown) =>
  vi.stubGlobal('fetch', async () => new Response(JSON.stringify(body), { status }));

describe('a request', () => {
  it('leaves empty filters out of the address', () => {
    expect(withQuery('/x', { state: 'held', q: '', from: null, limit: 20 })).toBe(
      '/x?state=held&limit=20',
    );
  });

  it('turns a refusal into its code and keeps the id of the saved draft', async () => {
    answer(422, { code: 'not_connected', detail: 'Connectez un réseau.', post_id: 'p1' });
    const error = await request('POST', '/api/x', { body: {} }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, code: 'not_connected', postId: 'p1' });
    expect(errorText(error)).toBe('Connectez un réseau.');
  });

  it('says that the application does not answer when nothing comes back', async () => {
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('network');
    });
    const error = await request('GET', '/api/x').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 0, code: 'unreachable' });
    expect(errorText(error)).toContain('ne répond pas');
  });

  it('survives an answer that is not JSON', async () => {
    vi.stubGlobal('fetch', async () => new Response('<html>', { status: 502 }));
    const error = await request('GET', '/api/x').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 502, code: 'http_502' });
  });
});
