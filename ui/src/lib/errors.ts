/** What to tell a person when the engine refuses: by code first, else the engine's own sentence. */
import { ApiError } from './api/client';
import { maybe, pick, t } from './i18n/index.svelte';

export function errorText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('errors.unexpected');
  const known = maybe(`errors.${error.code}`);
  if (known) return known;
  if (error.detail) return pick(error.detail, error.detailEn);
  return t('errors.unexpected');
}

/** The sentence for one field of a form, when the refusal names it. */
export function fieldErrorText(error: unknown, field: string): string | null {
  if (!(error instanceof ApiError)) return null;
  const found = error.errors.find((entry) => entry.field === field);
  return found ? pick(found.detail, found.detail_en) : null;
}
