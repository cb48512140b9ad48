/** The mocked side of the screens about the house: accounts in trouble, journal, logs, settings, practice. */
import type { Account, Alert, JournalEntry, LogLine, PracticeStatus } from '../lib/api/types';
import { day } from './clock.ts';
import type { World } from './data.ts';

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Merges a change into the settings as the engine does: objects by key, lists whole. */
export function mergeSettings(before: Json, change: Json): Json {
  const after = { ...before };
  for (const [key, value] of Object.entries(change)) {
    const old = after[key];
    after[key] = isObject(value) && isObject(old) ? mergeSettings(old, value) : value;
  }
  return after;
}

const number = (minimum: number, maximum: number) => ({ type: 'integer', minimum, maximum });
const BOUNDS: Json = {
  'publishing.undo_secs': number(0, 600),
  'publishing.late.evergreen_max_late_secs': number(0, 604_800),
  'publishing.late.evergreen_spacing_secs': number(0, 86_400),
  'publishing.hand_over.facebook_min_secs': number(660, 86_400),
  'publishing.hand_over.facebook_max_secs': number(86_400, 2_592_000),
  'api.port': number(0, 65_535),
  'logs.days': number(1, 365),
  'backup.keep_daily': number(1, 60),
  'backup.keep_weekly': number(0, 60),
  'backup.keep_before_migration': number(1, 20),
};

/** A schema with the shipped values as defaults, nested like the file. */
export function settingsSchema(shipped: Json, prefix = ''): Json {
  const properties = Object.entries(shipped).map(([key, value]) => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    const leaf = { ...(BOUNDS[path] as Json | undefined), default: value };
    return [key, isObject(value) ? settingsSchema(value, path) : leaf];
  });
  return { type: 'object', properties: Object.fromEntries(properties) };
}

const finding = (
  code: string,
  severity: 'ok' | 'warning' | 'error',
  text: string,
  text_en: string,
  next_step = '',
  next_step_en = '',
) => ({ code, severity, text, text_en, next_step, next_step_en });

/** Facebook wants a new access, Bluesky rests, Instagram ends soon: a bad morning. */
export function trouble(world: World): void {
  for (const account of world.accounts) Object.assign(account, MORNING[account.platform]);
  const facebook = world.accounts.find((account) => account.platform === 'facebook');
  if (facebook) world.alerts.unshift(reconnectAlert(facebook));
}

const EXPIRED = {
  code: 'token_revoked',
  title: 'Facebook ne reconnaît plus cet accès',
  title_en: 'Facebook no longer accepts this access',
  detail:
    'Le mot de passe du compte qui gère la page a sans doute changé. Trois publications attendent, rien n’est perdu.',
  detail_en:
    'The password of the account that manages the page has probably changed. Three posts are waiting, nothing is lost.',
  next_step: 'Créez un nouveau jeton et reconnectez le compte.',
  next_step_en: 'Make a new token and reconnect the account.',
};

const MORNING: Record<string, Partial<Account>> = {
  facebook: {
    state: 'needs_reauth',
    waiting: 3,
    problem: EXPIRED,
    permissions: ['pages_show_list', 'pages_read_engagement'],
    missing_permissions: ['pages_manage_posts'],
    last_check: {
      at: day(0, '06:00'),
      ok: false,
      findings: [
        finding('reachable', 'ok', 'Facebook répond.', 'Facebook answers.'),
        finding(
          'token_revoked',
          'error',
          'Le jeton enregistré n’est plus valable.',
          'The stored token is no longer valid.',
          'Créez un nouveau jeton et reconnectez le compte.',
          'Make a new token and reconnect the account.',
        ),
        finding(
          'permission_missing',
          'warning',
          'Il manque l’autorisation pages_manage_posts.',
          'The permission pages_manage_posts is missing.',
          'Cochez-la quand vous créez le nouveau jeton.',
          'Tick it when you make the new token.',
        ),
      ],
    },
  },
  instagram: { token_expiry: { kind: 'known', at: day(5, '09:00') } },
  bluesky: { state: 'paused', waiting: 2 },
};

const reconnectAlert = (account: Account): Alert => ({
  id: 'alert-reconnect',
  at: day(0, '06:00'),
  account: account.id,
  kind: 'account',
  title: EXPIRED.title,
  title_en: EXPIRED.title_en,
  detail: EXPIRED.detail,
  detail_en: EXPIRED.detail_en,
  next_step: EXPIRED.next_step,
  next_step_en: EXPIRED.next_step_en,
  post_id: null,
  delivery_id: null,
  count: 3,
  seen_at: null,
  resolved_at: null,
});

