/** The sections of the settings, in reading order, and the words in their addresses. */
import Bell from '@lucide/svelte/icons/bell';
import Database from '@lucide/svelte/icons/database';
import FlaskConical from '@lucide/svelte/icons/flask-conical';
import Globe from '@lucide/svelte/icons/globe';
import House from '@lucide/svelte/icons/house';
import Info from '@lucide/svelte/icons/info';
import KeyRound from '@lucide/svelte/icons/key-round';
import Palette from '@lucide/svelte/icons/palette';
import Power from '@lucide/svelte/icons/power';
import Send from '@lucide/svelte/icons/send';
import Wrench from '@lucide/svelte/icons/wrench';
import type { Component } from 'svelte';

export type SectionId =
  | 'house'
  | 'publishing'
  | 'website'
  | 'notifications'
  | 'startup'
  | 'appearance'
  | 'data'
  | 'access'
  | 'practice'
  | 'advanced'
  | 'about';

export interface Section {
  id: SectionId;
  slug: string;
  icon: Component<{ size?: number; 'aria-hidden'?: 'true'; class?: string }>;
}

export const SECTIONS: Section[] = [
  { id: 'house', slug: 'maison', icon: House },
  { id: 'publishing', slug: 'publication', icon: Send },
  { id: 'website', slug: 'site-web', icon: Globe },
  { id: 'notifications', slug: 'notifications', icon: Bell },
  { id: 'startup', slug: 'demarrage', icon: Power },
  { id: 'appearance', slug: 'apparence', icon: Palette },
  { id: 'data', slug: 'donnees', icon: Database },
  { id: 'access', slug: 'acces', icon: KeyRound },
  { id: 'practice', slug: 'repetition', icon: FlaskConical },
  { id: 'advanced', slug: 'avance', icon: Wrench },
  { id: 'about', slug: 'a-propos', icon: Info },
];

/** Only rooms with something in them: the start-up switch belongs to this computer's window. */
export function shownSections({
  isWindow,
  practice,
}: {
  isWindow: boolean;
  practice: boolean;
}): Section[] {
  return SECTIONS.filter(
    ({ id }) => (id !== 'startup' || isWindow) && (id !== 'practice' || practice),
  );
}
