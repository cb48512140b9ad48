/**
 * The engine's API in memory, for `npm run mock`, unit tests and screenshots: the same routes,
 * shapes and refusals, simplified rules, no network. Never part of a build.
 */
import type { EventKind, PublishBody, ServerEvent, Status } from '../lib/api/types';
import { accounts } from './accounts.ts';
import { analytics } from './analytics.ts';
import { json, Refusal, refuse, type MockRequest, type MockResponse } from './answers.ts';
import { day } from './clock.ts';
import { conversations, guests } from './conversations.ts';
import { demonstration, type World } from './data.ts';
import { newId } from './deliveries.ts';
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
import { MockMediaHost } from './media-host.ts';
import { DESCRIPTORS } from './networks.ts';
import { allDeliveries, MockPosts, needsPerson } from './posts.ts';
import { addMedia, mediaContent } from './uploads.ts';

/** Switches that a test or a screenshot can set. */
export interface Scenario {
  practice?: boolean;
  online?: boolean;
  paused?: boolean;
  empty?: boolean;
  loggedOut?: boolean;
  /** One account wants a new access, one rests, one ends soon. */
  trouble?: boolean;
  /** Photos need the owner's web site; it is named, refuses, or is not there. */
  site?: 'good' | 'bad' | 'none';
}

export class MockServer {
  /** What differs from the shipped addresses of the networks. */
  addresses: Record<string, unknown> = {};
  mediaHost = new MockMediaHost();
  world: World;
  scenario: Scenario;
  requests: MockRequest[] = [];
  #listeners = new Set<(event: ServerEvent) => void>();
  #sequence = 0;
  #faults: Record<string, string[]> = {};
  #posts = new MockPosts(this);

  constructor(scenario: Scenario = {}) {
    this.scenario = scenario;
    this.world = demonstration();
    this.reset(scenario);
  }

  reset(scenario: Scenario = {}): void {
    this.scenario = scenario;
    this.world = demonstration();
    this.requests = [];
    this.mediaHost = new MockMediaHost();
    if (scenario.site && scenario.site !== 'none') this.mediaHost.name(scenario.site === 'good');
    this.world.journal = [...this.world.journal, ...houseJournal()].sort((a, b) =>
      b.at.localeCompare(a.at),
    );
    this.world.conversations = guests(this.world);
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

  emit = (kind: EventKind, subject: string): void => {
    const event = { id: ++this.#sequence, kind, subject, at: new Date().toISOString() };
    for (const listener of this.#listeners) listener(event);
  };

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
        return json(this.#posts.publish(body as unknown as PublishBody), 202);
      case 'GET alerts':
        return json(this.world.alerts);
      case 'POST alerts': {
        const alert = this.world.alerts.find((entry) => String(entry.id) === id);
        if (alert) alert.seen_at = new Date().toISOString();
        return json(alert ?? null);
      }
      case 'GET analytics':
        return json(analytics(this.world, query));
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
        return json({ text: 'FAUX-CLEF-POUR-ESSAI' });
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
        return mediaContent(this.world, id ?? '', verb);
      case 'POST media': {
        const media = addMedia(this.world, request);
        this.emit('media.added', media.id);
        return json(media, 201);
      }
      case 'PATCH media': {
        const stored = this.world.media.get(id ?? '');
        if (!stored) refuse(404, 'not_found', 'Cette photo n’existe plus.');
        stored.media.alt_text = String(body.alt_text);
        return json(stored.media);
      }
      default:
    }
    if (head === 'media_host') return this.mediaHost.handle(method, id, body);
    if (head === 'posts') return this.#posts.posts(method, id, verb, query, body);
    if (head === 'deliveries') return this.#posts.deliveries(method, id, verb, query, body);
    if (head === 'conversations') return conversations(this, method, id, verb, query, body);
    if (head === 'accounts') return accounts(this, method, id, verb, body);
    return refuse(404, 'not_found', 'Adresse inconnue.');
  }

  #status(): Status {
    const deliveries = allDeliveries(this.world);
    const queue: Status['queue'] = {};
    for (const { state } of deliveries) queue[state] = (queue[state] ?? 0) + 1;
    const next = deliveries
      .filter((entry) => ['queued', 'handed_over', 'retry_at'].includes(entry.state))
      .filter((entry) => Date.parse(entry.due_at) > Date.now())
      .sort((a, b) => a.due_at.localeCompare(b.due_at))[0];
    const attention = deliveries.filter((entry) => needsPerson(entry)).length;
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
            title: this.#posts.post(next.post_id).content.title ?? '',
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
}
