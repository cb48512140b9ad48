import { fireEvent, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { toasts } from '$lib/toasts.svelte';
import { show } from '../house.test-support';
import PublicationsPage from './PublicationsPage.svelte';

const user = userEvent.setup();

async function month() {
  const mock = show(PublicationsPage, '#/publications');
  await screen.findAllByTestId('event');
  return mock;
}

describe('the calendar', () => {
  it('lets only what has not left be dragged', async () => {
    const { world } = await month();
    for (const event of screen.getAllByTestId('event')) {
      const post = world.posts.find(({ id }) => id === event.dataset.postId);
      // The library marks what can be dragged by this class.
      const draggable = event.closest('.ec-event')?.classList.contains('ec-draggable');
      if (post?.state === 'published') expect(draggable, post.content.title ?? '').toBe(false);
      if (post?.state === 'scheduled') expect(draggable, post.content.title ?? '').toBe(true);
    }
  });

  it('leaves the keyboard on the post that it has moved', async () => {
    const { world } = await month();
    const event = screen
      .getAllByTestId('event')
      .find((entry) => entry.closest('.ec-event')?.classList.contains('movable'));
    const id = event?.dataset.postId ?? '';
    const before = world.posts.find((post) => post.id === id)?.schedule.local ?? '';
    event?.focus();
    await user.keyboard('{Alt>}{ArrowRight}{/Alt}');
    await waitFor(() =>
      expect(world.posts.find((post) => post.id === id)?.schedule.local).not.toBe(before),
    );
    await waitFor(() => expect(document.activeElement).toHaveAttribute('data-post-id', id));
  });

  it('turns the page with a post that leaves it', async () => {
    const { world } = await month();
    const period = screen.getByTestId('period').textContent;
    const event = screen
      .getAllByTestId('event')
      .filter((entry) => entry.closest('.ec-event')?.classList.contains('movable'))
      .at(-1);
    const id = event?.dataset.postId ?? '';
    const day = () => world.posts.find((post) => post.id === id)?.schedule.local ?? '';
    event?.focus();
    // Six weeks are shown at most.
    for (let week = 0; week < 6; week += 1) {
      const before = day();
      await user.keyboard('{Alt>}{ArrowDown}{/Alt}');
      await waitFor(() => expect(day()).not.toBe(before));
      await waitFor(() => expect(document.activeElement).toHaveAttribute('data-post-id', id));
    }
    expect(screen.getByTestId('period').textContent).not.toBe(period);
  });

  it('says in the dialogue why an hour is refused, and keeps it open', async () => {
    await month();
    const event = screen
      .getAllByTestId('event')
      .find((entry) => entry.closest('.ec-event')?.classList.contains('movable'));
    event?.focus();
    await user.keyboard('{F2}');
    const date = await screen.findByTestId('move-date');
    await fireEvent.input(date, { target: { value: '2020-01-01' } });
    await user.click(screen.getByTestId('move-submit'));
    expect(await within(screen.getByTestId('move-dialog')).findByRole('alert')).toHaveTextContent(
      /déjà passée/,
    );
  });

  it('says why what is out cannot be moved', async () => {
    await month();
    const out = screen
      .getAllByTestId('event')
      .find((entry) => entry.closest('.ec-event')?.classList.contains('fixed'));
    out?.focus();
    await user.keyboard('{F2}');
    await waitFor(() => expect(toasts.items.at(-1)?.text).toMatch(/ne peut pas changer d’heure/));
  });
});
