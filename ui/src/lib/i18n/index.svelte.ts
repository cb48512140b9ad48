/**
 * Texts by key, French first. One catalogue file per subject and language; a key is
 * `subject.name`. `{name}` is replaced by a parameter; a text that depends on a number has the
 * two keys `name_one` and `name_other` and is asked for as `name` with `count`.
 */
import enAlerts from './en/alerts.json';
import enCommon from './en/common.json';
import enComposer from './en/composer.json';
import enConnect from './en/connect.json';
import enConnections from './en/connections.json';
import enConversations from './en/conversations.json';
import enErrors from './en/errors.json';
import enHelp from './en/help.json';
import enJournal from './en/journal.json';
import enLogs from './en/logs.json';
import enPause from './en/pause.json';
import enPost from './en/post.json';
import enPractice from './en/practice.json';
import enPublications from './en/publications.json';
import enResults from './en/results.json';
import enSession from './en/session.json';
import enSettings from './en/settings.json';
import enStart from './en/start.json';
import enStates from './en/states.json';
import enToday from './en/today.json';
import frAlerts from './fr/alerts.json';
import frCommon from './fr/common.json';
import frComposer from './fr/composer.json';
import frConnect from './fr/connect.json';
import frConnections from './fr/connections.json';
import frConversations from './fr/conversations.json';
import frErrors from './fr/errors.json';
import frHelp from './fr/help.json';
import frJournal from './fr/journal.json';
import frLogs from './fr/logs.json';
import frPause from './fr/pause.json';
import frPost from './fr/post.json';
import frPractice from './fr/practice.json';
import frPublications from './fr/publications.json';
import frResults from './fr/results.json';
import frSession from './fr/session.json';
import frSettings from './fr/settings.json';
import frStart from './fr/start.json';
import frStates from './fr/states.json';
import frToday from './fr/today.json';

export type Language = 'fr' | 'en';

const fr = {
  alerts: frAlerts,
  common: frCommon,
  composer: frComposer,
  connect: frConnect,
  connections: frConnections,
  conversations: frConversations,
  errors: frErrors,
  help: frHelp,
  journal: frJournal,
  logs: frLogs,
  pause: frPause,
  post: frPost,
  practice: frPractice,
  publications: frPublications,
  results: frResults,
  session: frSession,
  settings: frSettings,
  start: frStart,
  states: frStates,
  today: frToday,
};
const en = {
  alerts: enAlerts,
  common: enCommon,
  composer: enComposer,
  connect: enConnect,
  connections: enConnections,
  conversations: enConversations,
  errors: enErrors,
  help: enHelp,
  journal: enJournal,
  logs: enLogs,
  pause: enPause,
  post: enPost,
  practice: enPractice,
  publications: enPublications,
  results: enResults,
  session: enSession,
  settings: enSettings,
  start: enStart,
  states: enStates,
  today: enToday,
};

export const catalogues: Record<Language, Record<string, Record<string, string>>> = { fr, en };

type Catalogues = typeof fr;
type WithoutCount<K> = K extends `${infer Base}_one` | `${infer Base}_other` ? Base : K;
export type MessageKey = {
  [
    Subject in keyof Catalogues & string
  ]: `${Subject}.${WithoutCount<keyof Catalogues[Subject] & string>}`;
}[keyof Catalogues & string];
export type Params = Record<string, string | number>;

const STORED = 'moulin.language';

function initial(): Language {
  const stored = globalThis.localStorage?.getItem(STORED);
  if (stored === 'fr' || stored === 'en') return stored;
  return 'fr';
}

class I18n {
  language = $state<Language>(initial());
  readonly locale = $derived(this.language === 'fr' ? 'fr-FR' : 'en-GB');

  set(language: Language): void {
    this.language = language;
    globalThis.localStorage?.setItem(STORED, language);
    document.documentElement.lang = language;
  }
}

export const i18n = new I18n();

function lookUp(language: Language, key: string): string | undefined {
  const dot = key.indexOf('.');
  return catalogues[language][key.slice(0, dot)]?.[key.slice(dot + 1)];
}

function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in params ? String(params[name]) : whole,
  );
}

/** The text of a key in the chosen language. */
export function t(key: MessageKey, params: Params = {}): string {
  const { language, locale } = i18n;
  const form =
    typeof params.count === 'number' ? new Intl.PluralRules(locale).select(params.count) : null;
  const text =
    (form && (lookUp(language, `${key}_${form}`) ?? lookUp(language, `${key}_other`))) ??
    lookUp(language, key) ??
    key;
  return fill(text, params);
}

/** For keys built from data of the engine, such as an error code: null when nobody wrote it. */
export function maybe(key: string, params: Params = {}): string | null {
  const text = lookUp(i18n.language, key);
  return text === undefined ? null : fill(text, params);
}

/** Chooses between the two languages of a text that the engine wrote. */
export function pick(french: string, english: string | null | undefined): string {
  return i18n.language === 'en' && english ? english : french;
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(i18n.locale).format(value);
}
