import { PathError } from '@tailrace/core';
import { ReadError } from '../read/read-error.ts';

/** Every code that the API answers with, and its HTTP status (RFC 9110). */
const CODES = {
  bad_request: 400,
  bad_parameter: 400,
  bad_statement: 400,
  token_missing: 401,
  token_wrong: 401,
  foreign_origin: 403,
  not_found: 404,
  method_not_allowed: 405,
  left_out: 409,
  body_too_large: 413,
  url_too_long: 414,
  not_json: 415,
  foreign_host: 421,
  too_large: 422,
  too_many_guesses: 429,
  failed: 500,
  busy: 503,
  too_slow: 504,
} as const;

/** A code of the API. */
export type ApiCode = keyof typeof CODES;

/** An answer that is none: what, why and what to do, for the client that asked. Nothing of it may tell of the inside. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: ApiCode;
  readonly status: number;
  /** What the client needs to know beside it, such as `allow`. */
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: ApiCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.status = CODES[code];
    this.headers = headers;
  }
}

/** What a client is told of an error. Only what was made for it gets out: its own faults, and what the store says of its statement. */
export function problemOf(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  // The panel model throws it for views that make no sense, such as too many steps; paths of fields have an error of their own.
  if (error instanceof RangeError || error instanceof PathError) return new ApiProblem('bad_parameter', error.message);
  if (error instanceof ReadError && error.code !== 'failed' && error.code !== 'aborted')
    return new ApiProblem(error.code, error.message, error.code === 'busy' ? { 'retry-after': '1' } : {});
  return new ApiProblem('failed', 'this failed inside; the log of tailrace says why');
}
