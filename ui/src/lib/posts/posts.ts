/** Small readings of a post that several screens share. The engine's answers stay the truth. */
import type { Account, Delivery, Post, PostState } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';

const TITLE_LENGTH = 70;

/** What to call a post in a list. */
export function postTitle(post: Pick<Post, 'content'>): string {
  const title = post.content.title?.trim();
  if (title) return title;
  return firstWords(post.content.body) || t('publications.untitled');
}

/** The start of a text on one line. */
export function firstWords(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length > TITLE_LENGTH ? `${line.slice(0, TITLE_LENGTH - 1).trimEnd()}…` : line;
}

const MOVABLE_POST: PostState[] = ['scheduled', 'needs_attention'];

/** Whether the whole post can still be given another time. What was cancelled does not hold it back. */
export function canMove(post: Post): boolean {
  const live = post.deliveries.filter(({ state }) => state !== 'cancelled');
  return (
    post.schedule.at !== null &&
    MOVABLE_POST.includes(post.state) &&
    live.length > 0 &&
    live.every(({ actions }) => actions.includes('edit')) &&
    live.every(({ state }) => state !== 'published' && state !== 'duplicate')
  );
}

/**
 * When the post leaves or left; drafts have no time. One that was published at once has no schedule:
 * its first delivery says when.
 */
export function postTime(post: Pick<Post, 'schedule' | 'state' | 'deliveries'>): string | null {
  if (post.schedule.at || post.state === 'draft') return post.schedule.at;
  return post.deliveries.map(({ due_at }) => due_at).sort()[0] ?? null;
}

/** Deliveries in the order of the connected accounts, so that networks never jump around. */
export function inAccountOrder(deliveries: Delivery[], accounts: Account[]): Delivery[] {
  const rank = new Map(accounts.map((account, index) => [account.id, index]));
  return [...deliveries].sort((a, b) => (rank.get(a.account) ?? 99) - (rank.get(b.account) ?? 99));
}
