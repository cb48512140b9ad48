/** Wall-clock times of the restaurant as instants, for demonstration data only. */
const ZONE = 'Europe/Paris';

function offsetMinutes(at: Date): number {
  const name = new Intl.DateTimeFormat('en-US', { timeZone: ZONE, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find((part) => part.type === 'timeZoneName')?.value;
  const match = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '');
  if (!match) return 0;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3]));
}

/** « 2026-11-27T18:30 » on the restaurant's clock as an instant. */
export function instant(local: string): string {
  const guess = new Date(`${local.slice(0, 16)}:00Z`);
  return new Date(guess.getTime() - offsetMinutes(guess) * 60_000).toISOString();
}

/** An instant as the wall clock shows it, « 2026-11-27T18:30:00 ». */
export function wallClock(iso: string): string {
  const at = new Date(iso);
  return new Date(at.getTime() + offsetMinutes(at) * 60_000).toISOString().slice(0, 19);
}

/** The instant `days` from today at the given time of day. */
export function day(days: number, time: string, today: Date = new Date()): string {
  const local = wallClock(today.toISOString()).slice(0, 10);
  const at = new Date(`${local}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return instant(`${at.toISOString().slice(0, 10)}T${time}`);
}
