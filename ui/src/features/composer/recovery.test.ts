import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { live } from '$lib/stores/live.svelte';
import { toasts } from '$lib/toasts.svelte';
import { installMockApi } from '../../mocks/fetch';
import type { MockServer } from '../../mocks/server';
import { sent } from '../house.test-support';
import ComposerPage from './ComposerPage.svelte';

const DRAFTS = '/api/communication/publish';
const POSTS = '/api/communication/posts/';
const SLOW = { timeout: 8000 };

let mock: MockServer;

beforeEach(() => {
  localStorage.clear();
  location.hash = '#/publications/nouvelle';
  toasts.items = [];
  mock = installMockApi();
});

/** The engine is gone until what is returned is called. */
function stopEngine(): () => void {
  const answering = globalThis.fetch;
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('refused');
  });
  return () => {
    vi.stubGlobal('fetch', answering);
    live.generation += 1;
  };
}

async function open(props: { postId?: string } = {}) {
  const shown = render(ComposerPage, props);
  await screen.findByTestId('composer-text');
  return { user: userEvent.setup(), ...shown };
}

describe('writing while the engine stops and comes back', () => {
  it('says that the text is kept, and saves it by itself afterwards', async () => {
    const { user } = await open();
    const start = stopEngine();
    await user.type(screen.getByTestId('composer-text'), 'Pendant la panne');
    await user.click(screen.getByTestId('channel-instagram'));
    await user.click(screen.getByTestId('composer-submit'));
    await waitFor(
      () => expect(screen.getByTestId('composer-message')).toHaveTextContent('texte est gardé'),
      SLOW,
    );
    start();
    await screen.findByTestId('composer-saved', undefined, SLOW);
    expect(sent(mock, 'POST', DRAFTS)).toHaveLength(1);
    expect(screen.queryByTestId('composer-message')).toBeNull();
  });

  it('opens by itself when it could not be opened', async () => {
    const start = stopEngine();
    render(ComposerPage);
    await screen.findByText(/ne répond pas/);
    start();
    expect(await screen.findByTestId('composer-text')).toBeVisible();
  });

  it('keeps the last words when the page is left at once', async () => {
    const { user, unmount } = await open();
    await user.type(screen.getByTestId('composer-text'), 'Vite');
    unmount();
    await open();
    expect(screen.getByTestId('composer-text')).toHaveValue('Vite');
  });
});

describe('a draft that the engine has', () => {
  it('is what the address names, with the day that was chosen', async () => {
    const { user, unmount } = await open();
    await user.type(screen.getByTestId('composer-text'), 'Pour plus tard');
    await user.click(screen.getByTestId('schedule-at'));
    await screen.findByTestId('composer-saved', undefined, SLOW);
    expect(sent(mock, 'POST', DRAFTS)).toContainEqual(
      expect.objectContaining({ draft: true, timezone: 'Europe/Paris' }),
    );
    expect(location.hash).toMatch(/^#\/publications\/[^/]+\/modifier$/);
    const postId = location.hash.split('/')[2] ?? '';
    unmount();
    await open({ postId });
    expect(screen.getByTestId('schedule-date')).toBeVisible();
    expect(toasts.items).toEqual([]);
  });
});

describe('a change that was begun on a planned post', () => {
  it('is shown as one, and can be dropped for what is planned', async () => {
    const post = mock.world.posts.find(({ state }) => state === 'scheduled');
    if (!post) throw new Error('no planned post');
    const first = await open({ postId: post.id });
    await first.user.type(screen.getByTestId('composer-text'), ' et encore');
    first.unmount();
    expect(sent(mock, 'PATCH', POSTS)).toEqual([]);

    await open({ postId: post.id });
    expect(screen.getByTestId('composer-text')).toHaveValue(`${post.content.body} et encore`);
    const [toast] = toasts.items;
    expect(toast?.text).toContain('n’a pas changé');
    await toast?.action?.run();
    await waitFor(() => expect(screen.getByTestId('composer-text')).toHaveValue(post.content.body));
  });
});
