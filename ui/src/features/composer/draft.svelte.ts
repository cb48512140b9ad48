/**
 * What the composer holds while someone writes, and how it reaches the engine. A draft is saved
 * by itself; a post that is already scheduled changes only when the person says so, because
 * every change of it replaces what waits in the queue.
 */
import {
  api,
  ApiError,
  type Account,
  type Content,
  type ContentKind,
  type Media,
  type MediaNote,
  type PatchPostBody,
  type Post,
  type PublishBody,
} from '$lib/api';
import { house } from '$lib/house.svelte';
import { localDate, localTime } from '$lib/time';
import { dropCopy, keepCopy, readCopy } from './local-copy';
import { fieldsOf, NO_OPTIONS, optionsOf, type OptionFields } from './options';

export interface Photo {
  mediaId: string;
  alt: string;
  /** Where a program that wrote the post took it from. */
  sourceUrl?: string | null;
  /** What was changed about the file when it was added. */
  notes?: MediaNote[];
}

export type SaveState = 'idle' | 'saving' | 'saved' | 'local';
/** What submitting means: everything, only the time and content, or only words already online. */
export type Mode = 'draft' | 'scheduled' | 'online';

interface Snapshot {
  kind: ContentKind;
  title: string;
  body: string;
  hashtags: string;
  link: string;
  photos: Photo[];
  targets: string[];
  variants: Record<string, string>;
  options: OptionFields;
  when: 'now' | 'at';
  date: string;
  time: string;
}

