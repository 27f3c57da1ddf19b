import { Client, errors, UndiciConnection } from '@elastic/elasticsearch';
import { type PluginContext, readClientTls, readProxy } from '@tailrace/core';
import { type Destination, openTunnel } from '@tailrace/http';
import { authentication, extraHeaders, nodeUrls } from './client-options.ts';
import type { ElasticsearchConfig } from './options.ts';
import { PlainTransport, TextSerializer } from './transport.ts';

/** An answer of a server, with the body as text; `headers` have lower-case names. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Why there is no answer. */
export interface NoAnswer {
  readonly kind: 'none';
  readonly cause: 'refused' | 'tls' | 'aborted';
  readonly message: string;
}

/** One request; `body` is JSON text or a bulk body. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly query?: string;
  readonly body?: string | Buffer;
  readonly gzipped?: boolean;
}

/** The client as the sink uses it: every answer is a value, whatever its status. */
export interface Connection {
  /** How many nodes there are to try. */
  readonly nodes: readonly string[];
  request(request: Request, signal: AbortSignal): Promise<Answer | NoAnswer>;
  close(): Promise<void>;
}

/** Makes a connection from the options; opens nothing. Throws {@link ConfigError} for options that cannot work. */
export function createConnection(config: ElasticsearchConfig, context: PluginContext): Connection {
  const nodes = nodeUrls(config);
  const tls = readClientTls(config.tls, nodes, context);
  const auth = authentication(config);
  const proxy = readProxy(config.proxy);
  const timeout = config.connect_timeout;
  // The client's own way through a proxy loses answers that come before the whole body was read, a 413 for one.
  const through = (url: URL) => (to: Destination, opened: Parameters<typeof openTunnel>[3]) =>
    openTunnel(url, to, { tls, timeoutMs: timeout }, opened);
  // These options go to undici's pool as they are; the client's types know only some of them.
  const agent = {
    pipelining: 1,
    headersTimeout: config.headers_timeout,
    bodyTimeout: config.body_timeout,
    connect: proxy ? through(proxy) : { timeout },
  };
  const client = new Client({
    nodes: nodes.map((url) => ({ url })),
    Transport: PlainTransport,
    Serializer: TextSerializer,
    // The other connection loses an answer that comes before the whole body was read: a 413 would be tried for ever.
    Connection: UndiciConnection,
    maxRetries: 0,
    // The runner limits the time of a request, by its signal.
    requestTimeout: 0,
    compression: false,
    enableMetaHeader: false,
    // It would copy the request into each error; nothing of that is ever printed.
    redaction: { type: 'off' },
    // Answers are short, and one that may be packed in any way could be packed in one that the client does not know.
    headers: { 'user-agent': 'tailrace', 'accept-encoding': 'identity', ...extraHeaders(config) },
    ...(Object.keys(tls).length > 0 && !proxy && { tls: { ...tls, timeout } }),
    agent,
    ...(auth && { auth }),
  });
  return {
    nodes: nodes.map((url) => url.origin),
    request: (request, signal) => perform(client, request, signal),
    close: () => client.close(),
  };
}

async function perform(client: Client, request: Request, signal: AbortSignal): Promise<Answer | NoAnswer> {
  const { method, path, query, body, gzipped } = request;
  const params = {
    method,
    path,
    ...(query !== undefined && { querystring: query }),
    ...(body !== undefined && (typeof body === 'string' ? { body } : { bulkBody: body })),
  };
  const headers = {
    ...(gzipped && { 'content-encoding': 'gzip' }),
    ...(typeof body === 'string' && { 'content-type': 'application/json' }),
  };
  try {
    const answer = await client.transport.request<string>(params, { meta: true, signal, headers });
    return { kind: 'answer', status: answer.statusCode ?? 0, headers: answer.headers ?? {}, text: textOf(answer.body) };
  } catch (error) {
    if (isOfZlib(error)) {
      return { kind: 'none', cause: 'refused', message: `its answer cannot be unpacked: ${error.message}` };
    }
    if (!(error instanceof errors.ElasticsearchClientError)) throw error;
    if (error instanceof errors.ResponseError) {
      const { statusCode, headers: received, body: text } = error.meta;
      return { kind: 'answer', status: statusCode ?? 0, headers: received ?? {}, text: textOf(text) };
    }
    return noAnswer(error, signal);
  }
}

/** The client unpacks answers, and hands on what goes wrong there as it is. */
function isOfZlib(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body).toString() : '';
}

const TLS = /certificate|\bSSL\b|\bTLS\b|\bCERT_|altnames|self.signed|unable to (?:get|verify)|handshake/i;

function noAnswer(error: Error, signal: AbortSignal): NoAnswer {
  if (signal.aborted || error instanceof errors.RequestAbortedError) {
    return { kind: 'none', cause: 'aborted', message: 'no answer in time' };
  }
  if (error instanceof errors.TimeoutError) {
    return { kind: 'none', cause: 'aborted', message: 'no answer began within headers_timeout' };
  }
  if (error.message === 'Body Timeout Error') {
    return { kind: 'none', cause: 'aborted', message: 'the answer stopped in the middle for body_timeout' };
  }
  if (/^Connect Timeout Error/.test(error.message)) {
    return { kind: 'none', cause: 'refused', message: 'no connection within connect_timeout' };
  }
  const message = error.message === '' ? 'the connection was refused' : error.message.replace(/ - Local: .*$/s, '');
  return { kind: 'none', cause: TLS.test(message) ? 'tls' : 'refused', message };
}
