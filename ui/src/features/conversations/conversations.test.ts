import { screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { describe, expect, it } from 'vitest';

import { alertPath } from '../alerts/group';
import { expectAccessible, sent, show } from '../house.test-support';
import ConversationsPage from './ConversationsPage.svelte';

const user = userEvent.setup();
const ROOT = '/api/communication/conversations';

const card = async (id: string) => {
  const cards = await screen.findAllByTestId('conversation');
  const found = cards.find((entry) => entry.dataset.id === id);
  if (!found) throw new Error(`${id} is not shown`);
  return within(found);
};

describe('reviews and comments', () => {
  it('shows first what waits, with stars, words and the post', async () => {
    show(ConversationsPage, '#/avis');
    const review = await card('said-review');
    expect(review.getByRole('img', { name: '2 étoiles sur 5' })).toBeInTheDocument();
    expect(review.getByTestId('conversation-text')).toHaveTextContent('quarante minutes');
    const comment = await card('said-comment');
    expect(comment.getByRole('link')).toHaveTextContent('À propos de');
    expect(screen.getAllByTestId('conversation')).toHaveLength(2);
    expect(screen.getByTestId('conversations-waiting')).toHaveTextContent('Sans réponse (2)');
    await expectAccessible();
  });

  it('shows everything else on demand, deleted and answered ones as such', async () => {
    show(ConversationsPage, '#/avis');
    await user.click(await screen.findByTestId('conversations-all'));
    await waitFor(() => expect(screen.getAllByTestId('conversation')).toHaveLength(4));
    const answered = await card('said-answered');
    expect(answered.getByTestId('conversation-answer')).toHaveTextContent('écrite sur le réseau');
    expect(answered.getByTestId('conversation-answer-open')).toHaveTextContent(
      'Remplacer la réponse',
    );
    const deleted = await card('said-deleted');
    expect(deleted.getByText(/Supprimé sur le réseau/)).toBeInTheDocument();
    expect(deleted.queryByTestId('conversation-answer-open')).toBeNull();
    await expectAccessible();
  });

  it('answers from here and takes the item off the list', async () => {
    const mock = show(ConversationsPage, '#/avis');
    const review = await card('said-review');
    await user.click(review.getByTestId('conversation-answer-open'));
    const send = review.getByTestId('reply-send');
    expect(send).toBeDisabled();
    await user.type(review.getByTestId('reply-text'), 'Merci, nous y veillerons.');
    await expectAccessible();
    await user.click(send);
    await waitFor(() => expect(screen.getAllByTestId('conversation')).toHaveLength(1));
    expect(sent(mock, 'POST', `${ROOT}/said-review/reply`)).toEqual([
      { text: 'Merci, nous y veillerons.' },
    ]);
    expect(sent(mock, 'POST', `${ROOT}/said-review/read`)).toHaveLength(1);
    await user.click(screen.getByTestId('conversations-all'));
    const again = await card('said-review');
    expect(again.getByTestId('conversation-reply')).toHaveTextContent('Merci, nous y veillerons.');
  });

  it('says how much is too long and sends nothing', async () => {
    const mock = show(ConversationsPage, '#/avis');
    const review = await card('said-review');
    await user.click(review.getByTestId('conversation-answer-open'));
    const text = review.getByTestId('reply-text');
    await user.click(text);
    await user.paste('é'.repeat(4100));
    expect(await review.findByText('Trop long de 4 caractères.')).toBeInTheDocument();
    expect(review.getByTestId('reply-send')).toBeDisabled();
    expect(sent(mock, 'POST', `${ROOT}/said-review/reply`)).toEqual([]);
  });

  it('settles, hides and asks the networks', async () => {
    const mock = show(ConversationsPage, '#/avis');
    const comment = await card('said-comment');
    await user.click(comment.getByTestId('conversation-hide'));
    await waitFor(() =>
      expect(sent(mock, 'POST', `${ROOT}/said-comment/hidden`)).toEqual([{ hidden: true }]),
    );
    await waitFor(() => expect(screen.getByText(/Masqué aux autres/)).toBeInTheDocument());
    await user.click((await card('said-comment')).getByTestId('conversation-handle'));
    await waitFor(() => expect(screen.getAllByTestId('conversation')).toHaveLength(1));
    await user.click(screen.getByTestId('conversations-refresh'));
    await waitFor(() => expect(sent(mock, 'POST', `${ROOT}/refresh`)).toHaveLength(1));
  });

  it('leads to the connections when there is no network to listen to', async () => {
    show(ConversationsPage, '#/avis', { empty: true });
    expect(await screen.findByText('Aucun réseau à écouter')).toBeInTheDocument();
    await expectAccessible();
  });
});

describe('the alert of a low review', () => {
  it('leads here', () => {
    const alert = { kind: 'review_low', post_id: null, account: 'acc' } as never;
    expect(alertPath(alert)).toBe('/avis');
  });
});