/** « #Moules, Medoc » as a list without `#`, each once. */
export function parseHashtags(text: string): string[] {
  const tags = text
    .split(/[\s,;]+/)
    .map((tag) => tag.replace(/^#+/, ''))
    .filter(Boolean);
  return [...new Set(tags)];
}

function isSnapshot(value: unknown): value is Snapshot {
  return (
    typeof value === 'object' &&
    value !== null &&
    'body' in value &&
    'targets' in value &&
    Array.isArray(value.targets)
  );
}

export class ComposerDraft {
  id = $state<string | null>(null);
  mode = $state<Mode>('draft');
  kind = $state<ContentKind>('evergreen');
  title = $state('');
  body = $state('');
  hashtags = $state('');
  link = $state('');
  photos = $state<Photo[]>([]);
  /** Account ids. */
  targets = $state<string[]>([]);
  /** Accounts that were chosen by themselves and cannot take what is composed. */
  aside = $state<string[]>([]);
  /** Accounts about which the person decided. */
  #decided = new Set<string>();
  /** Own text per account id; absent means the common text. */
  variants = $state<Record<string, string>>({});
  options = $state<OptionFields>({ ...NO_OPTIONS });
  when = $state<'now' | 'at'>('now');
  date = $state('');
  time = $state('');
  saveState = $state<SaveState>('idle');
  savedAt = $state<Date | null>(null);
  /** What this screen does not show and must not lose. */
  #kept = $state.raw<Pick<Content, 'media_url' | 'alt_text' | 'variants'>>({});
  #saved = '';
  #queue: Promise<void> = Promise.resolve();
  #closed = false;

  readonly snapshot = $derived<Snapshot>({
    kind: this.kind,
    title: this.title,
    body: this.body,
    hashtags: this.hashtags,
    link: this.link,
    photos: this.photos.map((photo) => ({ ...photo })),
    targets: [...this.targets],
    variants: { ...this.variants },
    options: { ...this.options },
    when: this.when,
    // The day and time proposed to those who have not asked for one are no choice of theirs.
    date: this.when === 'at' ? this.date : '',
    time: this.when === 'at' ? this.time : '',
  });
  readonly text = $derived(JSON.stringify(this.snapshot));
  readonly isEmpty = $derived(
    !this.title.trim() && !this.body.trim() && this.photos.length === 0 && !this.link.trim(),
  );
  readonly content = $derived<Content>({
    title: this.title.trim() || null,
    body: this.body.trim(),
    hashtags: parseHashtags(this.hashtags),
    link: this.link.trim() || null,
    // A picture that a program named and that is not here yet: it still belongs to the post.
    media_url: this.#kept.media_url ?? null,
    alt_text: this.#kept.alt_text ?? null,
    media: this.photos.map(({ mediaId, alt, sourceUrl }) => ({
      media_id: mediaId,
      alt_text: alt.trim(),
      source_url: sourceUrl ?? null,
    })),
    options: optionsOf(this.options),
    variants: Object.fromEntries(
      Object.entries(this.variants)
        .filter(([account]) => this.targets.includes(account))
        .map(([account, text]) => [
          account,
          { ...this.#kept.variants?.[account], text: text.trim() },
        ]),
    ),
  });

  /**
   * Starts from a post of the engine. Programs may have named networks: here it is accounts. True
   * when changes that the engine never received were put over it.
   */
  load(post: Post, accounts: Account[]): boolean {
    const { content } = post;
    const ofName = (key: string) =>
      accounts.find(({ platform, is_default }) => platform === key && is_default)?.id ?? key;
    const variants = Object.fromEntries(
      Object.entries(content.variants ?? {}).map(([key, variant]) => [ofName(key), variant]),
    );
    this.#kept = { media_url: content.media_url, alt_text: content.alt_text, variants };
    this.id = post.id;
    this.kind = post.kind;
    this.title = content.title ?? '';
    this.body = content.body;
    this.hashtags = content.hashtags.map((tag) => `#${tag}`).join(' ');
    this.link = content.link ?? '';
    this.photos = content.media.map(({ media_id, alt_text, source_url }) => ({
      mediaId: media_id,
      alt: alt_text,
      sourceUrl: source_url,
    }));
    this.targets = [...post.platforms];
    for (const account of accounts) this.#decided.add(account.id);
    this.options = fieldsOf(content.options);
    this.variants = Object.fromEntries(
      Object.entries(variants).flatMap(([key, { text }]) => (text ? [[key, text]] : [])),
    );
    const online = post.deliveries.some(
      ({ state }) => state === 'published' || state === 'duplicate',
    );
    this.mode = post.state === 'draft' ? 'draft' : online ? 'online' : 'scheduled';
    if (post.schedule.at) {
      this.when = 'at';
      this.date = localDate(post.schedule.at);
      this.time = localTime(post.schedule.at);
    }
    this.#saved = this.text;
    this.saveState = 'idle';
    return this.restoreCopy();
  }

  /** Takes back what the engine never received. True when there was something. */
  restoreCopy(): boolean {
    const copy = readCopy(this.id);
    if (!isSnapshot(copy)) return false;
    // A copy from before the options has none, nor has one from before the times.
    const { when = this.when, date, time, ...rest } = copy;
    Object.assign(this, { ...rest, options: { ...NO_OPTIONS, ...copy.options }, when });
    if (when === 'at' && date && time) Object.assign(this, { date, time });
    return true;
  }

  /** Throws away what this browser kept of it. */
  forgetCopy(): void {
    dropCopy(this.id);
  }

  /** Throws away the local copy and starts from nothing. */
  clear(targets: string[]): void {
    dropCopy(this.id);
    Object.assign(this, {
      when: 'now',
      kind: 'evergreen',
      title: '',
      body: '',
      hashtags: '',
      link: '',
      photos: [],
      variants: {},
      options: { ...NO_OPTIONS },
      targets,
    });
  }

  /** False when the photo is there already: a post shows each once. */
  addPhoto(media: Media): boolean {
    return this.putPhoto({
      mediaId: media.id,
      alt: media.alt_text ?? '',
      sourceUrl: media.source_url,
      notes: media.notes ?? [],
    });
  }

  /** The same, at a place of its own. */
  putPhoto(photo: Photo, index = this.photos.length): boolean {
    if (this.photos.some(({ mediaId }) => mediaId === photo.mediaId)) return false;
    this.photos.splice(index, 0, photo);
    return true;
  }

  movePhoto(from: number, to: number): void {
    if (to < 0 || to >= this.photos.length || from === to) return;
    const [photo] = this.photos.splice(from, 1);
    if (photo) this.photos.splice(to, 0, photo);
  }

  /**
   * Takes accounts that nobody chose out of a new post while they cannot take it, and back in.
   * What the person ticked stays ticked, with its sentence.
   */
  setAside(unable: (account: string) => boolean | undefined): void {
    if (this.mode !== 'draft') return;
    const free = (account: string) => !this.#decided.has(account);
    const out = this.targets.filter((account) => free(account) && unable(account) === true);
    const back = this.aside.filter((account) => unable(account) === false);
    if (out.length === 0 && back.length === 0) return;
    this.targets = [...this.targets.filter((account) => !out.includes(account)), ...back];
    this.aside = [...this.aside.filter((account) => !back.includes(account)), ...out];
  }

  toggleTarget(account: string): void {
    this.#decided.add(account);
    this.aside = this.aside.filter((id) => id !== account);
    this.targets = this.targets.includes(account)
      ? this.targets.filter((id) => id !== account)
      : [...this.targets, account];
  }

  /** Whether the chosen time is over on the restaurant's clock. The engine decides again. */
  isPast(now: Date): boolean {
    if (this.when !== 'at' || !this.date || !this.time) return false;
    return `${this.date}T${this.time}` < `${localDate(now)}T${localTime(now)}`;
  }

  /** Keeps a local copy at once; call on every change. */
  keep(): void {
    if (this.#closed) return;
    // What was taken back while writing must not come again.
    if (this.isEmpty || this.text === this.#saved) dropCopy(this.id);
    else keepCopy(this.id, this.snapshot);
  }

  /** Sends a changed draft to the engine. Saves follow one another, never side by side. */
  save(): Promise<void> {
    this.#queue = this.#queue.then(() => this.#save());
    return this.#queue;
  }

  async #save(): Promise<void> {
    const text = this.text;
    if (this.#closed || this.mode !== 'draft' || this.isEmpty || text === this.#saved) return;
    this.saveState = 'saving';
    try {
      await this.#write();
      this.#saved = text;
      this.saveState = 'saved';
      this.savedAt = new Date();
    } catch {
      // The copy stays; the next change, or the submit, tries again and tells why.
      this.saveState = 'local';
    }
  }

  async #write(): Promise<void> {
    const body = {
      content: this.content,
      platforms: this.targets,
      kind: this.kind,
      // Only a wish as long as it is a draft, but one that should be found again.
      ...(this.when === 'at' && !this.isPast(new Date()) ? this.#time() : {}),
    };
    if (this.id === null) {
      const answer = await api.posts.publish({ ...body, draft: true } satisfies PublishBody);
      dropCopy(null);
      this.id = answer.post_id;
    } else {
      await api.posts.patch(this.id, body);
      dropCopy(this.id);
    }
  }

  /** Publishes or schedules. Throws the engine's refusal; the draft is kept either way. */
  async submit(): Promise<Post> {
    await this.#queue;
    try {
      if (this.id === null) await this.#write();
      const post = await api.posts.patch(this.id ?? '', this.#submission());
      dropCopy(this.id);
      this.#closed = true;
      return post;
    } catch (error) {
      if (error instanceof ApiError && error.postId) {
        dropCopy(null);
        this.id = error.postId;
      }
      throw error;
    }
  }

  #submission(): PatchPostBody {
    if (this.mode === 'online') return { content: this.content };
    const body = { content: this.content, platforms: this.targets, kind: this.kind };
    if (this.when === 'now') return { ...body, publish: 'now' };
    return { ...body, ...this.#time(), publish: 'schedule' };
  }

  #time(): Pick<PatchPostBody, 'scheduled_time' | 'timezone'> {
    if (!this.date || !this.time) return {};
    return { scheduled_time: `${this.date}T${this.time}:00`, timezone: house.zone };
  }

  /** No more saving: the post was submitted or the page is left for good. */
  close(): void {
    this.#closed = true;
  }
}
