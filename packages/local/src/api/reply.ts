import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);
/** Shorter bodies do not gain by it. */
const GZIP_FROM = 1024;
const GZIP_LEVEL = 5;

/** On every answer: it is what it says it is, runs nothing but the page's own files, and is shown and read by no other site. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** A body to send any number of times; its compressed form is made when somebody first takes it. */
export interface Body {
  readonly type: string;
  readonly bytes: Buffer;
  /** Of bodies that stay the same; the answers of the API are never kept by anybody. */
  readonly tag?: string;
  compressed?: Promise<Buffer>;
}

/** A body of JSON. */
export function jsonBody(value: unknown): Body {
  return { type: 'application/json; charset=utf-8', bytes: Buffer.from(JSON.stringify(value)) };
}

/** A body that can be kept and asked for again by its tag (RFC 9110, section 8.8.3). */
export function taggedBody(type: string, text: string): Body {
  const bytes = Buffer.from(text);
  return { type, bytes, tag: createHash('sha256').update(bytes).digest('base64url').slice(0, 22) };
}

/** Sends a body, compressed where the client takes that; of HEAD only the headers. */
export async function sendBody(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: Body,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const isCompressed = body.bytes.length >= GZIP_FROM && takesGzip(request);
  const tag = body.tag === undefined ? undefined : `"${body.tag}${isCompressed ? '-gzip' : ''}"`;
  const all: Record<string, string | number> = {
    ...SECURITY_HEADERS,
    'cache-control': tag === undefined ? 'no-store' : 'no-cache',
    vary: 'accept-encoding',
    ...(tag !== undefined && { etag: tag }),
    ...headers,
  };
  if (tag !== undefined && matches(request.headers['if-none-match'], tag)) {
    response.writeHead(304, all).end();
    return;
  }
  if (isCompressed) body.compressed ??= compress(body.bytes, { level: GZIP_LEVEL });
  const bytes = isCompressed ? ((await body.compressed) ?? body.bytes) : body.bytes;
  response.writeHead(status, {
    ...all,
    'content-type': body.type,
    'content-length': bytes.length,
    ...(isCompressed && { 'content-encoding': 'gzip' }),
  });
  if (request.method === 'HEAD') response.end();
  else response.end(bytes);
}

function takesGzip(request: IncomingMessage): boolean {
  const accepted = String(request.headers['accept-encoding'] ?? '').toLowerCase();
  return accepted.split(',').some((each) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(each));
}

function matches(wanted: string | undefined, tag: string): boolean {
  if (wanted === undefined) return false;
  return wanted.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === tag);
}
