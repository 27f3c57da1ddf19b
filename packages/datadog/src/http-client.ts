import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { openTunnel } from './tunnel.ts';

/** An answer of a server, with the body as text; `headers` have lower-case names. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Why there is no answer. */
export interface NoAnswer {
  readonly kind: 'none';
  readonly cause: 'refused' | 'tls' | 'aborted';
  readonly message: string;
}

/** One request: JSON when it has a body. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Requests over HTTP/1.1 with connections that are kept. */
export interface HttpClient {
  /** Whatever becomes of the request is a value. */
  request(request: HttpRequest, signal: AbortSignal): Promise<Answer | NoAnswer>;
  close(): void;
}

interface ClientOptions {
  readonly tls: ConnectionOptions;
  readonly proxy: URL | undefined;
  /** Milliseconds until a connection has to be open; 0: without limit. */
  readonly connectTimeout: number;
  /** Connections that are kept for later. */
  readonly kept: number;
}

/** An answer of the intake is a few hundred bytes; of a longer one the rest is not read. */
const MAX_ANSWER_BYTES = 1 << 20;
/** A longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const ABORTED: NoAnswer = { kind: 'none', cause: 'aborted', message: 'no answer in time' };

/** Makes a client; opens nothing. */
export function httpClient({ tls, proxy, connectTimeout, kept }: ClientOptions): HttpClient {
  const keep = { keepAlive: true, maxFreeSockets: kept };
  const plain = new HttpAgent(keep);
  const secure = new HttpsAgent({ ...keep, ...tls });
  if (proxy) {
    const through = (protocol: string): HttpAgent['createConnection'] => {
      return ({ host, port }, opened) => {
        const target = new URL(`${protocol}//${host}:${port}`);
        const options = { tls, timeoutMs: Math.min(connectTimeout, LONGEST_TIMER_MS) };
        openTunnel(proxy, target, options, (error, socket) => opened?.(error, socket as never));
        return undefined;
      };
    };
    plain.createConnection = through('http:');
    secure.createConnection = through('https:');
  }
  const open = ({ method, url, headers, body }: HttpRequest): ClientRequest => {
    const length = body && { 'content-type': 'application/json', 'content-length': body.length };
    const options = { method, headers: { accept: 'application/json', ...headers, ...length } };
    return url.protocol === 'https:'
      ? httpsRequest(url, { ...options, agent: secure })
      : httpRequest(url, { ...options, agent: plain });
  };
  return {
    async request(request, signal) {
      const first = await exchange(open(request), request.body, connectTimeout, signal);
      // A kept connection may have been closed by the server the moment it was used again.
      return first === STALE ? await exchange(open(request), request.body, connectTimeout, signal) : first;
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

const STALE: NoAnswer = { kind: 'none', cause: 'refused', message: 'the connection was closed by the server' };

function exchange(
  request: ClientRequest,
  body: Uint8Array | undefined,
  connectTimeout: number,
  signal: AbortSignal,
): Promise<Answer | NoAnswer> {
  return new Promise((resolve) => {
    let partial: (() => Answer) | null = null;
    const onAbort = (): void => end(ABORTED);
    const connected = connectAlarm(request, connectTimeout, () =>
      end({ kind: 'none', cause: 'refused', message: 'no connection within connect_timeout' }),
    );
    function end(answer: Answer | NoAnswer): void {
      connected();
      signal.removeEventListener('abort', onAbort);
      resolve(answer);
      // What is left of a request that was answered early must not stand before the next one.
      if (answer.kind === 'none' || !request.writableFinished) request.destroy();
    }
    function fail(error: Error): void {
      const isStale = request.reusedSocket && /ECONNRESET|EPIPE|socket hang up/.test(nameOf(error));
      // A server that answers early, with 413 for one, may close before it has read all.
      if (partial) end(partial());
      else end(isStale ? STALE : brokenOff(error));
    }
    signal.addEventListener('abort', onAbort, { once: true });
    request.on('error', fail);
    request.once('response', (response) => {
      partial = readAnswer(response, end, fail);
    });
    if (signal.aborted) onAbort();
    else request.end(body);
  });
}

/** Calls `late` unless the request has an open connection in time; answers a function that calls it off. */
function connectAlarm(request: ClientRequest, timeoutMs: number, late: () => void): () => void {
  if (timeoutMs === 0) return () => undefined;
  const timer = setTimeout(late, Math.min(timeoutMs, LONGEST_TIMER_MS));
  const off = (): void => clearTimeout(timer);
  request.once('socket', (socket) => {
    if (request.reusedSocket) off();
    else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', off);
    // A tunnel is open already.
    if (!socket.connecting && !('encrypted' in socket)) off();
  });
  return off;
}

/** Reads an answer; gives a function that says what has come of it so far. */
function readAnswer(
  response: IncomingMessage,
  done: (answer: Answer) => void,
  fail: (error: Error) => void,
): () => Answer {
  const chunks: Buffer[] = [];
  let size = 0;
  const { headers, statusCode: status = 0 } = response;
  const answer = (): Answer => ({ kind: 'answer', status, headers, text: Buffer.concat(chunks).toString() });
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) response.destroy(new Error('the answer is longer than 1 MiB'));
  });
  response.once('end', () => done(answer()));
  response.once('error', fail);
  return answer;
}

function nameOf(error: Error): string {
  return `${'code' in error ? String(error.code) : ''} ${error.message}`;
}

const TLS =
  /certificate|\bSSL\b|\bTLS\b|\bCERT_|altnames|self.signed|unable to (?:get|verify)|handshake|wrong version|EPROTO/i;

function brokenOff(error: Error): NoAnswer {
  const message = (error instanceof AggregateError ? messagesOf(error) : error.message || error.name).replace(
    /\s+/g,
    ' ',
  );
  return { kind: 'none', cause: TLS.test(message) ? 'tls' : 'refused', message };
}

/** A name with several addresses fails once for each of them. */
function messagesOf({ errors }: AggregateError): string {
  return [...new Set(errors.map((error: unknown) => (error instanceof Error ? error.message : String(error))))].join(
    ', ',
  );
}
