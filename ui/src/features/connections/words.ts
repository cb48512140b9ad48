/** Says in words how an account is doing. Only wording: the engine decides the state. */
import type { Account, AccountState, Severity } from '$lib/api';
import { i18n, pick, t } from '$lib/i18n/index.svelte';
import { house } from '$lib/house.svelte';
import { addDays, formatRelative, formatTime, localDate } from '$lib/time';
import type { Tone } from '$lib/ui/states';

export const STATE_TONE: Record<AccountState, Tone> = {
  connected: 'ok',
  unverified: 'warning',
  needs_reauth: 'danger',
  blocked: 'danger',
  paused: 'muted',
  removed: 'muted',
};

export const SEVERITY_TONE: Record<Severity, Tone> = {
  ok: 'ok',
  warning: 'warning',
  error: 'danger',
};

/** « 12 mars 2027 » */
export function longDate(iso: string): string {
  return new Intl.DateTimeFormat(i18n.locale, { timeZone: house.zone, dateStyle: 'long' }).format(
    new Date(iso),
  );
}

/** How long the access lasts; "unknown" is never shown as "never". */
export function expiry(
  account: Account,
  platformName: string,
  now: Date = new Date(),
): { text: string; tone: Tone } {
  const { kind, at } = account.token_expiry;
  if (kind === 'never') return { text: t('connections.expiry_never'), tone: 'muted' };
  if (kind === 'unknown' || at === undefined) {
    return { text: t('connections.expiry_unknown', { platform: platformName }), tone: 'muted' };
  }
  const date = longDate(at);
  if (Date.parse(at) <= now.getTime())
    return { text: t('connections.expiry_past', { date }), tone: 'danger' };
  const today = localDate(now);
  const last = localDate(at);
  if (last === today)
    return { text: t('connections.expiry_today', { time: formatTime(at) }), tone: 'danger' };
  const count = Math.round((Date.parse(last) - Date.parse(today)) / 86_400_000);
  const tone: Tone =
    last <= addDays(today, 7) ? 'danger' : last <= addDays(today, 14) ? 'warning' : 'muted';
  return { text: t('connections.expiry_known', { date, count }), tone };
}

export function waiting(account: Account): string {
  return account.waiting === 0
    ? t('connections.waiting_none')
    : t('connections.waiting', { count: account.waiting });
}

/** What is planned for a time at which the access will have ended. */
export function atRisk(account: Account): string {
  return account.at_risk > 0 ? t('connections.at_risk', { count: account.at_risk }) : '';
}

export function lastCheck(account: Account, now: Date = new Date()): { text: string; tone: Tone } {
  const check = account.last_check;
  if (!check) return { text: t('connections.checked_never'), tone: 'muted' };
  const when = formatRelative(check.at, now);
  // It was before the trouble that is shown beside it.
  if (check.ok && ['needs_reauth', 'blocked'].includes(account.state)) {
    return { text: t('connections.checked', { when }), tone: 'muted' };
  }
  const clean = check.ok && check.findings.every((finding) => finding.severity === 'ok');
  return clean
    ? { text: t('connections.checked_ok', { when }), tone: 'ok' }
    : { text: t('connections.checked_problem', { when }), tone: 'warning' };
}

export interface Trouble {
  tone: 'danger' | 'warning';
  title: string;
  detail: string;
  next: string;
  /** A new access is the remedy. */
  reconnect: boolean;
}

/** What is wrong, or soon will be, and the one thing to do; nothing when all is well. */
export function trouble(
  account: Account,
  platformName: string,
  now: Date = new Date(),
): Trouble | null {
  const { state, problem } = account;
  if (state === 'paused' || state === 'removed') return null;
  const reconnect = state === 'needs_reauth';
  if (problem) {
    return {
      tone: 'danger',
      title: pick(problem.title, problem.title_en),
      detail: pick(problem.detail, problem.detail_en),
      next: pick(problem.next_step, problem.next_step_en),
      reconnect,
    };
  }
  if (state !== 'connected') {
    return {
      tone: state === 'unverified' ? 'warning' : 'danger',
      title: t(`states.account_${state}`),
      detail: t(`connections.state_text_${state}`, { platform: platformName }),
      next: '',
      reconnect,
    };
  }
  const ends = expiry(account, platformName, now);
  if (ends.tone !== 'danger') return null;
  return {
    tone: 'warning',
    title: ends.text,
    detail: [t('connections.ends_soon'), atRisk(account)].filter(Boolean).join(' '),
    next: '',
    reconnect: true,
  };
}
