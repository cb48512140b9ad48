/**
 * The engine's API in memory, for `npm run mock`, unit tests and screenshots: the same routes,
 * shapes and refusals, simplified rules, no network. Never part of a build.
 */
import type {
  Account,
  Content,
  Delivery,
  EventKind,
  Media,
  PatchPostBody,
  Post,
  Preview,
  Problem,
  PublishBody,
  ServerEvent,
  Status,
} from '../lib/api/types';
import { day, instant, wallClock } from './clock.ts';
import { actionsFor, demonstration, DESCRIPTORS, newId, postStateOf, type World } from './data.ts';
import {
  houseJournal,
  journalPage,
  logLines,
  mergeSettings,
  platformsConfig,
  practiceStatus,
  settingsSchema,
  trouble,
} from './house.ts';
import { PICTURES } from './pictures.ts';

export interface MockRequest {
  method: string;
  /** Path with query. */
  url: string;
  body: Uint8Array | string | null;
  contentType?: string;
}
export interface MockResponse {
  status: number;
  contentType: string;
  body: Uint8Array | string;
}

/** Switches that a test or a screenshot can set. */
export interface Scenario {
  practice?: boolean;
  online?: boolean;
  paused?: boolean;
  empty?: boolean;
  loggedOut?: boolean;
  /** One account wants a new access, one rests, one ends soon. */
  trouble?: boolean;
}

class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

function refuse(status: number, code: string, detail: string, more: Partial<Problem> = {}): never {
  throw new Refusal({
    type: 'about:blank',
    title: detail,
    status,
    code,
    detail,
    detail_en: detail,
    ...more,
  });
}

const UNDO_SECS = 30;
const json = (data: unknown, status = 200): MockResponse => ({
  status,
  contentType: status >= 400 ? 'application/problem+json' : 'application/json',
  body: JSON.stringify(data),
});

const graphemes = (text: string) => [...new Intl.Segmenter('fr').segment(text)].length;

export class MockServer {
  /** What differs from the shipped addresses of the networks. */
  addresses: Record<string, unknown> = {};
  world: World;
  scenario: Scenario;
  requests: MockRequest[] = [];
  #listeners = new Set<(event: ServerEvent) => void>();
  #sequence = 0;
  #faults: Record<string, string[]> = {};

  constructor(scenario: Scenario = {}) {
    this.scenario = scenario;
    this.world = demonstration();
    this.reset(scenario);
  }

  reset(scenario: Scenario = {}): void {
    this.scenario = scenario;
    this.world = demonstration();
    this.requests = [];
    this.world.journal = [...this.world.journal, ...houseJournal()].sort((a, b) =>
      b.at.localeCompare(a.at),
    );
    if (scenario.trouble) trouble(this.world);
    if (scenario.empty) {
      this.world.posts = [];
      this.world.alerts = [];
      this.world.journal = [];
      this.world.accounts = [];
    }
  }

