/** Puts journal lines under the day they happened on, on the restaurant's clock. */
import type { JournalEntry } from '$lib/api';
import { addDays, localDate, localTime } from '$lib/time';

export interface JournalDay {
  /** « 2026-11-22 » */
  day: string;
  entries: JournalEntry[];
}

export function groupByDay(entries: JournalEntry[]): JournalDay[] {
  const days: JournalDay[] = [];
  for (const entry of entries) {
    const day = localDate(entry.at);
    const last = days.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  return days;
}

export type Period = 'all' | 'today' | 'week' | 'month';

const DAYS_BACK: Record<Exclude<Period, 'all'>, number> = { today: 0, week: 6, month: 29 };

/** The instant at which a day begins in the house zone. */
function midnight(day: string): string {
  const guess = new Date(`${day}T00:00:00Z`);
  const [hours = 0, minutes = 0] = localTime(guess).split(':').map(Number);
  const ahead = hours * 60 + minutes;
  // West of Greenwich the clock still shows the evening before.
  const offset = ahead > 14 * 60 ? ahead - 24 * 60 : ahead;
  return new Date(guess.getTime() - offset * 60_000).toISOString();
}

/** First instant of the period, or nothing for "from the beginning". */
export function periodStart(period: Period, now: Date = new Date()): string | undefined {
  return period === 'all' ? undefined : midnight(addDays(localDate(now), -DAYS_BACK[period]));
}

/** Beginnings of kinds that can be asked for. */
export const FAMILIES = ['post', 'delivery', 'account', 'settings'] as const;
export type Family = (typeof FAMILIES)[number] | 'system';

/** First word of a kind such as `post.scheduled`; it chooses the icon. */
export function family(kind: string): Family {
  const first = kind.split(/[._]/)[0];
  return FAMILIES.find((name) => name === first) ?? 'system';
}
