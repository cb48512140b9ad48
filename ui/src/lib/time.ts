/**
 * Instants as people read them: in the restaurant's zone, whatever the computer's own zone is.
 * Times of day are never converted to instants here; the engine does that, with its rules for
 * the two odd nights of the year.
 */
import { house } from './house.svelte';
import { i18n, t } from './i18n/index.svelte';

function format(iso: string | Date, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(i18n.locale, { timeZone: house.zone, ...options }).format(
    typeof iso === 'string' ? new Date(iso) : iso,
  );
}

/** « 18:30 » */
export const formatTime = (iso: string | Date): string =>
  format(iso, { hour: '2-digit', minute: '2-digit' });

/** « vendredi 27 novembre » */
export const formatDay = (iso: string | Date): string =>
  format(iso, { weekday: 'long', day: 'numeric', month: 'long' });

/** « ven. 27 nov. » */
export const formatShortDay = (iso: string | Date): string =>
  format(iso, { weekday: 'short', day: 'numeric', month: 'short' });

/** « 27 nov. 2026, 18:30:12 », for attempts and the journal. */
export const formatExact = (iso: string | Date): string =>
  format(iso, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });

/**
 * Parts of an instant in the house zone. Joined here and never by a locale's own pattern: engines
 * disagree on those (the desktop window of some systems writes « 11/22/2026 » for en-CA).
 */
function parts(iso: string | Date): Record<string, string> {
  const found = new Intl.DateTimeFormat('en-GB', {
    timeZone: house.zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(typeof iso === 'string' ? new Date(iso) : iso);
  return Object.fromEntries(found.map(({ type, value }) => [type, value]));
}

/** The calendar day in the house zone, « 2026-11-27 ». */
export function localDate(iso: string | Date): string {
  const { year, month, day } = parts(iso);
  return `${year}-${month}-${day}`;
}

/** The wall clock in the house zone, « 18:30 », for time inputs. */
export function localTime(iso: string | Date): string {
  const { hour, minute } = parts(iso);
  return `${hour}:${minute}`;
}

export function addDays(date: string, days: number): string {
  const at = new Date(`${date}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T12:00:00Z`) - Date.parse(`${from}T12:00:00Z`)) / 86_400_000);
}

/** « aujourd’hui à 18:30 », « demain à 09:00 », « ven. 27 nov. à 18:30 ». */
export function formatWhen(iso: string, now: Date = new Date()): string {
  const time = formatTime(iso);
  const days = daysBetween(localDate(now), localDate(iso));
  if (days === 0) return t('common.today_at', { time });
  if (days === 1) return t('common.tomorrow_at', { time });
  if (days === -1) return t('common.yesterday_at', { time });
  return t('common.day_at', { day: formatShortDay(iso), time });
}

/** « dans 2 heures », « il y a 3 minutes ». */
export function formatRelative(iso: string, now: Date = new Date()): string {
  const seconds = Math.round((Date.parse(iso) - now.getTime()) / 1000);
  const relative = new Intl.RelativeTimeFormat(i18n.locale, { numeric: 'auto' });
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(seconds, 'second');
  if (size < 3600) return relative.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), 'hour');
  return relative.format(Math.round(seconds / 86_400), 'day');
}
