import type { PostOptions } from '$lib/api';

/** Splits a text into plain parts and the parts that networks show as links. For display only. */
export interface TextPart {
  text: string;
  linked: boolean;
}

const LINKED = /(https?:\/\/\S+|#[\p{L}\p{N}_]+|@[\w.-]+(?:@[\w.-]+)?)/gu;

export function textParts(text: string): TextPart[] {
  return text
    .split(LINKED)
    .map((part, index) => ({ text: part, linked: index % 2 === 1 }))
    .filter(({ text: part }) => part !== '');
}

/** « levieuxmoulin.example » of an address, for link cards. */
export function hostOf(link: string): string {
  try {
    return new URL(link).host;
  } catch {
    return link;
  }
}

export interface PreviewPhoto {
  url: string;
  alt: string;
}

export interface PreviewProps {
  name: string;
  handle: string;
  text: string;
  photos: PreviewPhoto[];
  link: string | null;
  /** For networks with a title of their own. */
  title?: string;
  /** For networks with buttons, events and offers. */
  options?: PostOptions;
}
