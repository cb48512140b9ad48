/** Posts and deliveries of the mocked API: preview, publish, edit, undo, and what a person decides. */
import type {
  Account,
  Content,
  Delivery,
  EventKind,
  PatchPostBody,
  Post,
  Preview,
  PublishBody,
} from '../lib/api/types';
import { json, refuse, type MockResponse } from './answers.ts';
import { instant, wallClock } from './clock.ts';
import type { World } from './data.ts';
import { actionsFor, newId, postStateOf } from './deliveries.ts';
import { DESCRIPTORS } from './networks.ts';

export type Emit = (kind: EventKind, subject: string) => void;

const UNDO_SECS = 30;

const graphemes = (text: string) => [...new Intl.Segmenter('fr').segment(text)].length;

export const allDeliveries = (world: World): Delivery[] =>
  world.posts.flatMap((post) => post.deliveries);

export const needsPerson = ({ state }: Delivery): boolean =>
  ['held', 'needs_reauth', 'rejected', 'unknown'].includes(state);

export class MockPosts {
  /** The server's world is replaced when it starts over. */
  constructor(
    readonly server: {
      world: World;
      emit: Emit;
      scenario: { site?: string };
      mediaHost: { lends: boolean };
    },
  ) {}

  get world(): World {
    return this.server.world;
  }

  post(id: string): Post {
    return (
      this.world.posts.find((post) => post.id === id) ??
      refuse(404, 'not_found', 'Cette publication n’existe plus.')
    );
  }

