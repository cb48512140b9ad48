/** What the mocked API is asked and what it answers, refusals included. */
import type { Problem } from '../lib/api/types';

export interface MockRequest {
  method: string;
  /** Path with query. */
  url: string;
  body: Uint8Array | string | null;
  contentType?: string;
}
export interface MockResponse {
  status: number;
  contentType: string;
  body: Uint8Array | string;
}

export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

export function refuse(
  status: number,
  code: string,
  detail: string,
  more: Partial<Problem> = {},
): never {
  throw new Refusal({
    type: 'about:blank',
    title: detail,
    status,
    code,
    detail,
    detail_en: detail,
    ...more,
  });
}

export const json = (data: unknown, status = 200): MockResponse => ({
  status,
  contentType: status >= 400 ? 'application/problem+json' : 'application/json',
  body: JSON.stringify(data),
});
