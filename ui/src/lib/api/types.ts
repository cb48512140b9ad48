/**
 * Shapes of the engine's JSON under the names of this page, made from its description
 * (`schema.gen.ts`). Written by hand only where the description is looser than the page: maps,
 * words out of a closed list. Instants are RFC 3339 UTC strings. No behaviour lives here.
 */
import type { components } from './schema.gen';

type Schemas = components['schemas'];

/** What the engine answers is always whole: `null` where there is nothing, never left out. */
type Whole<T> = T extends readonly (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { [Key in keyof T]-?: Whole<Exclude<T[Key], undefined>> }
    : T;

export type DeliveryState = Schemas['DeliveryState'];

export type PostState = Schemas['PostState'];

export type ContentKind = Schemas['ContentKind'];

export type LatePolicy = Schemas['LatePolicy'];

export type AccountState = Schemas['AccountState'];
export type Scope = Schemas['Scope'];
export type Severity = Schemas['Severity'];

export type FieldError = Whole<Omit<Schemas['FieldProblem'], 'values'>> & {
  /** What a program may use of it, such as the id of the post that is in the way. */
  values?: Record<string, unknown>;
};

/** RFC 9457 problem document. */
export type Problem = Schemas['ProblemBody'];

export type Finding = Schemas['FindingView'];

export type Account = Omit<
  Whole<Schemas['AccountView']>,
  'limits' | 'token_expiry' | 'settings' | 'problem' | 'last_check' | 'figures'
> & {
  limits: Pick<Schemas['Limits'], 'max_text' | 'max_images'>;
  /** `at` when the kind is known. */
  token_expiry: { kind: Schemas['TokenExpiry']['kind']; at?: string };
  settings: Partial<Schemas['AccountSettings']>;
  problem: DeliveryProblem | null;
  /** `null` where the network tells no figures. */
  figures?: Schemas['CollectedView'] | null;
  last_check: (Omit<Schemas['CheckView'], 'findings'> & { findings: Finding[] }) | null;
};

export type MediaRef = Schemas['MediaView'];

export type Variant = Schemas['Variant'];

/** Written and read: hashtags without `#`, variants by network name or account id. */
export type PostOption = Schemas['PostOption'];

export type PostOptions = Schemas['PostOptions'];

export type ButtonAction = Schemas['ButtonAction'];

export type Content = Omit<Schemas['ContentView'], 'variants' | 'options'> & {
  /** Absent in what an older version kept. */
  options?: PostOptions;
  variants?: Record<string, Variant>;
};

export type Schedule = Omit<Schemas['ScheduleView'], 'at'> & { at: string | null };

export type Attempt = Whole<Schemas['AttemptView']>;

export type DeliveryAction =
  | 'retry'
  | 'cancel'
  | 'confirm_published'
  | 'confirm_resend'
  | 'edit'
  | 'delete'
  | 'open'
  | 'check';

export type DeliveryProblem = Schemas['ProblemView'];

export type Delivery = Omit<Whole<Schemas['DeliveryView']>, 'actions' | 'history' | 'problem'> & {
  problem: DeliveryProblem | null;
  actions: DeliveryAction[];
  /** Only in single views. */
  history?: Attempt[];
};

export type Post = Omit<
  Whole<Schemas['PostView']>,
  'content' | 'deliveries' | 'late_policy' | 'schedule' | 'deleted_at' | 'problem'
> & {
  deleted_at?: string | null;
  schedule: Schedule;
  problem: DeliveryProblem | null;
  content: Content;
  deliveries: Delivery[];
  late_policy: LatePolicy;
};

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type LaneStatus = Whole<Schemas['LaneView']>;

export type Status = Omit<
  Whole<Schemas['StatusView']>,
  'queue' | 'data_dir' | 'storage' | 'accounts'
> & {
  storage: { state: 'ok' | 'read_only' | 'disk_full' };
  accounts: (Omit<Schemas['AccountStatus'], 'token_expiry'> & Pick<Account, 'token_expiry'>)[];
  queue: Partial<Record<DeliveryState, number>>;
  /** In the window only. */
  data_dir?: string | null;
};

export type CredentialField = Whole<Schemas['CredentialField']>;

export type ConnectMethod = Schemas['ConnectMethod'];

/** The owner's web site; the fields are keyed by their names. */
export type MediaHost = Omit<Whole<Schemas['MediaHostView']>, 'fields' | 'kind' | 'last_check'> & {
  kind: string | null;
  fields: Record<string, string>;
  last_check: Account['last_check'];
};

export type Descriptor = Whole<Schemas['Descriptor']> & {
  /** What its posts have a place for. */
  options: PostOption[];
};

export type PlatformsConfig = Schemas['Platforms'];

export type MediaNote = Schemas['MediaNote'];
export type Media = Whole<Omit<Schemas['MediaItem'], 'notes'>> & { notes?: MediaNote[] | null };

export type PreviewProblem = Whole<Schemas['PreviewProblem']>;

export type Preview = Schemas['PreviewView'];

export type EventKind =
  | 'post.changed'
  | 'delivery.changed'
  | 'account.changed'
  | 'status.changed'
  | 'alert.raised'
  | 'conversation.changed'
  | 'settings.changed'
  | 'media.added'
  | 'figures.changed'
  /** Events were missed: everything must be read again. */
  | 'reset';

export interface ServerEvent {
  id: number;
  kind: EventKind;
  subject: string;
  at: string;
}

export type Figures = Whole<Schemas['Figures']>;

export type Measure = keyof Figures;

export type Engagement = Schemas['Engagement'];

interface Measured {
  figures: Figures;
  engagement: Engagement | null;
  collected_at: string | null;
}

export interface FiguresGroup extends Omit<Measured, 'collected_at'> {
  posts: number;
  measured: number;
}

export type PlatformFigures = Pick<
  Schemas['PlatformFiguresView'],
  'platform' | 'name' | 'tells_figures' | 'tells_posts'
> &
  FiguresGroup &
  Measured;

export type AccountFigures = Omit<Whole<Schemas['AccountFiguresView']>, 'problem' | 'days'> & {
  problem: DeliveryProblem | null;
  days: { day: string; figures: Figures | null }[];
};

export type FiguresSample = { at: string; figures: Figures; raw: Record<string, number> };

export type PostFigures = Omit<
  Whole<Schemas['PostFiguresView']>,
  'problem' | 'figures' | 'engagement' | 'samples'
> &
  Measured & {
    problem: DeliveryProblem | null;
    /** Only when one post is asked for. */
    samples?: FiguresSample[];
  };

export interface Analytics {
  from: string;
  to: string;
  formula_version: number;
  collected_at: string | null;
  totals: FiguresGroup;
  platforms: PlatformFigures[];
  accounts: AccountFigures[];
  posts: PostFigures[];
  posts_left_out: number;
}

export type ConversationKind = Schemas['ConversationKind'];

export type Conversation = Omit<
  Whole<Schemas['ConversationView']>,
  'replies' | 'actions' | 'answer' | 'post'
> & {
  answer: Whole<Schemas['HouseAnswer']> | null;
  post: Whole<Schemas['AboutPost']> | null;
  replies: Delivery[];
  actions: ('reply' | 'hide' | 'show' | 'open')[];
};

export type ConversationPage = Page<Conversation> & { unanswered: number; unread: number };

export type ConversationSource = Omit<Whole<Schemas['ConversationSource']>, 'problem'> & {
  problem: DeliveryProblem | null;
};

/** Counted by the engine; here only a name. */
type Numbered<T> = Omit<T, 'id'> & { id: number | string };
export type Alert = Numbered<Schemas['AlertView']>;

export type JournalEntry = Numbered<Schemas['JournalView']>;

export type ApiToken = Schemas['TokenView'] & {
  /** Shown once, right after creation. */
  token?: string;
};

export interface PracticeStatus {
  active: boolean;
  /** By network, and `control` for the pretend networks as a whole. */
  addresses: Record<string, string>;
  /** Breakdowns that are switched on, by network. */
  faults: Record<string, string[]>;
  /** What connects one more pretend account, by network and field. */
  trial?: Record<string, Record<string, string>>;
}

export type PublishBody = Omit<Schemas['PublishBody'], 'content'> & { content: Partial<Content> };

export type PublishAnswer = Schemas['PublishAnswer'];

export type PatchPostBody = Omit<Schemas['PatchPost'], 'content'> & {
  content?: Partial<Content>;
};

export type LogLine = Whole<Schemas['LogLine']>;

export type RemovedAccount = Schemas['RemovedAccount'];
export type OauthAnswer = Whole<Schemas['OauthView']>;
