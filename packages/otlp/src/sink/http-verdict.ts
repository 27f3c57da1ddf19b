import type { ErrorCode, Verdict } from '@tailrace/core';
import { retryAfter } from '@tailrace/http';
import { type Encoding, type PartialSuccess, type RpcStatus, readResponse, readStatus } from '@tailrace/telemetry';
import type { HttpReply, StrangerReply } from './transport.ts';
import { accepted, allRefused, type Judgement, notServed, type Sent, shorten } from './verdict.ts';

/** The only statuses after which a request may be sent again (OTLP 1.11, “Retryable Response Codes”). */
const RETRYABLE: Readonly<Record<number, ErrorCode>> = {
  429: 'server_busy',
  502: 'server_error',
  503: 'server_error',
  504: 'server_error',
};
const NOTHING_SAID: PartialSuccess = { rejected: 0n, message: '' };

/** Reads the answer to an export request over HTTP (OTLP 1.11, “OTLP/HTTP Response”). */
export function judgeHttp(reply: HttpReply, sent: Sent): Judgement {
  if (reply.status >= 200 && reply.status < 300) return taken(reply, sent);
  return { verdict: notTaken(reply, sent) };
}

function taken(reply: HttpReply, sent: Sent): Judgement {
  if (isPage(reply)) return { verdict: stranger(reply) };
  return accepted(sent, responseOf(reply, sent) ?? notUnderstood(reply));
}

/** A success must not be sent again, so all that can be done is to say it. */
function notUnderstood(reply: HttpReply): PartialSuccess {
  const message = `it answers ${reply.status} with what is no OTLP response: ${excerpt(reply)}`;
  return { rejected: 0n, message };
}

function responseOf(reply: HttpReply, { signal }: Sent): PartialSuccess | undefined {
  if (reply.unreadable !== undefined) return undefined;
  if (reply.body.length === 0) return NOTHING_SAID;
  try {
    return readResponse(signal, reply.body, encodingOf(reply));
  } catch {
    return undefined;
  }
}

function notTaken(reply: HttpReply, sent: Sent): Verdict {
  const { status } = reply;
  const said = statusOf(reply);
  const message = `status ${status}: ${said?.message ? shorten(said.message) : excerpt(reply)}`;
  const afterMs = retryAfter(reply.headers) ?? said?.retryAfterMs;
  const when = afterMs === undefined ? {} : { afterMs };
  const retryable = RETRYABLE[status];
  if (retryable) return { kind: 'retry', code: retryable, message, ...when };
  if (status === 401) return { kind: 'pause', code: 'unauthorized', message, ...when };
  if (status === 403) return { kind: 'pause', code: 'forbidden', message, ...when };
  if (status === 413) return { kind: 'split', code: 'request_too_large', message };
  if (status < 400) return redirected(reply);
  if (status === 404 || status === 405 || status === 415) return notServed(sent, message);
  // Only the word of a receiver may cost events: a web server answers 400 to whom it takes for a browser.
  if (status === 400 && isPage(reply)) return stranger(reply);
  if (status === 400) return { kind: 'refused', code: 'request_refused', message };
  return allRefused(sent, { retry: false, code: 'request_refused', message });
}

/** It sends requests on to another place; where to is for a person to look at. */
export function redirected({ status, headers }: Pick<StrangerReply, 'status' | 'headers'>): Verdict {
  const to = typeof headers['location'] === 'string' ? ` to ${shorten(headers['location'], 200)}` : '';
  const message = `status ${status}: it sends requests on${to}: correct the URL`;
  return { kind: 'pause', code: 'not_otlp', message };
}

function stranger(reply: HttpReply): Verdict {
  return { kind: 'pause', code: 'not_otlp', message: `status ${reply.status} with a web page: ${excerpt(reply)}` };
}

function isPage({ headers, body }: HttpReply): boolean {
  return /^text\/html\b/.test(String(headers['content-type'])) || /^\s*<(?:!doctype|html)/i.test(textOf(body, 50));
}

/** The answer comes in the request's form, but what stands between may answer in its own. */
function encodingOf({ headers }: HttpReply): Encoding {
  return /^application\/(?:.+\+)?json\b/.test(String(headers['content-type'])) ? 'json' : 'protobuf';
}

function statusOf(reply: HttpReply): RpcStatus | undefined {
  if (!/^application\/(?:x-protobuf|protobuf|json)\b/.test(String(reply.headers['content-type']))) return undefined;
  try {
    return readStatus(reply.body, encodingOf(reply));
  } catch {
    return undefined;
  }
}

function excerpt({ body, unreadable }: HttpReply): string {
  const line = shorten(textOf(body, 1000), 200);
  return unreadable ?? (line === '' ? 'an empty body' : line);
}

function textOf(body: Uint8Array, bytes: number): string {
  return Buffer.from(body.buffer, body.byteOffset, Math.min(bytes, body.byteLength)).toString();
}
