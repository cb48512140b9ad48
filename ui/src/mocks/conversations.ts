/** What guests say to Le Vieux Moulin, and answering them, in memory. */
import type { Conversation, ConversationSource } from '../lib/api/types';
import { json, refuse, type MockResponse } from './answers.ts';
import { day } from './clock.ts';
import { delivery } from './deliveries.ts';
import type { World } from './data.ts';
import type { MockServer } from './server.ts';

function said(id: string, more: Partial<Conversation>): Conversation {
  return {
    id,
    kind: 'comment',
    account: 'acc-facebook',
    account_label: 'Le Vieux Moulin',
    platform: 'facebook',
    author: 'Camille',
    text: '',
    rating: null,
    permalink: 'https://facebook.example/c',
    post: null,
    is_answer: false,
    answer: null,
    replies: [],
    unanswered: true,
    hidden: false,
    actions: ['reply', 'hide', 'open'],
    max_reply: 8000,
    written_at: day(-1, '21:12'),
    changed_at: day(-1, '21:12'),
    deleted_at: null,
    read_at: null,
    handled_at: null,
    ...more,
  };
}

export function guests(world: World): Conversation[] {
  const post = world.posts[0];
  return [
    said('said-review', {
      kind: 'review',
      account: 'acc-google',
      platform: 'google_business',
      author: 'Martine D.',
      rating: 2,
      text: 'Cadre superbe, mais quarante minutes d’attente entre l’entrée et le plat. Dommage, la lamproie était très bonne.',
      permalink: 'https://maps.example/?cid=1',
      actions: ['reply', 'open'],
      max_reply: 4096,
    }),
    said('said-comment', {
      author: 'Julien',
      text: 'Vous ouvrez dimanche midi ?',
      written_at: day(-1, '18:40'),
      post: post ? { post_id: post.id, title: post.content.title ?? '', permalink: null } : null,
    }),
    said('said-answered', {
      kind: 'review',
      account: 'acc-google',
      platform: 'google_business',
      author: null,
      rating: 5,
      text: null,
      actions: ['reply', 'open'],
      max_reply: 4096,
      written_at: day(-3, '21:05'),
      unanswered: false,
      read_at: day(-3, '21:30'),
      answer: { text: 'Merci beaucoup, à bientôt !', at: day(-3, '21:31'), state: 'published' },
    }),
    said('said-deleted', {
      author: 'Paul',
      text: 'Bof.',
      written_at: day(-5, '12:00'),
      unanswered: false,
      read_at: day(-5, '12:30'),
      deleted_at: day(-4, '08:00'),
      actions: [],
      max_reply: null,
    }),
  ];
}

const SOURCES: ConversationSource[] = [
  {
    account: 'acc-google',
    account_label: 'Le Vieux Moulin, Vensac',
    platform: 'google_business',
    kinds: ['review'],
    read_at: day(0, '09:20'),
    problem: null,
  },
  {
    account: 'acc-facebook',
    account_label: 'Le Vieux Moulin',
    platform: 'facebook',
    kinds: ['comment'],
    read_at: day(0, '09:20'),
    problem: null,
  },
];

/** Answers everything below `conversations`. */
export function conversations(
  server: MockServer,
  method: string,
  id: string | undefined,
  verb: string | undefined,
  query: URLSearchParams,
  body: Record<string, unknown>,
): MockResponse {
  const all = server.scenario.empty ? [] : server.world.conversations;
  if (method === 'GET' && id === 'sources') return json(server.scenario.empty ? [] : SOURCES);
  if (method === 'GET' && !id) {
    const items = all
      .filter((item) => query.get('unanswered') !== 'true' || item.unanswered)
      .filter((item) => !query.get('kind') || item.kind === query.get('kind'))
      .filter((item) => !query.get('account') || item.account === query.get('account'));
    return json({
      items,
      next_cursor: null,
      unanswered: all.filter(({ unanswered }) => unanswered).length,
      unread: all.filter(({ read_at, deleted_at }) => !read_at && !deleted_at).length,
    });
  }
  if (id === 'refresh') return json(null);
  const item = all.find((entry) => entry.id === id);
  if (!item) return refuse(404, 'not_found', 'Ce message n’existe plus.');
  const now = new Date().toISOString();
  switch (verb) {
    case 'reply': {
      const post = server.world.posts[0];
      if (!post) return refuse(404, 'not_found', 'Rien ici.');
      const text = String(body.text);
      const account = server.world.accounts[0];
      if (!account) return refuse(409, 'conversation_account_stopped', 'Compte arrêté.');
      const sent = delivery(post.id, account, 'queued', now, text, []);
      item.replies.push(sent);
      item.unanswered = false;
      server.emit('conversation.changed', item.id);
      return json({ post_id: post.id, state: 'scheduled', deliveries: [], warnings: [] }, 202);
    }
    case 'read':
      item.read_at ??= now;
      return json(item);
    case 'handled':
      item.handled_at = body.handled === true ? now : null;
      item.unanswered = body.handled !== true;
      return json(item);
    case 'hidden':
      item.hidden = body.hidden === true;
      item.actions = item.hidden ? ['reply', 'show', 'open'] : ['reply', 'hide', 'open'];
      return json(item);
    default:
      return json(item);
  }
}
