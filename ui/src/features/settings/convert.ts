/** Between the value the engine stores and the text a person types. */
import { formatNumber, i18n, t } from '$lib/i18n/index.svelte';
import type { Field } from './fields';
import type { SchemaNode } from './paths';

export type Typed = { ok: true; value: unknown } | { ok: false; text: string };

const refuse = (text: string): Typed => ({ ok: false, text });

/** At most two decimals, so that 5400 s reads « 1,5 heure » and never a long tail. */
function inUnits(stored: number, factor: number): number {
  return Math.round((stored / factor) * 100) / 100;
}

export function toText(field: Field, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (field.control.kind === 'number' && typeof value === 'number') {
    const text = String(inUnits(value, field.control.factor ?? 1));
    return i18n.language === 'fr' ? text.replace('.', ',') : text;
  }
  if (field.control.kind === 'numbers' && Array.isArray(value)) return value.join(', ');
  return String(value);
}

function readNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.'));
}

export function fromText(field: Field, typed: string, node: SchemaNode | undefined): Typed {
  const text = typed.trim();
  const { control } = field;
  switch (control.kind) {
    case 'text':
      if (text === '')
        return control.optional ? { ok: true, value: null } : refuse(t('settings.text_empty'));
      return { ok: true, value: text };
    case 'time': {
      const value = readTime(text);
      return value ? { ok: true, value } : refuse(t('settings.time_invalid'));
    }
    case 'zone':
      return isZone(text) ? { ok: true, value: text } : refuse(t('settings.zone_invalid'));
    case 'number': {
      const factor = control.factor ?? 1;
      const value = Math.round(readNumber(text) * factor);
      const min = node?.minimum ?? 0;
      const max = node?.maximum ?? Number.MAX_SAFE_INTEGER;
      if (Number.isNaN(value) || value < min || value > max) {
        return refuse(
          t('settings.number_invalid', {
            min: formatNumber(inUnits(min, factor)),
            max: formatNumber(inUnits(max, factor)),
          }),
        );
      }
      return { ok: true, value };
    }
    case 'numbers': {
      const values = text
        .split(/[,;\s]+/)
        .filter((part) => part !== '')
        .map(Number);
      const whole = values.length > 0 && values.every((n) => Number.isInteger(n) && n >= 0);
      return whole ? { ok: true, value: values } : refuse(t('settings.list_invalid'));
    }
    default:
      return { ok: true, value: typed };
  }
}

/** « 14:30 », « 14h30 », « 14 h » and « 9:05 » as the engine writes them; null for anything else. */
export function readTime(text: string): string | null {
  const found = /^(\d{1,2})\s*(?:[:hH.]\s*(\d{2})?)?$/.exec(text.replace(/[\u00a0\u202f]/g, ' '));
  const hours = Number(found?.[1] ?? 99);
  const minutes = Number(found?.[2] ?? 0);
  if (hours > 23 || minutes > 59) return null;
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('fr-FR', { timeZone: name });
    return name !== '';
  } catch {
    return false;
  }
}

/** The default in words, for « Par défaut : … ». */
export function inWords(field: Field, value: unknown): string {
  const { control } = field;
  if (typeof value === 'boolean') return t(value ? 'settings.on' : 'settings.off');
  if (control.kind === 'choice') {
    const option = control.options.find((o) => o.value === value);
    return option ? t(option.label) : String(value);
  }
  const text = toText(field, value);
  if (control.kind === 'number' && control.unit)
    return `${text} ${t(`settings.unit_${control.unit}`)}`;
  return text;
}
