/** How each state looks: a tone and a sign of its own, so that colour is never the only mark. */
import Ban from '@lucide/svelte/icons/ban';
import CalendarClock from '@lucide/svelte/icons/calendar-clock';
import CalendarX from '@lucide/svelte/icons/calendar-x';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleCheck from '@lucide/svelte/icons/circle-check';
import CircleHelp from '@lucide/svelte/icons/circle-help';
import CircleSlash from '@lucide/svelte/icons/circle-slash';
import CopyCheck from '@lucide/svelte/icons/copy-check';
import Hourglass from '@lucide/svelte/icons/hourglass';
import KeyRound from '@lucide/svelte/icons/key-round';
import Package from '@lucide/svelte/icons/package';
import Pencil from '@lucide/svelte/icons/pencil';
import RotateCw from '@lucide/svelte/icons/rotate-cw';
import Search from '@lucide/svelte/icons/search';
import Send from '@lucide/svelte/icons/send';
import Share from '@lucide/svelte/icons/share';
import type { Component } from 'svelte';

import type { DeliveryState, PostState } from '$lib/api/types';

export type Tone = 'muted' | 'info' | 'ok' | 'warning' | 'danger';
export interface Look {
  tone: Tone;
  icon: Component<{ size?: number; 'aria-hidden'?: 'true'; class?: string }>;
}

export const TONES: Record<Tone, string> = {
  muted: 'bg-surface-3 text-ink-soft',
  info: 'bg-blue-soft text-blue-ink',
  ok: 'bg-green-soft text-green-ink',
  warning: 'bg-amber-soft text-amber-ink',
  danger: 'bg-red-soft text-red-ink',
};

const DELIVERY: Record<DeliveryState, Look> = {
  queued: { tone: 'info', icon: CalendarClock },
  preparing: { tone: 'info', icon: Package },
  armed: { tone: 'info', icon: Hourglass },
  sending: { tone: 'info', icon: Send },
  published: { tone: 'ok', icon: CircleCheck },
  handed_over: { tone: 'info', icon: Share },
  retry_at: { tone: 'warning', icon: RotateCw },
  needs_reauth: { tone: 'danger', icon: KeyRound },
  rejected: { tone: 'danger', icon: Ban },
  duplicate: { tone: 'muted', icon: CopyCheck },
  unknown: { tone: 'warning', icon: CircleHelp },
  reconciling: { tone: 'warning', icon: Search },
  cancelled: { tone: 'muted', icon: CircleSlash },
  expired: { tone: 'muted', icon: CalendarX },
  held: { tone: 'warning', icon: CircleHelp },
};

const POST: Record<PostState, Look> = {
  draft: { tone: 'muted', icon: Pencil },
  scheduled: { tone: 'info', icon: CalendarClock },
  publishing: { tone: 'info', icon: Send },
  published: { tone: 'ok', icon: CircleCheck },
  partial: { tone: 'warning', icon: CircleAlert },
  needs_attention: { tone: 'danger', icon: CircleAlert },
  cancelled: { tone: 'muted', icon: CircleSlash },
  expired: { tone: 'muted', icon: CalendarX },
};

export const deliveryLook = (state: DeliveryState): Look => DELIVERY[state];
export const postLook = (state: PostState): Look => POST[state];
