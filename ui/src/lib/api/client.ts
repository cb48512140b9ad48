/** One request to the engine: JSON in, JSON out, every refusal an `ApiError` with a stable code. */
import { platform, type ApiResponse, type Method } from '$lib/platform';
import type { FieldError, Problem } from './types';

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly detailEn: string;
  readonly errors: FieldError[];
  /** Id of the draft that the engine kept although it refused. */
  readonly postId: string | null;
  /** Id of the post that is planned already, which is why the engine refused. */
  readonly twin: string | null;

  constructor(problem: Partial<Problem> & { status: number; code: string }) {
    super(problem.code);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail ?? '';
    this.detailEn = problem.detail_en ?? this.detail;
    this.errors = problem.errors ?? [];
    this.postId = problem.post_id ?? null;
    this.twin = twinOf(this.errors);
  }
}

function twinOf(errors: FieldError[]): string | null {
  for (const { code, values } of errors) {
    if (code === 'already_planned' && typeof values?.post_id === 'string') return values.post_id;
  }
  return null;
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query;
  body?: unknown;
  /** A JSON file, sent as it was written instead of `body`: a refusal then names its lines. */
  text?: string;
  headers?: Record<string, string>;
}

const listeners = new Set<() => void>();

/** Runs when the engine answers that nobody is logged in. */
export function onUnauthorized(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') params.set(key, String(value));
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

function parse(body: string): unknown {
  if (body === '') return null;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return null;
  }
}

/** Turns an answer of the engine into its data, or throws. */
export function unwrap<T>(response: ApiResponse): T {
  const data = parse(response.body);
  if (response.status >= 200 && response.status < 300) return data as T;
  const problem = (data ?? {}) as Partial<Problem>;
  if (response.status === 401) for (const listener of listeners) listener();
  throw new ApiError({
    ...problem,
    status: response.status,
    code: problem.code ?? `http_${response.status}`,
  });
}

export async function request<T>(
  method: Method,
  path: string,
  { query, body, text, headers = {} }: RequestOptions = {},
): Promise<T> {
  let response: ApiResponse;
  const sent = text ?? (body === undefined ? null : JSON.stringify(body));
  try {
    response = await platform.request({
      method,
      path: withQuery(path, query),
      headers:
        sent === null
          ? { accept: 'application/json', ...headers }
          : { accept: 'application/json', 'content-type': 'application/json', ...headers },
      body: sent,
    });
  } catch {
    throw new ApiError({ status: 0, code: 'unreachable' });
  }
  return unwrap<T>(response);
}

/** Root of the communication routes. */
export const ROOT = '/api/communication';