  subscribe(listener: (event: ServerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(kind: EventKind, subject: string): void {
    const event = { id: ++this.#sequence, kind, subject, at: new Date().toISOString() };
    for (const listener of this.#listeners) listener(event);
  }

  handle(request: MockRequest): MockResponse {
    this.requests.push(request);
    try {
      return this.#route(request);
    } catch (error) {
      if (error instanceof Refusal) return json(error.problem, error.problem.status);
      throw error;
    }
  }

  #route(request: MockRequest): MockResponse {
    const url = new URL(request.url, 'http://mock');
    const path = url.pathname.replace(/^\/api\/communication/, '');
    const { method } = request;
    const query = url.searchParams;
    const text = typeof request.body === 'string' ? request.body : '';
    const body = (text ? JSON.parse(text) : {}) as Record<string, unknown>;
    const parts = path.split('/').filter(Boolean).map(decodeURIComponent);
    const [head, id, verb] = parts;
    const route = `${method} ${head ?? ''}`;

    if (url.pathname === '/api/session') {
      if (method === 'POST') {
        if (body.code === 'FAUX') refuse(401, 'code_wrong', 'Ce code n’est pas le bon.');
        this.scenario.loggedOut = false;
      }
      if (this.scenario.loggedOut) refuse(401, 'not_logged_in', 'Saisissez le code.');
      return json({ caller: 'dashboard' });
    }
    if (this.scenario.loggedOut) refuse(401, 'not_logged_in', 'Saisissez le code.');
    if (url.pathname === '/api/session/code') {
      return json({ code: 'MOULIN-4827', url: 'http://127.0.0.1:5001/dashboard/' }, 201);
    }

    switch (route) {
      case 'GET status':
        return json(this.#status());
      case 'GET platforms':
        return json(id === 'config' ? platformsConfig(this.addresses) : DESCRIPTORS);
      case 'POST publish':
        return json(this.#publish(body as unknown as PublishBody), 202);
      case 'GET alerts':
        return json(this.world.alerts);
      case 'POST alerts': {
        const alert = this.world.alerts.find((entry) => String(entry.id) === id);
        if (alert) alert.seen_at = new Date().toISOString();
        return json(alert ?? null);
      }
      case 'GET journal':
        return json(journalPage(this.world.journal, query));
      case 'GET logs':
        return json({ path: '~/.local/state/vieux-moulin/logs', lines: logLines(query) });
      case 'POST logs':
        return json({ path: '~/journal-vieux-moulin.zip' });
      case 'GET settings':
        return json(
          id === 'schema' ? settingsSchema(demonstration().settings) : this.world.settings,
        );
      case 'POST platforms':
        if (verb === 'export') return json(this.addresses);
        this.addresses = body;
        return json(platformsConfig(this.addresses));
      case 'PATCH settings':
        this.world.settings = mergeSettings(this.world.settings, body);
        this.emit('settings.changed', 'settings');
        return json(this.world.settings);
      case 'POST settings':
        if (id === 'import') {
          this.world.settings = mergeSettings(demonstration().settings, body);
          this.emit('settings.changed', 'settings');
        }
        return json(this.world.settings);
      case 'POST recovery_key':
        return json({ text: 'moulin FAUX-CLEF-POUR-ESSAI' });
      case 'GET tokens':
        return json(this.world.tokens);
      case 'POST tokens': {
        const token = {
          id: newId(),
          label: String(body.label),
          scopes: body.scopes as World['tokens'][number]['scopes'],
          created_at: new Date().toISOString(),
          last_used_at: null,
        };
        this.world.tokens.push(token);
        return json({ ...token, token: 'demonstration-seulement' }, 201);
      }
      case 'DELETE tokens':
        this.world.tokens = this.world.tokens.filter((token) => token.id !== id);
        return json(null);
      case 'POST pause':
        this.scenario.paused = true;
        this.emit('status.changed', 'status');
        return json(this.#status());
      case 'POST resume':
        this.scenario.paused = false;
        this.emit('status.changed', 'status');
        return json(this.#status());
      case 'GET practice':
      case 'POST practice':
        if (request.method === 'POST') {
          const network = String(body.platform);
          this.#faults[network] = body.fault ? [String(body.fault)] : [];
        }
        return json(
          practiceStatus(
            this.scenario.practice !== false,
            DESCRIPTORS.map(({ id: name }) => name),
            this.#faults,
          ),
        );
      case 'GET media':
        return this.#mediaContent(id ?? '', verb);
      case 'POST media':
        return json(this.#addMedia(request), 201);
      case 'PATCH media': {
        const stored = this.world.media.get(id ?? '');
        if (!stored) refuse(404, 'not_found', 'Cette photo n’existe plus.');
        stored.media.alt_text = String(body.alt_text);
        return json(stored.media);
      }
      default:
    }
    if (head === 'posts') return this.#posts(method, id, verb, query, body);
    if (head === 'deliveries') return this.#deliveries(method, id, verb, query, body);
    if (head === 'accounts') return this.#accounts(method, id, verb, body);
    return refuse(404, 'not_found', 'Adresse inconnue.');
  }

  #allDeliveries(): Delivery[] {
    return this.world.posts.flatMap((post) => post.deliveries);
  }

  #status(): Status {
    const deliveries = this.#allDeliveries();
    const queue: Status['queue'] = {};
    for (const { state } of deliveries) queue[state] = (queue[state] ?? 0) + 1;
    const next = deliveries
      .filter((entry) => ['queued', 'handed_over', 'retry_at'].includes(entry.state))
      .filter((entry) => Date.parse(entry.due_at) > Date.now())
      .sort((a, b) => a.due_at.localeCompare(b.due_at))[0];
    const attention = deliveries.filter((entry) => this.#needsPerson(entry)).length;
    return {
      version: '0.1.0',
      state: 'ok',
      practice: this.scenario.practice !== false,
      online: this.scenario.online !== false,
      paused: this.scenario.paused === true,
      paused_until: this.scenario.paused ? day(1, '08:00') : null,
      clock_skew_secs: 0,
      queue,
      needs_attention: attention,
      next_due: next
        ? {
            delivery_id: next.id,
            post_id: next.post_id,
            platform: next.platform,
            due_at: next.due_at,
            title: this.#post(next.post_id).content.title ?? '',
          }
        : null,
      accounts: this.world.accounts.map((account) => ({
        id: account.id,
        platform: account.platform,
        label: account.label,
        state: account.state,
        token_expiry: account.token_expiry,
        lane: { health: 'ok', not_before: null, waiting: account.waiting },
      })),
      modules: [],
      storage: { state: 'ok' },
      self_test: { at: day(0, '06:00'), ok: true },
      started_at: day(-2, '07:00'),
      data_dir: '~/.local/share/vieux-moulin',
    };
  }

  #needsPerson({ state }: Delivery): boolean {
    return ['held', 'needs_reauth', 'rejected', 'unknown'].includes(state);
  }

  #post(id: string): Post {
    return (
      this.world.posts.find((post) => post.id === id) ??
      refuse(404, 'not_found', 'Cette publication n’existe plus.')
    );
  }

  #changed(post: Post): Post {
    if (post.deliveries.length > 0) post.state = postStateOf(post.deliveries.map((d) => d.state));
    post.revision += 1;
    post.updated_at = new Date().toISOString();
    this.emit('post.changed', post.id);
    for (const delivery of post.deliveries) this.emit('delivery.changed', delivery.id);
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

  #publish(body: PublishBody) {
    const due = this.#due(body.scheduled_time, body.late_policy);
    const targets = this.#targets(body.platforms);
    const now = new Date().toISOString();
    const post: Post = {
      id: newId(),
      state: 'draft',
      kind: body.kind ?? 'evergreen',
      content: this.#content(body.content),
      revision: 1,
      schedule: { at: null, local: null, timezone: 'Europe/Paris' },
      late_policy: body.late_policy ?? { mode: 'default' },
      undo_until: null,
      platforms: targets.map((target) => target.id),
      deliveries: [],
      problem: null,
      created_at: now,
      updated_at: now,
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

  #posts(
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
    const post = this.#post(id);
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
    } else if (due && post.deliveries.length > 0) {
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

  #deliveries(
    method: string,
    id: string | undefined,
    verb: string | undefined,
    query: URLSearchParams,
    body: Record<string, unknown>,
  ): MockResponse {
    if (id === undefined) {
      const states = query.get('state')?.split(',');
      const items = this.#allDeliveries()
        .filter((entry) => !states || states.includes(entry.state))
        .filter((entry) => query.get('needs_attention') !== 'true' || this.#needsPerson(entry))
        .filter((entry) => !query.get('account') || entry.account === query.get('account'))
        .filter((entry) => !query.get('from') || entry.due_at >= (query.get('from') ?? ''))
        .filter((entry) => !query.get('to') || entry.due_at < (query.get('to') ?? ''))
        .sort((a, b) => a.due_at.localeCompare(b.due_at));
      return json({ items, next_cursor: null });
    }
    const delivery =
      this.#allDeliveries().find((entry) => entry.id === id) ??
      refuse(404, 'not_found', 'Cet envoi n’existe plus.');
    if (method === 'GET') return json(delivery);
    if (verb === 'retry') this.#move(delivery, 'queued');
    if (verb === 'cancel') this.#move(delivery, 'cancelled');
    if (verb === 'confirm') {
      this.#move(delivery, body.outcome === 'published' ? 'published' : 'queued');
      delivery.permalink = (body.permalink as string | undefined) ?? null;
    }
    this.world.alerts = this.world.alerts.filter((alert) => alert.delivery_id !== id);
    this.#changed(this.#post(delivery.post_id));
    return json(delivery);
  }

  #accounts(
    method: string,
    id: string | undefined,
    verb: string | undefined,
    body: Record<string, unknown>,
  ): MockResponse {
    if (id === undefined && method === 'GET') return json(this.world.accounts);
    if (id === 'oauth') {
      if (method === 'POST') {
        return json({ authorize_url: 'https://piaille.example/oauth', session: 'demo' });
      }
      return json({
        state: 'connected',
        account: this.world.accounts[3]?.id ?? null,
        problem: null,
      });
    }
    if (id === undefined) {
      const credentials = (body.credentials ?? {}) as Record<string, string>;
      const descriptor = DESCRIPTORS.find((entry) => entry.id === body.platform);
      for (const field of descriptor?.credential_fields ?? []) {
        if (field.required && !credentials[field.key]) {
          refuse(422, 'credential_missing', `Il manque : ${field.label}.`, {
            errors: [
              {
                field: field.key,
                code: 'credential_missing',
                detail: 'Ce champ est nécessaire.',
                detail_en: 'This field is needed.',
              },
            ],
          });
        }
      }
      const sample = demonstration().accounts.find((entry) => entry.platform === body.platform);
      if (!sample) refuse(422, 'unknown_platform', 'Ce réseau n’existe pas.');
      this.world.accounts.push(sample);
      this.emit('account.changed', sample.id);
      return json(sample, 201);
    }
    const account =
      this.world.accounts.find((entry) => entry.id === id) ??
      refuse(404, 'not_found', 'Ce compte n’existe plus.');
    if (verb === 'impact') {
      return json(this.#allDeliveries().filter((d) => d.account === id && d.state === 'queued'));
    }
    if (method === 'DELETE') {
      this.world.accounts = this.world.accounts.filter((entry) => entry !== account);
      this.emit('account.changed', account.id);
      return json({ account: account.id, cancelled: [] });
    }
    if (method === 'PATCH') {
      if (typeof body.label === 'string') account.label = body.label;
      if (typeof body.is_default === 'boolean') account.is_default = body.is_default;
      if (typeof body.paused === 'boolean') account.state = body.paused ? 'paused' : 'connected';
      if (body.settings) Object.assign(account.settings, body.settings);
      if (body.credentials) {
        account.state = 'connected';
        account.problem = null;
        account.last_check = { at: new Date().toISOString(), ok: true, findings: [] };
      }
    }
    if (verb === 'resume') account.waiting = 0;
    if (verb === 'check' && account.last_check) account.last_check.at = new Date().toISOString();
    this.emit('account.changed', account.id);
    return json(account);
  }

  #mediaContent(id: string, verb: string | undefined): MockResponse {
    const stored = this.world.media.get(id);
    if (!stored) return refuse(404, 'not_found', 'Cette photo n’existe plus.');
    if (verb !== 'content') return json(stored.media);
    return {
      status: 200,
      contentType: stored.mime,
      body: PICTURES[id] ?? stored.bytes,
    };
  }

  #addMedia(request: MockRequest): Media {
    const id = newId();
    const { name, mime, bytes } = uploaded(request);
    if (!mime.startsWith('image/')) {
      refuse(422, 'not_an_image', 'Ce fichier n’est pas une photo. Choisissez un JPEG ou un PNG.');
    }
    const media: Media = {
      id,
      mime,
      width: 1200,
      height: 900,
      size_bytes: bytes.length,
      name,
      alt_text: '',
      source_url: null,
      created_at: new Date().toISOString(),
    };
    this.world.media.set(id, { media, bytes, mime });
    this.emit('media.added', id);
    return media;
  }
}

/** Takes the one file out of a multipart body. */
function uploaded(request: MockRequest): { name: string; mime: string; bytes: Uint8Array } {
  const body =
    typeof request.body === 'string'
      ? new TextEncoder().encode(request.body)
      : (request.body ?? new Uint8Array());
  const text = new TextDecoder('latin1').decode(body);
  const boundary = /boundary=([^;]+)/.exec(request.contentType ?? '')?.[1];
  const start = text.indexOf('\r\n\r\n') + 4;
  const end = boundary ? text.indexOf(`\r\n--${boundary}`, start) : -1;
  const head = text.slice(0, start);
  return {
    name: /filename="([^"]*)"/.exec(head)?.[1] ?? 'photo.jpg',
    mime: /content-type: *([^\r\n]+)/i.exec(head)?.[1] ?? 'application/octet-stream',
    bytes: end > 0 ? body.slice(start, end) : body,
  };
}
