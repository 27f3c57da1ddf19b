import type { ErrorCode, Verdict } from '@tailrace/core';
import { retryAfter } from '@tailrace/http';
import type { Answer, NoAnswer } from './http-client.ts';

const MAX_MESSAGE = 1000;

/**
 * What an answer of an intake means for the request as a whole; the intake does not speak of single entries. The states are those
 * of https://docs.datadoghq.com/api/latest/logs/#send-logs and https://docs.datadoghq.com/api/latest/metrics/#submit-metrics.
 */
export function judge(answer: Answer | NoAnswer): Verdict {
  if (answer.kind === 'none') return unanswered(answer);
  const { status } = answer;
  if (isAccepted(answer)) return { kind: 'done', refused: [] };
  const reason = reasonOf(answer.text);
  const message = reason ?? `status ${status}: ${excerpt(answer.text)}`;
  const afterMs = waitOf(answer);
  const when = afterMs === undefined ? {} : { afterMs };
  if (status === 401 || status === 407) return { kind: 'pause', code: 'unauthorized', message, ...when };
  if (status === 403) return { kind: 'pause', code: 'forbidden', message, ...when };
  if (status === 408) return { kind: 'retry', code: 'server_timeout', message, ...when };
  if (status === 413) return { kind: 'split', code: 'request_too_large', message };
  if (status === 429) return { kind: 'retry', code: 'server_busy', message, ...when };
  if (status >= 500) return { kind: 'retry', code: 'server_error', message, ...when };
  // Only Datadog's own word may cost events: a proxy can answer 400 too.
  if (status === 400 && reason !== undefined) return { kind: 'refused', code: 'request_refused', message };
  return {
    kind: 'retry',
    code: 'not_datadog',
    message: `status ${status}: ${reason ?? excerpt(answer.text)}`,
    ...when,
  };
}

/** 202, as the intake says it, or a success without content or with an empty object, as relays in front of it do. */
function isAccepted({ status, text }: Answer): boolean {
  if (status === 202) return true;
  return status >= 200 && status < 300 && /^\s*(?:\{\s*\}|\{\s*"status"\s*:\s*"ok"\s*\})?\s*$/.test(text);
}

function unanswered({ cause, message }: NoAnswer): Verdict {
  const codes: Record<NoAnswer['cause'], ErrorCode> = {
    aborted: 'server_timeout',
    refused: 'server_unreachable',
    tls: 'tls_failed',
  };
  return { kind: 'retry', code: codes[cause], message };
}

/**
 * Milliseconds to wait, by Retry-After (RFC 9110, 10.2.3: seconds or a date) or by X-RateLimit-Reset, seconds until the count begins
 * anew (https://docs.datadoghq.com/api/latest/rate-limits/).
 */
function waitOf({ headers }: Answer): number | undefined {
  const after = retryAfter(headers);
  if (after !== undefined) return after;
  const reset = headers['x-ratelimit-reset'];
  return typeof reset === 'string' && /^\d+$/.test(reset) ? Number(reset) * 1000 : undefined;
}

/**
 * What an error body of Datadog says: `{"errors":["…"]}` (v1, metrics) or `{"errors":[{"status":"400","title":"…","detail":"…"}]}`
 * (v2 logs); `undefined` for any other text.
 */
export function reasonOf(text: string): string | undefined {
  const { errors } = Object(parseObject(text)) as { errors?: unknown };
  if (!Array.isArray(errors)) return undefined;
  const said = errors.map((error: unknown) => (typeof error === 'string' ? error : describe(error)));
  return said.join('; ').slice(0, MAX_MESSAGE);
}

function describe(error: unknown): string {
  const { title, detail } = Object(error) as { title?: unknown; detail?: unknown };
  const parts = [title, detail].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join(': ') : JSON.stringify(error);
}

/** The beginning of a body on one line, for messages. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return 'an empty body';
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

/** The object that a text holds, if it does. */
function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
