/** State of the engine, read once for the whole page and kept fresh by events. */
import { untrack } from 'svelte';

import { api, type Alert, type Status } from '$lib/api';
import { live } from './live.svelte';
import { Resource } from './resource.svelte';

export const status = new Resource<Status>(() => api.status());
export const alerts = new Resource<Alert[]>(() => api.alerts.list());

/** A clock for countdowns and « dans 5 minutes »: one tick for the whole page. */
class Now {
  value = $state(new Date());
}
export const now = new Now();

/** Starts the shared readings; returns how to stop them. Call inside an effect. */
export function startStatus(): () => void {
  // A cut stream is the first sign that the engine is gone, and the return of it the first that it
  // is back: both are asked about at once, so that nothing is said to be well meanwhile.
  $effect(() => {
    void live.connected;
    untrack(() => {
      void status.refresh();
      void alerts.refresh();
    });
  });
  const offStatus = live.on(
    ['status.changed', 'delivery.changed', 'account.changed', 'settings.changed'],
    () => void status.refresh(),
  );
  const offAlerts = live.on(['alert.raised', 'delivery.changed', 'account.changed'], () => {
    void alerts.refresh();
  });
  // Pauses end and the network comes back without an event when the stream itself was cut.
  const poll = setInterval(() => void status.refresh(), 60_000);
  const tick = setInterval(() => {
    now.value = new Date();
  }, 1000);
  return () => {
    offStatus();
    offAlerts();
    clearInterval(poll);
    clearInterval(tick);
  };
}
