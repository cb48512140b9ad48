/** Puts alerts of one account together: groups with something new first, newest first inside. */
import type { Alert } from '$lib/api';

export interface AlertGroup {
  /** Account id, or `null` for what concerns the whole application. */
  account: string | null;
  unseen: number;
  alerts: Alert[];
}

export function groupAlerts(alerts: Alert[]): AlertGroup[] {
  const groups = new Map<string | null, AlertGroup>();
  for (const alert of [...alerts].sort((a, b) => b.at.localeCompare(a.at))) {
    const account = alert.account ?? null;
    const group = groups.get(account) ?? { account, unseen: 0, alerts: [] };
    group.alerts.push(alert);
    if (!alert.seen_at) group.unseen += 1;
    groups.set(account, group);
  }
  // A Map keeps insertion order, so groups of equal rank stay newest first.
  return [...groups.values()].sort((a, b) => Number(b.unseen > 0) - Number(a.unseen > 0));
}

/** Where a click on the alert leads. */
export function alertPath(alert: Alert): string | null {
  if (alert.kind === 'review_low') return '/avis';
  if (alert.post_id !== null) return `/publications/${alert.post_id}`;
  if (alert.account !== null) return `/connexions/${alert.account}`;
  return null;
}
