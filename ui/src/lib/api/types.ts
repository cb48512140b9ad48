/**
 * Shapes of the engine's JSON: the same names in SQL, Rust, JSON and on screen. Instants are
 * RFC 3339 UTC strings, ids are strings. No behaviour lives here.
 */

export type DeliveryState =
  | 'queued'
  | 'preparing'
  | 'armed'
  | 'sending'
  | 'published'
  | 'handed_over'
  | 'retry_at'
  | 'needs_reauth'
  | 'rejected'
  | 'duplicate'
  | 'unknown'
  | 'reconciling'
  | 'cancelled'
  | 'expired'
  | 'held';

export type PostState =
  | 'draft'
  | 'scheduled'
  | 'publishing'
  | 'published'
  | 'partial'
  | 'needs_attention'
  | 'cancelled'
  | 'expired';

export type ContentKind = 'dish_of_the_day' | 'event' | 'opening_change' | 'evergreen';

export type LatePolicy =
  { mode: 'default' | 'send_now' | 'ask' } | { mode: 'publish_until'; until: string };

export type AccountState = 'connected' | 'needs_reauth' | 'blocked' | 'paused' | 'removed';
export type Scope = 'read' | 'publish' | 'notify' | 'admin';
export type Severity = 'ok' | 'warning' | 'error';

export interface FieldError {
  field: string;
  code: string;
  detail: string;
  detail_en?: string;
}

/** RFC 9457 problem document. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  detail_en?: string;
  errors?: FieldError[];
  post_id?: string;
  retry_after_secs?: number;
}

export interface Finding {
  code: string;
  severity: Severity;
  text: string;
  text_en: string;
  next_step: string | null;
  next_step_en: string | null;
}

export interface AccountProblem {
  code: string;
  title: string;
  detail: string;
  next_step: string;
  title_en: string;
  detail_en: string;
  next_step_en: string;
}

export interface Account {
  id: string;
  platform: string;
  label: string;
  handle: string;
  remote_id: string;
  state: AccountState;
  is_default: boolean;
  practice: boolean;
  server: string | null;
  token_expiry: { kind: 'known' | 'never' | 'unknown'; at?: string };
  permissions: string[];
  missing_permissions: string[];
  limits: { max_text: number; max_images: number; supports_scheduling: boolean };
  settings: { hand_over?: boolean; facebook_photo_host?: boolean };
  credential_hint: string;
  last_check: { at: string; ok: boolean; findings: Finding[] } | null;
  problem: AccountProblem | null;
  waiting: number;
  created_at: string;
}

export interface MediaRef {
  media_id: string;
  alt_text: string;
  source_url?: string | null;
}

export interface Variant {
  text?: string;
  hashtags?: string[];
}

export interface Content {
  title?: string | null;
  body: string;
  /** Without `#`. */
  hashtags: string[];
  link?: string | null;
  media_url?: string | null;
  media: MediaRef[];
  /** Own words of a network (platform name) or an account (id). */
  variants?: Record<string, Variant>;
}

export interface Schedule {
  at: string | null;
  local?: string | null;
  timezone: string;
  note?: 'gap_moved' | 'fold_first' | null;
}

export interface Attempt {
  at: string;
  step: 'prepare' | 'send' | 'reconcile' | 'verify' | 'update' | 'delete' | 'rescue' | 'person';
  outcome: string;
  text: string;
  text_en: string;
  http_status: number | null;
  duration_ms: number | null;
}

export type DeliveryAction =
  | 'retry'
  | 'cancel'
  | 'confirm_published'
  | 'confirm_resend'
  | 'edit'
  | 'delete'
  | 'open'
  | 'check';

export interface DeliveryProblem extends AccountProblem {
  platform_message: string | null;
  http_status: number | null;
}

export interface Delivery {
  id: string;
  post_id: string;
  account: string;
  account_label: string;
  platform: string;
  state: DeliveryState;
  due_at: string;
  next_at: string | null;
  handed_over: boolean;
  attempts: number;
  remote_id: string | null;
  permalink: string | null;
  text: string;
  images: MediaRef[];
  problem: DeliveryProblem | null;
  actions: DeliveryAction[];
  finished_at: string | null;
  late_secs: number | null;
  crash_count: number;
  doubtful: boolean;
  removed_at: string | null;
  /** Only in single views. */
  history?: Attempt[];
  created_at: string;
  updated_at: string;
}

