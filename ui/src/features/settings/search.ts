/** Finds settings by words of their label or help, without minding accents or capitals. */
import { t } from '$lib/i18n/index.svelte';
import { FIELDS, type Field } from './fields';

export const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .replace(/[’']/g, ' ')
    .toLowerCase();

export function findFields(query: string): Field[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return FIELDS.filter((field) => {
    const text = plain(
      `${t(field.label)} ${field.help ? t(field.help) : ''} ${t(`settings.section_${field.section}`)}`,
    );
    return words.every((word) => text.includes(word));
  });
}
