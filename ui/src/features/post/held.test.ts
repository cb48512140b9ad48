import { render, screen, waitFor } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { installMockApi } from '../../mocks/fetch';
import { sent } from '../house.test-support';
import PostPage from './PostPage.svelte';

describe('a post that only a person can settle', () => {
  it('takes the address of a page and nothing else, and leaves the keyboard on the page', async () => {
    const mock = installMockApi();
    const post = mock.world.posts.find(({ deliveries }) =>
      deliveries.some(({ actions }) => actions.includes('confirm_published')),
    );
    if (!post) throw new Error('no held post');
    const main = document.createElement('main');
    main.id = 'content';
    main.tabIndex = -1;
    render(PostPage, { props: { id: post.id }, target: document.body.appendChild(main) });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId('action-confirm_published'));
    const field = await screen.findByTestId('confirm-permalink');
    await waitFor(() => expect(field).toHaveFocus());
    for (const wrong of ['sur ma page', 'javascript:alert(1)']) {
      await user.clear(field);
      await user.type(field, wrong);
      await user.click(screen.getByTestId('confirm-yes'));
      await waitFor(() => expect(field).toHaveAccessibleDescription(/https:\/\//));
    }
    expect(mock.requests.filter(({ url }) => url.includes('/confirm'))).toEqual([]);
    await user.clear(field);
    await user.type(field, 'https://t.me/moulin/7');
    await user.click(screen.getByTestId('confirm-yes'));
    await waitFor(() => expect(screen.queryByTestId('confirm-dialog')).toBeNull());
    const [confirmed] = sent(mock, 'POST', '/api/communication/deliveries/');
    expect(confirmed).toEqual({ outcome: 'published', permalink: 'https://t.me/moulin/7' });
    await waitFor(() => expect(main).toHaveFocus());
  });
});
