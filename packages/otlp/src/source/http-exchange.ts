import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Encoding as Format, OtlpSignal } from '@tailrace/telemetry';
import type { Admission, Hold } from './admission.ts';
import { errorBody, responseBody } from './answer.ts';
import type { Exchange } from './http-listener.ts';
import { type BodyLimits, ENCODINGS, type Encoding, encodingOf, noRoom, readBody, tooLarge } from './inflate.ts';
import type { Intake } from './intake.ts';
import { type Refused, type Reply, refused } from './reply.ts';

/** What HTTP requests are answered with. */
export interface ExchangeParts {
  readonly intake: Intake;
  readonly admission: Admission;
  readonly limits: BodyLimits;
  readonly authorize: (header: string | undefined) => Refused | null;
  readonly signal: AbortSignal;
  /** Called with each answer before it is sent. */
  onReply(reply: Reply): void;
  /** Something of ours failed. */
  onFailure(error: unknown): void;
}

/** The head of a request that may send its body. */
interface Head {
  readonly signal: OtlpSignal;
  readonly format: Format;
  readonly encoding: Encoding;
  /** What `content-length` says; 0 without it. */
  readonly length: number;
}

const PATHS: Readonly<Record<string, OtlpSignal>> = {
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
  '/v1/traces': 'traces',
};
const TYPES: Readonly<Record<string, Format>> = { 'application/x-protobuf': 'protobuf', 'application/json': 'json' };
const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** Most bytes and time, in milliseconds, that are spent on the rest of a body that nobody wants, so that its sender sees the answer. */
const UNWANTED = { bytes: 16 << 20, time: 2000 } as const;

const SHORT_REST = 1 << 20;

/** OTLP/HTTP (OTLP 1.11, "OTLP/HTTP"): one request in, one answer of its own type out. */
export function httpExchange(parts: ExchangeParts): Exchange {
  return async (request, response, proceed) => {
    const format = formatOf(request) ?? 'json';
    try {
      const head = readHead(request, parts);
      const reply = 'reason' in head ? head : await receive(request, head, proceed, parts);
      if (!reply) return;
      parts.onReply(reply);
      const signal = 'reason' in head ? 'logs' : head.signal;
      const body = reply.reason === 'accepted' ? responseBody(signal, format, reply) : errorBody(format, reply);
      if (parts.signal.aborted) response.setHeader('connection', 'close');
      send(request, response, reply, body, format);
    } catch (error) {
      parts.onFailure(error);
      if (response.headersSent) return void response.destroy();
      const reply = refused('failed', 'a fault of this collector: see its log');
      send(request, response, reply, errorBody(format, reply), format);
    }
  };
}

/** Judges what can be judged without the body. */
function readHead(request: IncomingMessage, { authorize, intake, limits }: ExchangeParts): Head | Refused {
  const path = (request.url ?? '').split('?')[0]!;
  const signal = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined;
  if (!signal)
    return refused(
      'unknown_path',
      `nothing is taken at ${path.slice(0, 100)}: send to ${Object.keys(PATHS).join(', ')}`,
    );
  if (request.method !== 'POST') return refused('wrong_method', `${request.method} is not taken here: use POST`);
  const unauthorized = authorize(request.headers.authorization);
  if (unauthorized) return unauthorized;
  const format = formatOf(request);
  if (!format) {
    const given = request.headers['content-type'] ?? 'none';
    return refused('wrong_type', `the content type is ${given.slice(0, 100)}: send ${Object.keys(TYPES).join(' or ')}`);
  }
  const encoding = encodingOf(request.headers['content-encoding']);
  if (!encoding) {
    const given = String(request.headers['content-encoding']).slice(0, 100);
    return refused('wrong_type', `the content encoding ${given} is not known: use one of ${ENCODINGS}`);
  }
  const refusal = intake.refusal(signal);
  if (refusal) return refusal;
  const length = Number(request.headers['content-length'] ?? 0);
  const limit = encoding === 'identity' ? limits.maxBytes : limits.maxCompressedBytes;
  if (length > limit) return tooLarge(limits, encoding !== 'identity');
  return { signal, format, encoding, length };
}

/** Reads the body and waits for what becomes of it; `null` when the sender has gone. */
async function receive(
  request: IncomingMessage,
  { signal, format, encoding, length }: Head,
  proceed: () => void,
  { admission, limits, intake, signal: stop }: ExchangeParts,
): Promise<Reply | null> {
  const hold = await admission.enter(length, stop);
  if (!hold) return intake.refusal(signal) ?? noRoom();
  proceed();
  const body = await bodyOf(request, encoding, limits, hold);
  if (body instanceof Uint8Array) return await intake.take({ signal, format, body, hold });
  hold.end();
  return body;
}

async function bodyOf(
  request: IncomingMessage,
  encoding: Encoding,
  limits: BodyLimits,
  hold: Hold,
): Promise<Uint8Array | Refused | null> {
  try {
    // Left open where reading stops early, so that the answer still finds its way.
    return await readBody(request.iterator({ destroyOnReturn: false }), encoding, limits, hold);
  } catch (error) {
    if (request.complete && !request.destroyed) throw error;
    return null;
  }
}

function formatOf(request: IncomingMessage): Format | undefined {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  return Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
  body: Uint8Array,
  format: Format,
): void {
  if (response.destroyed) return;
  const headers: Record<string, string | number> = {
    'content-type': CONTENT_TYPES[format],
    'content-length': body.length,
  };
  if (reply.reason !== 'accepted') addRefusal(headers, reply);
  const isReadAway = request.complete || isShortRest(request);
  if (!isReadAway) headers['connection'] = 'close';
  response.writeHead(reply.reason === 'accepted' ? 200 : reply.http, headers);
  if (isReadAway) response.end(body);
  else lastWord(request, response, body);
}

/** Whether the connection can be used again because the body, untouched so far, is short: Node reads it away after the answer. */
function isShortRest(request: IncomingMessage): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': transfer, expect } = request.headers;
  return Number(length) <= SHORT_REST && transfer === undefined && expect === undefined && !request.readableDidRead;
}

function addRefusal(headers: Record<string, string | number>, reply: Refused): void {
  if (reply.retryMs !== undefined) headers['retry-after'] = Math.ceil(reply.retryMs / 1000);
  if (reply.reason === 'wrong_method') headers['allow'] = 'POST';
  if (reply.reason === 'wrong_type') headers['accept-encoding'] = ENCODINGS;
  if (reply.reason === 'unauthorized') headers['www-authenticate'] = 'Bearer';
}

/**
 * Answers a request whose body is not read to its end. A connection closed at once would be reset, and the sender might never see the
 * answer: what it still sends is thrown away for a while.
 */
function lastWord(request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
  response.write(body);
  let unwanted = 0;
  const end = (): void => {
    clearTimeout(timer);
    request.off('data', count);
    response.end();
  };
  const count = (chunk: Uint8Array): void => {
    unwanted += chunk.length;
    if (unwanted > UNWANTED.bytes) end();
  };
  const timer = setTimeout(end, UNWANTED.time);
  request.on('data', count);
  request.once('close', end);
  request.once('end', end);
}
