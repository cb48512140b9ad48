/** Times that make sense for a restaurant: before each service, in the days to come. */
import { addDays, localDate, localTime } from '$lib/time';

export interface Slot {
  date: string;
  time: string;
  /** Days from today. */
  inDays: number;
}

const TIMES = ['10:30', '18:00'];
const NOTICE_MINUTES = 20;
const COUNT = 4;

const minutes = (time: string): number => {
  const [hours = 0, mins = 0] = time.split(':').map(Number);
  return hours * 60 + mins;
};

/** The next sensible times on the restaurant's clock. */
export function nextSlots(now: Date): Slot[] {
  const today = localDate(now);
  const clock = minutes(localTime(now));
  const slots: Slot[] = [];
  for (let inDays = 0; slots.length < COUNT; inDays += 1) {
    for (const time of TIMES) {
      const soon = inDays === 0 && minutes(time) < clock + NOTICE_MINUTES;
      if (!soon && slots.length < COUNT) slots.push({ date: addDays(today, inDays), time, inDays });
    }
  }
  return slots;
}