  #changed(post: Post): Post {
    if (post.deliveries.length > 0) post.state = postStateOf(post.deliveries.map((d) => d.state));
    post.revision += 1;
    post.updated_at = new Date().toISOString();
    this.server.emit('post.changed', post.id);
    for (const delivery of post.deliveries) this.server.emit('delivery.changed', delivery.id);
    return post;
  }

  #content(given: Partial<Content>, before?: Content): Content {
    return {
      title: null,
      body: '',
      hashtags: [],
      link: null,
      media_url: null,
      media: [],
      variants: {},
      ...before,
      ...given,
    };
  }

  #targets(platforms: string[]): Account[] {
    return platforms.flatMap((name) => {
      if (!DESCRIPTORS.some(({ id }) => id === name) && !name.startsWith('acc-')) {
        refuse(422, 'unknown_platform', `Le réseau « ${name} » n’existe pas.`);
      }
      return this.world.accounts.filter((entry) => entry.id === name || entry.platform === name);
    });
  }

  /** Creates the deliveries of a post that is no longer a draft. */
  #schedule(post: Post, at: string | null): void {
    const now = at === null;
    const undoUntil = new Date(Date.now() + UNDO_SECS * 1000).toISOString();
    const due = at ?? undoUntil;
    post.undo_until = now ? undoUntil : null;
    post.schedule = { at: due, local: wallClock(due), timezone: 'Europe/Paris' };
    post.deliveries = this.#targets(post.platforms).map((target) => {
      const preview = this.#preview(post.content, target);
      return {
        id: newId(),
        post_id: post.id,
        account: target.id,
        account_label: target.label,
        platform: target.platform,
        state: 'queued',
        due_at: due,
        next_at: null,
        handed_over: false,
        attempts: 0,
        remote_id: null,
        permalink: null,
        text: preview.text,
        wanted_text: null,
        images: post.content.media,
        problem: null,
        actions: actionsFor('queued'),
        finished_at: null,
        late_secs: null,
        crash_count: 0,
        doubtful: false,
        removed_at: null,
        history: [],
        created_at: new Date().toISOString(),
        updated_at: new Date().toISOString(),
      };
    });
  }

  #due(time: string | undefined | null, late: PublishBody['late_policy']): string | null {
    if (!time) return null;
    const due = /Z|[+-]\d\d:\d\d$/.test(time) ? new Date(time).toISOString() : instant(time);
    if (Date.parse(due) < Date.now() && late?.mode !== 'send_now') {
      refuse(422, 'past_date', 'Cette heure est déjà passée. Choisissez une heure à venir.');
    }
    return due;
  }

  publish(body: PublishBody) {
    const due = this.#due(body.scheduled_time, body.late_policy);
    const targets = this.#targets(body.platforms);
    const now = new Date().toISOString();
    const post: Post = {
      id: newId(),
      state: 'draft',
      kind: body.kind ?? 'evergreen',
      content: this.#content(body.content),
      revision: 1,
      schedule: { at: due, local: due && wallClock(due), timezone: 'Europe/Paris' },
      late_policy: body.late_policy ?? { mode: 'default' },
      undo_until: null,
      platforms: targets.map((target) => target.id),
      deliveries: [],
      problem: null,
      created_at: now,
      updated_at: now,
      reply_to: null,
      created_by: 'dashboard',
    };
    this.world.posts.push(post);
    if (!body.draft) {
      this.#refuseBadContent(post, targets);
      this.#schedule(post, due);
    }
    this.#changed(post);
    return {
      post_id: post.id,
      state: post.state,
      deliveries: post.deliveries.map(({ id, account, platform, state, due_at }) => ({
        id,
        account,
        platform,
        state,
        due_at,
      })),
      warnings: [],
    };
  }

  #refuseBadContent(post: Post, targets: Account[]): void {
    if (targets.length === 0) {
      refuse(422, 'not_connected', 'Aucun réseau choisi n’est connecté.', { post_id: post.id });
    }
    const errors = targets.flatMap((target) =>
      this.#preview(post.content, target)
        .problems.filter((problem) => problem.severity === 'error')
        .map((problem) => ({
          field: target.id,
          code: problem.code,
          detail: problem.detail,
          detail_en: problem.detail_en,
        })),
    );
    if (errors.length > 0) {
      refuse(422, 'content_refused', 'Le brouillon est gardé : il reste un point à corriger.', {
        post_id: post.id,
        errors,
      });
    }
  }

  #preview(content: Content, target: Account): Preview {
    const descriptor = DESCRIPTORS.find(({ id }) => id === target.platform);
    const variant = content.variants?.[target.id] ?? content.variants?.[target.platform];
    const body = variant?.text ?? [content.title, content.body].filter(Boolean).join('\n\n');
    const tags = variant?.hashtags ?? content.hashtags;
    const text = [
      body,
      content.link && !['facebook', 'bluesky'].includes(target.platform) ? content.link : null,
    ]
      .concat(tags.map((tag) => `#${tag}`).join(' '))
      .filter(Boolean)
      .join('\n\n');
    const max = descriptor?.limits.max_text ?? 500;
    const length = descriptor?.limits.counting_rule === 'graphemes' ? graphemes(text) : text.length;
    const problems: Preview['problems'] = [];
    const name = descriptor?.name ?? target.platform;
    if (length > max) {
      problems.push({
        code: 'text_too_long',
        severity: 'error',
        detail: `${name} accepte ${max} caractères ; il y en a ${length - max} de trop.`,
        detail_en: `${name} takes ${max} characters; there are ${length - max} too many.`,
      });
    }
    if (content.media.length === 0 && descriptor?.limits.text_only_allowed === false) {
      problems.push({
        code: 'image_required',
        severity: 'error',
        detail: `${name} demande au moins une photo.`,
        detail_en: `${name} needs at least one photo.`,
      });
    }
    const fetches = this.server.scenario.site !== undefined && target.platform === 'instagram';
    if (content.media.length > 0 && fetches && !this.server.mediaHost.lends) {
      problems.push({
        code: 'public_url_needed',
        severity: 'error',
        detail:
          'Ce réseau ne prend une photo qu’à une adresse publique, et celle-ci est sur cet ordinateur.',
        detail_en:
          'This network takes a photo from a public address only, and this one is on this computer.',
      });
    }
    if (content.media.some(({ alt_text }) => !alt_text)) {
      problems.push({
        code: 'alt_text_missing',
        severity: 'warning',
        detail: 'Une photo n’a pas de description.',
        detail_en: 'A photo has no description.',
      });
    }
    if (content.media.length > target.limits.max_images) {
      problems.push({
        code: 'too_many_images',
        severity: 'error',
        detail: `${name} prend ${target.limits.max_images} photos au plus.`,
        detail_en: `${name} takes ${target.limits.max_images} photos at most.`,
      });
    }
    return {
      account: target.id,
      account_label: target.label,
      platform: target.platform,
      text,
      length,
      max_length: max,
      remaining: max - length,
      hashtags_used: tags,
      hashtags_dropped: [],
      images: content.media.map(({ media_id, alt_text }) => ({ media_id, alt_text })),
      problems,
      facets: [],
    };
  }

  posts(
    method: string,
    id: string | undefined,
    verb: string | undefined,
    query: URLSearchParams,
    body: Record<string, unknown>,
  ): MockResponse {
    if (id === 'preview') {
      const content = this.#content(body.content as Partial<Content>);
      return json(
        this.#targets(body.platforms as string[]).map((target) => this.#preview(content, target)),
      );
    }
    if (id === undefined) return json(this.#listPosts(query));
    const post = this.post(id);
    if (method === 'GET') return json(post);
    if (method === 'DELETE') {
      for (const delivery of post.deliveries) {
        if (delivery.state !== 'published') this.#move(delivery, 'cancelled');
        else if (query.get('remote') === 'true') delivery.removed_at = new Date().toISOString();
      }
      if (post.deliveries.length === 0) {
        this.world.posts = this.world.posts.filter((entry) => entry !== post);
      }
      return json(this.#changed(post));
    }
    if (verb === 'undo') {
      if (!post.undo_until || Date.parse(post.undo_until) < Date.now()) {
        refuse(409, 'too_late', 'C’est déjà parti.');
      }
      post.deliveries = [];
      post.state = 'draft';
      post.undo_until = null;
      post.schedule = { at: null, local: null, timezone: 'Europe/Paris' };
      return json(this.#changed(post));
    }
    if (verb === 'restore') return json(post);
    return json(this.#patch(post, body as PatchPostBody));
  }

  #patch(post: Post, patch: PatchPostBody): Post {
    const due =
      patch.scheduled_time === undefined
        ? undefined
        : this.#due(patch.scheduled_time, patch.late_policy ?? post.late_policy);
    if (patch.content) post.content = this.#content(patch.content, post.content);
    if (patch.kind) post.kind = patch.kind;
    if (patch.late_policy) post.late_policy = patch.late_policy;
    if (patch.platforms) post.platforms = this.#targets(patch.platforms).map(({ id }) => id);
    if (patch.publish === 'draft' || due === null) {
      post.deliveries = [];
      post.state = 'draft';
      post.schedule = { at: null, local: null, timezone: 'Europe/Paris' };
    }
    if (patch.publish === 'now' || patch.publish === 'schedule') {
      this.#refuseBadContent(post, this.#targets(post.platforms));
      this.#schedule(post, patch.publish === 'now' ? null : (due ?? post.schedule.at));
    } else if (due) {
      post.schedule = { at: due, local: wallClock(due), timezone: 'Europe/Paris' };
      for (const delivery of post.deliveries) {
        if (delivery.state !== 'published') delivery.due_at = due;
      }
    }
    return this.#changed(post);
  }

  #listPosts(query: URLSearchParams) {
    const states = query.get('state')?.split(',');
    const from = query.get('from');
    const to = query.get('to');
    const platform = query.get('platform');
    const q = query.get('q')?.toLowerCase();
    const items = this.world.posts
      .filter((post) => !states || states.includes(post.state))
      .filter((post) => !from || (post.schedule.at ?? post.updated_at) >= from)
      .filter((post) => !to || (post.schedule.at ?? post.updated_at) < to)
      .filter(
        (post) =>
          !platform ||
          post.platforms.includes(platform) ||
          post.platforms.includes(`acc-${platform}`),
      )
      .filter(
        (post) =>
          !q || `${post.content.title ?? ''} ${post.content.body}`.toLowerCase().includes(q),
      )
      .sort((a, b) => (b.schedule.at ?? '9').localeCompare(a.schedule.at ?? '9'));
    return { items, next_cursor: null };
  }

  #move(delivery: Delivery, state: Delivery['state']): void {
    delivery.state = state;
    delivery.actions = actionsFor(state);
    if (!['held', 'rejected', 'needs_reauth', 'retry_at'].includes(state)) delivery.problem = null;
    delivery.updated_at = new Date().toISOString();
  }

  deliveries(
    method: string,
    id: string | undefined,
    verb: string | undefined,
    query: URLSearchParams,
    body: Record<string, unknown>,
  ): MockResponse {
    if (id === undefined) {
      const states = query.get('state')?.split(',');
      const items = allDeliveries(this.world)
        .filter((entry) => !states || states.includes(entry.state))
        .filter((entry) => query.get('needs_attention') !== 'true' || needsPerson(entry))
        .filter((entry) => !query.get('account') || entry.account === query.get('account'))
        .filter((entry) => !query.get('from') || entry.due_at >= (query.get('from') ?? ''))
        .filter((entry) => !query.get('to') || entry.due_at < (query.get('to') ?? ''))
        .sort((a, b) => a.due_at.localeCompare(b.due_at));
      return json({ items, next_cursor: null });
    }
    const delivery =
      allDeliveries(this.world).find((entry) => entry.id === id) ??
      refuse(404, 'not_found', 'Cet envoi n’existe plus.');
    if (method === 'GET') return json(delivery);
    if (verb === 'retry') this.#move(delivery, 'queued');
    if (verb === 'cancel') this.#move(delivery, 'cancelled');
    if (verb === 'confirm') {
      this.#move(delivery, body.outcome === 'published' ? 'published' : 'queued');
      delivery.permalink = (body.permalink as string | undefined) ?? null;
    }
    this.world.alerts = this.world.alerts.filter((alert) => alert.delivery_id !== id);
    this.#changed(this.post(delivery.post_id));
    return json(delivery);
  }
}
