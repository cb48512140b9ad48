/** Figures of the mocked API: made from the id and the age of each published post, never by lot. */
import type {
  AccountFigures,
  Analytics,
  Figures,
  PlatformFigures,
  PostFigures,
} from '../lib/api/types';
import type { World } from './data.ts';
import { DESCRIPTORS } from './networks.ts';
import { allDeliveries } from './posts.ts';

const HOUR = 3_600_000;
const NOTHING: Figures = {
  views: null,
  reach: null,
  likes: null,
  comments: null,
  shares: null,
  saves: null,
  clicks: null,
  followers: null,
};
/** What each network counts of a post; the others tell nothing. */
const TELLS: Record<string, (keyof Figures)[]> = {
  facebook: ['views', 'reach', 'likes', 'comments', 'shares', 'clicks'],
  instagram: ['views', 'reach', 'likes', 'comments', 'shares', 'saves'],
  bluesky: ['likes', 'comments', 'shares', 'saves'],
  mastodon: ['likes', 'comments', 'shares'],
};
const SHARES: Record<keyof Figures, number> = {
  views: 1.4,
  reach: 1,
  likes: 0.06,
  comments: 0.011,
  shares: 0.016,
  saves: 0.008,
  clicks: 0.021,
  followers: 0,
};

function at(platform: string, id: string, age: number): Figures {
  const luck = [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 900, 7);
  const reach = (200 + luck) * (1 - 0.5 ** (age / (9 * HOUR)));
  const figures = { ...NOTHING };
  for (const name of TELLS[platform] ?? []) figures[name] = Math.floor(reach * SHARES[name]);
  return figures;
}

function add(sum: Figures, one: Figures): void {
  for (const name of Object.keys(sum) as (keyof Figures)[]) {
    const value = one[name];
    if (value !== null) sum[name] = (sum[name] ?? 0) + value;
  }
}

function engagement(figures: Figures): PostFigures['engagement'] {
  const base = figures.reach ? 'reach' : 'views';
  const outOf = figures[base];
  if (!outOf) return null;
  const interactions =
    (figures.likes ?? 0) +
    (figures.comments ?? 0) +
    (figures.shares ?? 0) +
    (figures.saves ?? 0) +
    (figures.clicks ?? 0);
  return {
    rate: Math.round((interactions / outOf) * 10_000) / 100,
    interactions,
    out_of: outOf,
    base,
  };
}

export function analytics(world: World, query: URLSearchParams): Analytics {
  const now = Date.now();
  const days = Number(query.get('days') ?? 30);
  const wanted = query.get('post');
  const from = now - days * 24 * HOUR;
  const published = allDeliveries(world)
    .filter(({ state }) => state === 'published')
    .filter(({ finished_at, due_at }) => Date.parse(finished_at ?? due_at) >= from || wanted)
    .filter(({ post_id }) => !wanted || post_id === wanted);
  const posts = published.map((delivery): PostFigures => {
    const since = Date.parse(delivery.finished_at ?? delivery.due_at);
    const tells = delivery.platform in TELLS;
    const figures = at(delivery.platform, delivery.id, now - since);
    const moments = tells ? [0, 1, 2, 3, 5, 8, 12, 20, 30, 44] : [];
    const samples = moments
      .map((hour) => since + hour * HOUR)
      .filter((moment) => moment <= now)
      .map((moment) => ({
        at: new Date(moment).toISOString(),
        figures: at(delivery.platform, delivery.id, moment - since),
        raw: {},
      }));
    return {
      post_id: delivery.post_id,
      delivery_id: delivery.id,
      account: delivery.account,
      account_label: delivery.account_label,
      platform: delivery.platform,
      text: delivery.text.slice(0, 160),
      permalink: delivery.permalink,
      published_at: new Date(since).toISOString(),
      collected_at: tells ? new Date(now - 4 * 60_000).toISOString() : null,
      figures,
      engagement: engagement(figures),
      problem: null,
      ...(wanted ? { samples } : {}),
    };
  });
  const accounts = world.accounts.map((account): AccountFigures => ({
    account: account.id,
    label: account.label,
    platform: account.platform,
    collected_at: account.platform in TELLS ? new Date(now - 4 * 60_000).toISOString() : null,
    problem: null,
    followers: account.platform in TELLS ? 400 + account.id.length * 11 : null,
    followers_change: account.platform in TELLS ? account.id.length - 9 : null,
    days: [],
  }));
  const names = new Set([...posts, ...accounts].map(({ platform }) => platform));
  const totals = { posts: posts.length, measured: 0, figures: { ...NOTHING }, engagement: null };
  const platforms = [...names].sort().map((platform): PlatformFigures => {
    const own = posts.filter((post) => post.platform === platform);
    const figures = { ...NOTHING };
    for (const post of own) add(figures, post.figures);
    for (const account of accounts.filter((entry) => entry.platform === platform)) {
      add(figures, { ...NOTHING, followers: account.followers });
    }
    add(totals.figures, figures);
    const tells = platform in TELLS;
    const measured = tells ? own.length : 0;
    totals.measured += measured;
    return {
      platform,
      name: DESCRIPTORS.find(({ id }) => id === platform)?.name ?? platform,
      tells_figures: tells,
      tells_posts: tells,
      collected_at: tells ? new Date(now - 4 * 60_000).toISOString() : null,
      posts: own.length,
      measured,
      figures,
      engagement: engagement(figures),
    };
  });
  return {
    from: new Date(from).toISOString(),
    to: new Date(now).toISOString(),
    formula_version: 1,
    collected_at: platforms.some(({ tells_figures }) => tells_figures)
      ? new Date(now - 4 * 60_000).toISOString()
      : null,
    totals,
    platforms,
    accounts,
    posts,
    posts_left_out: 0,
  };
}
