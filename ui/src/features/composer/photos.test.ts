import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { toasts } from '$lib/toasts.svelte';
import { json } from '../../mocks/answers';
import { installMockApi } from '../../mocks/fetch';
import type { MockServer } from '../../mocks/server';
import ComposerPage from './ComposerPage.svelte';
import { sideCut } from './cuts.svelte';

let mock: MockServer;

beforeEach(() => {
  localStorage.clear();
  location.hash = '#/publications/nouvelle';
  toasts.items = [];
  mock = installMockApi();
});

const photo = (name: string) => new File([name], name, { type: 'image/jpeg' });

async function withPhotos(...names: string[]) {
  render(ComposerPage);
  const user = userEvent.setup();
  await user.upload(await screen.findByTestId('composer-photos-input'), names.map(photo));
  await screen.findByTestId(`composer-alt-${names.length - 1}`);
  return user;
}

const button = (name: RegExp) => screen.getByRole('button', { name });

describe('the photos by keyboard', () => {
  it('keep the hand where it goes on, also at the ends', async () => {
    const user = await withPhotos('a.jpg', 'b.jpg', 'c.jpg');
    await user.type(screen.getByTestId('composer-alt-0'), 'Première');
    button(/Reculer la photo 1/).focus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(button(/Reculer la photo 2/)).toHaveFocus());
    await user.keyboard('{Enter}');
    await waitFor(() => expect(button(/Avancer la photo 3/)).toHaveFocus());
    expect(screen.getByTestId('composer-alt-2')).toHaveValue('Première');
  });

  it('give back what was removed by mistake, with its description', async () => {
    const user = await withPhotos('a.jpg', 'b.jpg');
    await user.type(screen.getByTestId('composer-alt-0'), 'La terrasse');
    button(/Enlever la photo 1/).focus();
    await user.keyboard('{Enter}');
    await waitFor(() => expect(button(/Enlever la photo 1/)).toHaveFocus());
    expect(screen.queryByTestId('composer-alt-1')).toBeNull();
    await toasts.items[0]?.action?.run();
    await waitFor(() => expect(screen.getByTestId('composer-alt-0')).toHaveValue('La terrasse'));
    expect(screen.getByTestId('composer-alt-1')).toBeVisible();
  });
});

describe('a photo that cannot be added', () => {
  it('is named', async () => {
    await withPhotos('a.jpg');
    await userEvent
      .setup({ applyAccept: false })
      .upload(
        screen.getByTestId('composer-photos-input'),
        new File(['menu'], 'menu.jpg', { type: 'text/plain' }),
      );
    await waitFor(() => expect(toasts.items.at(-1)?.text).toMatch(/menu\.jpg.*pas une photo/));
  });

  it('because it is there already, is not shown twice', async () => {
    const user = await withPhotos('a.jpg');
    const [stored] = [...mock.world.media.values()].slice(-1);
    if (!stored) throw new Error('no photo');
    const answering = globalThis.fetch;
    vi.stubGlobal('fetch', async (input: string, init: RequestInit) =>
      init.method === 'POST' && input.endsWith('/media')
        ? new Response(JSON.stringify(stored.media), { status: 201 })
        : answering(input, init),
    );
    await user.upload(screen.getByTestId('composer-photos-input'), photo('a.jpg'));
    await waitFor(() => expect(toasts.items.at(-1)?.text).toMatch(/déjà dans la publication/));
    expect(screen.queryByTestId('composer-alt-1')).toBeNull();
  });
});

describe('what a network cuts off', () => {
  it('is the top and the bottom of a tall photo, the sides of a wide one', () => {
    const limits = { min_ratio: 0.8, max_ratio: 1.91 };
    expect(sideCut({ width: 900, height: 2400 }, limits)).toBe('top_bottom');
    expect(sideCut({ width: 3000, height: 900 }, limits)).toBe('left_right');
    expect(sideCut({ width: 1200, height: 900 }, limits)).toBeNull();
    expect(sideCut({ width: 900, height: 2400 }, { min_ratio: null, max_ratio: null })).toBeNull();
  });
});

describe('a post that is planned already', () => {
  it('can be opened from the refusal', async () => {
    render(ComposerPage);
    const user = userEvent.setup();
    await user.type(await screen.findByTestId('composer-text'), 'Deux fois');
    const handle = mock.handle.bind(mock);
    const twin = {
      field: 'post',
      code: 'already_planned',
      detail: '',
      detail_en: '',
      values: { post_id: 'p7' },
    };
    mock.handle = (request) =>
      request.method === 'PATCH'
        ? json({ code: 'already_planned', detail: 'Déjà prévue.', errors: [twin] }, 409)
        : handle(request);
    await user.click(screen.getByTestId('composer-submit'));
    const message = await screen.findByTestId('composer-message');
    expect(within(message).getByRole('link')).toHaveAttribute('href', '#/publications/p7');
  });
});
