/** Every operation the page uses, by resource. The engine decides; nothing is computed here. */
import { platform, type DroppedFile } from '$lib/platform';
import { ApiError, request, ROOT, unwrap, type Query } from './client';
import type {
  Account,
  Alert,
  Analytics,
  ApiToken,
  Content,
  Conversation,
  ConversationPage,
  ConversationSource,
  Delivery,
  Descriptor,
  JournalEntry,
  LogLine,
  Media,
  MediaHost,
  OauthAnswer,
  Page,
  PlatformsConfig,
  PatchPostBody,
  Post,
  PracticeStatus,
  Preview,
  PublishAnswer,
  PublishBody,
  RemovedAccount,
  Scope,
  Status,
} from './types';

export { ApiError } from './client';
export type * from './types';

const id = (value: string | number) => encodeURIComponent(value);

export const api = {
  status: () => request<Status>('GET', `${ROOT}/status`),
  platforms: () => request<Descriptor[]>('GET', `${ROOT}/platforms`),

  posts: {
    list: (query: Query = {}) => request<Page<Post>>('GET', `${ROOT}/posts`, { query }),
    get: (post: string) => request<Post>('GET', `${ROOT}/posts/${id(post)}`),
    publish: (body: PublishBody, idempotencyKey?: string) =>
      request<PublishAnswer>('POST', `${ROOT}/publish`, {
        body,
        headers: idempotencyKey ? { 'idempotency-key': idempotencyKey } : {},
      }),
    patch: (post: string, body: PatchPostBody, revision?: number) =>
      request<Post>('PATCH', `${ROOT}/posts/${id(post)}`, {
        body,
        headers: revision === undefined ? {} : { 'if-match': `"${revision}"` },
      }),
    remove: (post: string, remote = false) =>
      request<Post>('DELETE', `${ROOT}/posts/${id(post)}`, { query: remote ? { remote } : {} }),
    undo: (post: string) => request<Post>('POST', `${ROOT}/posts/${id(post)}/undo`),
    restore: (post: string) => request<Post>('POST', `${ROOT}/posts/${id(post)}/restore`),
    preview: (content: Partial<Content>, platforms: string[]) =>
      request<Preview[]>('POST', `${ROOT}/posts/preview`, { body: { content, platforms } }),
  },

  analytics: {
    /** Posts of the last `days`, or one post with everything that was taken of it. */
    get: (query: { days?: number; post?: string }) =>
      request<Analytics>('GET', `${ROOT}/analytics`, { query }),
  },

  deliveries: {
    list: (query: Query = {}) => request<Page<Delivery>>('GET', `${ROOT}/deliveries`, { query }),
    get: (delivery: string) => request<Delivery>('GET', `${ROOT}/deliveries/${id(delivery)}`),
    retry: (delivery: string) =>
      request<Delivery>('POST', `${ROOT}/deliveries/${id(delivery)}/retry`),
    cancel: (delivery: string) =>
      request<Delivery>('POST', `${ROOT}/deliveries/${id(delivery)}/cancel`),
    check: (delivery: string) =>
      request<Delivery>('POST', `${ROOT}/deliveries/${id(delivery)}/check`),
    confirm: (delivery: string, outcome: 'published' | 'resend', permalink?: string) =>
      request<Delivery>('POST', `${ROOT}/deliveries/${id(delivery)}/confirm`, {
        body: permalink ? { outcome, permalink } : { outcome },
      }),
  },

  conversations: {
    list: (query: Query = {}) =>
      request<ConversationPage>('GET', `${ROOT}/conversations`, { query }),
    sources: () => request<ConversationSource[]>('GET', `${ROOT}/conversations/sources`),
    refresh: () => request<null>('POST', `${ROOT}/conversations/refresh`),
    reply: (item: string, text: string) =>
      request<PublishAnswer>('POST', `${ROOT}/conversations/${id(item)}/reply`, { body: { text } }),
    read: (item: string) => request<Conversation>('POST', `${ROOT}/conversations/${id(item)}/read`),
    handled: (item: string, handled: boolean) =>
      request<Conversation>('POST', `${ROOT}/conversations/${id(item)}/handled`, {
        body: { handled },
      }),
    hidden: (item: string, hidden: boolean) =>
      request<Conversation>('POST', `${ROOT}/conversations/${id(item)}/hidden`, {
        body: { hidden },
      }),
  },

  accounts: {
    list: () => request<Account[]>('GET', `${ROOT}/accounts`),
    create: (body: {
      platform: string;
      label?: string;
      credentials: Record<string, string>;
      settings?: Account['settings'];
      make_default?: boolean;
    }) => request<Account>('POST', `${ROOT}/accounts`, { body }),
    patch: (
      account: string,
      body: {
        label?: string;
        is_default?: boolean;
        settings?: Account['settings'];
        credentials?: Record<string, string>;
        paused?: boolean;
      },
    ) => request<Account>('PATCH', `${ROOT}/accounts/${id(account)}`, { body }),
    impact: (account: string) =>
      request<Delivery[]>('GET', `${ROOT}/accounts/${id(account)}/impact`),
    remove: (account: string) =>
      request<RemovedAccount>('DELETE', `${ROOT}/accounts/${id(account)}`),
    check: (account: string) => request<Account>('POST', `${ROOT}/accounts/${id(account)}/check`),
    startOauth: (
      platformName: string,
      server: string,
      /** The owner's own application, and the account that is reconnected with it. */
      own: { credentials?: Record<string, string>; account?: string } = {},
    ) =>
      request<{ authorize_url: string; session: string }>('POST', `${ROOT}/accounts/oauth`, {
        body: { platform: platformName, server, ...own },
      }),
    /** How the sign-in goes; the account itself once it is connected. */
    oauth: async (session: string) => {
      const { account, ...outcome } = await request<OauthAnswer>(
        'GET',
        `${ROOT}/accounts/oauth/${id(session)}`,
      );
      const accounts = account ? await api.accounts.list() : [];
      return { ...outcome, account: accounts.find((entry) => entry.id === account) ?? null };
    },
  },

  media: {
    /** Takes a photo from wherever it was dropped or picked. */
    add: async (source: DroppedFile): Promise<Media> => {
      if ('path' in source) {
        return request<Media>('POST', `${ROOT}/media/from_path`, { body: { path: source.path } });
      }
      try {
        return unwrap<Media>(await platform.upload(source.file));
      } catch (error) {
        if (error instanceof ApiError) throw error;
        throw new ApiError({ status: 0, code: 'unreachable' });
      }
    },
    get: (media: string) => request<Media>('GET', `${ROOT}/media/${id(media)}`),
    setAltText: (media: string, altText: string) =>
      request<Media>('PATCH', `${ROOT}/media/${id(media)}`, { body: { alt_text: altText } }),
    url: (media: string, size: 'thumb' | 'master' = 'thumb') =>
      platform.assetUrl(`${ROOT}/media/${id(media)}/content?size=${size}`),
  },

  mediaHost: {
    get: () => request<MediaHost>('GET', `${ROOT}/media_host`),
    set: (kind: string, fields: Record<string, string>) =>
      request<MediaHost>('POST', `${ROOT}/media_host`, { body: { kind, fields } }),
    check: () => request<MediaHost>('POST', `${ROOT}/media_host/check`),
    forget: () => request<{ files_left: number }>('DELETE', `${ROOT}/media_host`),
  },

  alerts: {
    list: () => request<Alert[]>('GET', `${ROOT}/alerts`, { query: { open: true } }),
    seen: (alert: Alert['id']) => request<Alert | null>('POST', `${ROOT}/alerts/${id(alert)}/seen`),
  },

  journal: (query: Query = {}) => request<Page<JournalEntry>>('GET', `${ROOT}/journal`, { query }),
  logs: {
    read: (query: Query = {}) =>
      request<{ path?: string; lines: LogLine[] }>('GET', `${ROOT}/logs`, { query }),
    export: () => request<{ path: string }>('POST', `${ROOT}/logs/export`),
  },

  settings: {
    get: () => request<Record<string, unknown>>('GET', `${ROOT}/settings`),
    schema: () => request<Record<string, unknown>>('GET', `${ROOT}/settings/schema`),
    patch: (body: Record<string, unknown>) =>
      request<Record<string, unknown>>('PATCH', `${ROOT}/settings`, { body }),
    export: () => request<Record<string, unknown>>('POST', `${ROOT}/settings/export`),
    import: (text: string) =>
      request<Record<string, unknown>>('POST', `${ROOT}/settings/import`, { text }),
  },

  recoveryKey: {
    /** Only from the window; the journal keeps that it was shown. */
    show: () =>
      request<{ text: string }>('POST', `${ROOT}/recovery_key`, { body: { confirm: true } }),
  },

  platformsConfig: {
    get: () => request<PlatformsConfig>('GET', `${ROOT}/platforms/config`),
    export: () => request<Record<string, unknown>>('POST', `${ROOT}/platforms/config/export`),
    import: (text: string) =>
      request<PlatformsConfig>('POST', `${ROOT}/platforms/config/import`, { text }),
  },

  tokens: {
    list: () => request<ApiToken[]>('GET', `${ROOT}/tokens`),
    create: (label: string, scopes: Scope[]) =>
      request<ApiToken>('POST', `${ROOT}/tokens`, { body: { label, scopes } }),
    remove: (token: string) => request<null>('DELETE', `${ROOT}/tokens/${id(token)}`),
  },

  pause: (body: { for_secs: number } | { until: 'tomorrow' | string | null }) =>
    request<Status | null>('POST', `${ROOT}/pause`, { body }),
  resume: () => request<Status | null>('POST', `${ROOT}/resume`),

  practice: {
    get: () => request<PracticeStatus>('GET', `${ROOT}/practice`),
    setFault: (platformName: string, fault: string | null) =>
      request<PracticeStatus | null>('POST', `${ROOT}/practice/faults`, {
        body: { platform: platformName, fault },
      }),
  },

  session: {
    get: () => request<{ caller: unknown; scopes?: Scope[] }>('GET', '/api/session'),
    login: (code: string) => request<unknown>('POST', '/api/session', { body: { code } }),
    logout: () => request<unknown>('DELETE', '/api/session'),
    newCode: () => request<{ code: string; url: string | null }>('POST', '/api/session/code'),
  },
};