export interface Post {
  id: string;
  state: PostState;
  kind: ContentKind;
  content: Content;
  revision: number;
  schedule: Schedule;
  late_policy: LatePolicy;
  undo_until: string | null;
  /** Ids of the accounts the post is meant for. */
  platforms: string[];
  deliveries: Delivery[];
  problem: AccountProblem | null;
  created_at: string;
  updated_at: string;
  created_by: 'window' | 'dashboard' | 'api' | 'cli';
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface LaneStatus {
  health: 'ok' | 'waiting' | 'circuit_open' | 'stopped';
  not_before: string | null;
  waiting: number;
}

export interface Status {
  version: string;
  state: 'ok' | 'degraded' | 'down';
  practice: boolean;
  online: boolean;
  paused: boolean;
  paused_until: string | null;
  clock_skew_secs: number | null;
  queue: Partial<Record<DeliveryState, number>>;
  needs_attention: number;
  next_due: {
    delivery_id: string;
    post_id: string;
    platform: string;
    due_at: string;
    title: string;
  } | null;
  accounts: {
    id: string;
    platform: string;
    label: string;
    state: AccountState;
    token_expiry: Account['token_expiry'];
    lane: LaneStatus;
  }[];
  modules: unknown[];
  storage: { state: 'ok' | 'read_only' | 'disk_full' };
  self_test: { at: string; ok: boolean } | null;
  started_at: string;
  data_dir?: string;
}

export interface CredentialField {
  key: string;
  label: string;
  label_en: string;
  help: string;
  help_en: string;
  secret: boolean;
  required: boolean;
  example: string;
}

export type ConnectMethod = 'token' | 'app_password' | 'oauth';

export interface Descriptor {
  id: string;
  name: string;
  kind: string;
  capabilities: {
    publish: boolean;
    hand_over: boolean;
    edit: boolean;
    delete: boolean;
    metrics: boolean;
    conversations: boolean;
  };
  limits: {
    max_text: number;
    counting_rule: 'code_points' | 'graphemes' | 'mastodon';
    max_bytes: number | null;
    max_images: number;
    max_hashtags: number | null;
    max_alt_text: number | null;
    image: {
      max_bytes: number | null;
      max_width: number | null;
      max_height: number | null;
      min_ratio: number | null;
      max_ratio: number | null;
    };
    text_only_allowed: boolean;
    hand_over_min_secs: number | null;
    hand_over_max_secs: number | null;
  };
  credential_fields: CredentialField[];
  connect: { methods: ConnectMethod[]; steps: string[]; steps_en: string[] };
  limitations: string[];
  limitations_en: string[];
}

export interface Media {
  id: string;
  mime: string;
  width: number;
  height: number;
  size_bytes: number;
  name: string | null;
  alt_text: string | null;
  notes: ('rotated' | 'location_removed' | 'converted')[];
}

export interface PreviewProblem {
  code: string;
  severity: 'warning' | 'error';
  detail: string;
  detail_en: string;
}

export interface Preview {
  account: string;
  platform: string;
  text: string;
  length: number;
  max_length: number;
  remaining: number;
  hashtags_used: string[];
  hashtags_dropped: string[];
  images: { media_id: string; url: string; width: number; height: number; cropped: boolean }[];
  problems: PreviewProblem[];
  facets: { start: number; end: number; kind: 'link' | 'hashtag' | 'mention'; value: string }[];
}

export type EventKind =
  | 'post.changed'
  | 'delivery.changed'
  | 'account.changed'
  | 'status.changed'
  | 'alert.raised'
  | 'settings.changed'
  | 'media.added'
  /** Events were missed: everything must be read again. */
  | 'reset';

export interface ServerEvent {
  id: number;
  kind: EventKind;
  subject: string;
  at: string;
}

export interface Alert {
  id: string;
  at: string;
  account: string | null;
  kind: string;
  title: string;
  detail: string;
  next_step: string;
  title_en: string;
  detail_en: string;
  next_step_en: string;
  post_id: string | null;
  delivery_id: string | null;
  count: number;
  seen_at: string | null;
  resolved_at: string | null;
}

export interface JournalEntry {
  id: string;
  at: string;
  actor: string;
  kind: string;
  subject: string;
  text: string;
  text_en: string;
  post_id?: string | null;
  delivery_id?: string | null;
  account?: string | null;
}

export interface ApiToken {
  id: string;
  label: string;
  scopes: Scope[];
  created_at: string;
  last_used_at: string | null;
  /** Shown once, right after creation. */
  token?: string;
}

export interface PracticeStatus {
  active: boolean;
  /** By network, and `control` for the pretend networks as a whole. */
  addresses: Record<string, string>;
}

export interface PublishBody {
  content: Partial<Content> & { alt_text?: string };
  platforms: string[];
  scheduled_time?: string;
  timezone?: string;
  kind?: ContentKind;
  late_policy?: LatePolicy;
  draft?: boolean;
}

export interface PublishAnswer {
  post_id: string;
  state: PostState;
  deliveries: {
    id: string;
    account: string;
    platform: string;
    state: DeliveryState;
    due_at: string;
    problem?: DeliveryProblem | null;
  }[];
  warnings: { code: string; detail: string; detail_en: string }[];
}

export interface PatchPostBody {
  content?: Partial<Content>;
  platforms?: string[];
  scheduled_time?: string | null;
  timezone?: string;
  kind?: ContentKind;
  late_policy?: LatePolicy;
  publish?: 'draft' | 'schedule' | 'now';
}

/** One line of the technical log. */
export interface LogLine {
  at: string;
  level: 'error' | 'warn' | 'info' | 'debug' | 'trace';
  target: string;
  message: string;
}