/** Where each network is reached: the shipped addresses under what somebody changed. */
export function platformsConfig(own: Json): Json {
  const shipped = (base_url: string): Json => ({
    base_url,
    api_version: null,
    web_url: null,
    min_spacing_secs: 0,
  });
  const all = {
    facebook: shipped('https://graph.facebook.com'),
    instagram: shipped('https://graph.facebook.com'),
    bluesky: shipped('https://bsky.social'),
    mastodon: shipped('https://mastodon.social'),
  };
  return mergeSettings(all, own);
}

/** What happened besides deliveries, for the journal. */
export function houseJournal(): JournalEntry[] {
  const line = (
    at: string,
    actor: string,
    kind: string,
    text: string,
    text_en: string,
    more = {},
  ) => ({
    id: `j-${at}-${kind}`,
    at,
    actor,
    kind,
    subject: kind,
    text,
    text_en,
    ...more,
  });
  return [
    line(
      day(0, '06:00'),
      'engine',
      'account.checked',
      'Les quatre comptes ont été vérifiés : tout va bien.',
      'The four accounts were checked: all is well.',
    ),
    line(
      day(0, '05:30'),
      'engine',
      'backup.done',
      'La copie de sécurité du jour est faite et relue.',
      'Today’s backup is made and read back.',
    ),
    line(
      day(-1, '18:04'),
      'window',
      'settings.changed',
      'La fin du service du soir est passée de 22:00 à 22:30.',
      'The end of dinner service went from 22:00 to 22:30.',
    ),
    line(
      day(-1, '17:58'),
      'dashboard',
      'post.scheduled',
      '« Menu du marché » est programmée sur quatre comptes.',
      '“Menu du marché” is planned on four accounts.',
    ),
    line(
      day(-1, '09:12'),
      'window',
      'account.connected',
      'Le compte Mastodon @levieuxmoulin@piaille.example est connecté.',
      'The Mastodon account @levieuxmoulin@piaille.example is connected.',
      { account: 'acc-mastodon' },
    ),
    line(
      day(-2, '07:00'),
      'engine',
      'engine.started',
      'L’application a démarré. Rien n’était en retard.',
      'The application started. Nothing was late.',
    ),
  ];
}

/** Filters and pages the journal as the engine does. */
export function journalPage(all: JournalEntry[], query: URLSearchParams) {
  const q = (query.get('q') ?? '').toLowerCase();
  const kind = query.get('kind');
  const from = query.get('from');
  const limit = Number(query.get('limit') ?? 50);
  const start = Number(query.get('cursor') ?? 0);
  const found = all.filter(
    (entry) =>
      entry.text.toLowerCase().includes(q) &&
      (kind === null || entry.kind === kind || entry.kind.startsWith(`${kind}.`)) &&
      (from === null || entry.at >= from),
  );
  const next = start + limit;
  return {
    items: found.slice(start, next),
    next_cursor: next < found.length ? String(next) : null,
  };
}

const log = (at: string, level: LogLine['level'], target: string, message: string): LogLine => ({
  at: `2026-11-22T${at}Z`,
  level,
  target: `vieux_moulin_engine::${target}`,
  message,
});
const LOG_LINES = [
  log('10:45:03.377', 'error', 'queue', 'Delivery rejected. platform=instagram code=image_ratio'),
  log('09:30:00.822', 'info', 'queue', 'Delivery published. platform=mastodon duration_ms=1190'),
  log('09:30:00.018', 'info', 'queue', 'Delivery published. platform=bluesky duration_ms=412'),
  log('06:00:01.413', 'warn', 'connections', 'Account needs a new access. platform=facebook'),
  log('06:00:01.220', 'info', 'connections', 'Account checked. platform=instagram ok=true'),
  log('05:30:00.104', 'info', 'store', 'Backup written and verified. size_bytes=1843200'),
];
const LEVELS = ['error', 'warn', 'info', 'debug', 'trace'];

export function logLines(query: URLSearchParams): LogLine[] {
  const least = query.get('level') ?? 'trace';
  const q = (query.get('q') ?? '').toLowerCase();
  return LOG_LINES.filter(
    ({ level, message }) =>
      message.toLowerCase().includes(q) && LEVELS.indexOf(level) <= LEVELS.indexOf(least),
  );
}

/** The four local network pages. */
export function practiceStatus(
  active: boolean,
  networks: string[],
  faults: Record<string, string[]>,
): PracticeStatus {
  return {
    active,
    addresses: Object.fromEntries(
      ['control', ...networks].map((name) => [name, `http://127.0.0.1:5188/demo/${name}`]),
    ),
    faults,
    trial: { bluesky: { identifier: 'vieuxmoulin2.test', app_password: 'sandbox-app-password-2' } },
  };
}
