/** Gives a post another time: the same act for the pointer, the keyboard and the dialog. */
import { api, type Post } from '$lib/api';
import { errorText } from '$lib/errors';
import { t } from '$lib/i18n/index.svelte';
import { addDays, formatWhen } from '$lib/time';
import { toasts } from '$lib/toasts.svelte';

const UNDO_MS = 30_000;

/** A wall-clock time moved by days and minutes; a day never changes through minutes alone. */
export function shifted(local: string, days: number, minutes: number): string {
  const [hours = 0, mins = 0] = local.slice(11, 16).split(':').map(Number);
  const total = Math.min(Math.max(hours * 60 + mins + minutes, 0), 23 * 60 + 45);
  const time = `${String(Math.floor(total / 60)).padStart(2, '0')}:${String(total % 60).padStart(2, '0')}`;
  return `${addDays(local.slice(0, 10), days)}T${time}:00`;
}

/** Moves, tells, and offers to take it back. Returns whether the engine agreed; why not, is said. */
export async function movePost(
  post: Post,
  local: string,
  refused: (text: string) => void = (text) => void toasts.error(text),
): Promise<boolean> {
  const before = post.schedule.local;
  try {
    const moved = await api.posts.patch(post.id, {
      scheduled_time: local,
      timezone: post.schedule.timezone,
    });
    const when = moved.schedule.at ? formatWhen(moved.schedule.at) : '';
    const until = new Date(Date.now() + UNDO_MS);
    toasts.undo(t('publications.moved', { when }), t('common.undo'), until, async () => {
      if (!before) return;
      try {
        await api.posts.patch(post.id, {
          scheduled_time: before,
          timezone: post.schedule.timezone,
        });
      } catch (error) {
        toasts.error(errorText(error));
      }
    });
    return true;
  } catch (error) {
    refused(errorText(error));
    return false;
  }
}
