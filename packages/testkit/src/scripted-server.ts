import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import {
  answerBulkBody,
  type BulkItemResult,
  elasticsearchSideDoor,
  isBulkPath,
  productHeader,
} from './elasticsearch-answers.ts';
import { listenOnLoopback } from './listen.ts';
import { type RawRequest, requestReader } from './request-reader.ts';

/** A request a scripted server got; `connection` and `index` count from 0, `at` is `performance.now()` in ms. */
export interface RecordedRequest extends RawRequest {
  connection: number;
  index: number;
  at: number;
  /** The body as text, unpacked when it came gzipped. */
  text: string;
}

/** What the server does with one request; `delayMs` passes before anything is sent. */
export type ScriptedAnswer =
  | { kind?: 'answer'; status: number; headers?: Record<string, string>; body?: ScriptedBody; delayMs?: number }
  /** Sends the head and the first `bytes` of the body (default half of it), then ends the connection. */
  | {
      kind: 'half';
      status: number;
      headers?: Record<string, string>;
      body: ScriptedBody;
      bytes?: number;
      delayMs?: number;
    }
  /** Resets the connection (TCP RST) without an answer. */
  | { kind: 'reset'; delayMs?: number }
  /** Ends the connection (TCP FIN) without an answer. */
  | { kind: 'close'; delayMs?: number }
  /** Never answers and keeps the connection open. */
  | { kind: 'hang' };

/** Text and bytes go out as they are, anything else as JSON. */
export type ScriptedBody = string | Uint8Array | object;

/** Answers in turn, the last one for ever, or a function of the request. */
export type Script = ScriptedAnswer[] | ((request: RecordedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>);

/** A server whose every answer the test decides. */
export interface ScriptedServer {
  url: string;
  /** All requests so far, in the order in which they were complete. */
  requests: RecordedRequest[];
  /** How many connections were opened so far. */
  connections(): number;
  /** Puts a new script in place of the running one; a list starts at its beginning. */
  play(script: Script): void;
  /** Waits until `count` requests have come in all, at most `timeoutMs` (default 10 s). */
  received(count: number, timeoutMs?: number): Promise<RecordedRequest[]>;
  stop(): Promise<void>;
}

/** Serves a script over plain HTTP/1.1 on a free loopback port, at the level of the socket. */
export async function scriptedServer(script: Script): Promise<ScriptedServer> {
  const requests: RecordedRequest[] = [];
  const stopped = new AbortController();
  let decide = decider(script);
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = connections++;
    let previous = Promise.resolve();
    socket.on('error', () => undefined); // the client may go at any time
    const onRequest = (raw: RawRequest) => {
      const request = { ...raw, connection, index: requests.length, at: performance.now(), text: textOf(raw) };
      requests.push(request);
      // Pipelined requests are answered in their order.
      previous = previous
        .then(() => decide(request))
        .then((answer) => perform(socket, request, answer, stopped.signal))
        .catch((error: unknown) => failLoudly(socket, 500, error));
    };
    readRequests(socket, onRequest);
  });
  const listening = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${listening.port}`,
    requests,
    connections: () => connections,
    play: (next) => {
      decide = decider(next);
    },
    received: (count, timeoutMs = 10_000) => waitForRequests(requests, count, timeoutMs),
    stop: () => {
      stopped.abort();
      return listening.stop();
    },
  };
}

/** A script that answers `GET /` and templates as Elasticsearch does and leaves `_bulk` to the test. */
export function elasticsearchScript(
  onBulk: (request: RecordedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
): Script {
  const sideDoor = elasticsearchSideDoor();
  return (request) => {
    if (isBulkPath(request.path)) return onBulk(request);
    const { status, body } = sideDoor(request.method, request.path, Buffer.from(request.text));
    return { status, body, headers: { ...productHeader, 'content-type': 'application/json' } };
  };
}

/** The answer to a recorded `_bulk` request, item by item; without `resultOf` every item is created. */
export function bulkAnswer(request: RecordedRequest, resultOf?: (index: number) => BulkItemResult): ScriptedAnswer {
  const { status, body } = answerBulkBody(Buffer.from(request.text), resultOf);
  return { status, body, headers: { ...productHeader, 'content-type': 'application/json' } };
}

function readRequests(socket: Socket, onRequest: (request: RawRequest) => void): void {
  const read = requestReader(onRequest, () => socket.write('HTTP/1.1 100 Continue\r\n\r\n'));
  socket.on('data', (chunk) => {
    try {
      read(chunk);
    } catch (error) {
      failLoudly(socket, 400, error);
    }
  });
}

function decider(script: Script): (request: RecordedRequest) => ScriptedAnswer | Promise<ScriptedAnswer> {
  if (typeof script === 'function') return script;
  let next = 0;
  return () => {
    const answer = script[Math.min(next++, script.length - 1)];
    if (answer === undefined) throw new Error('the script holds no answer');
    return answer;
  };
}

async function perform(
  socket: Socket,
  request: RawRequest,
  answer: ScriptedAnswer,
  signal: AbortSignal,
): Promise<void> {
  if (answer.kind === 'hang') return new Promise(() => undefined);
  if (answer.delayMs !== undefined) await sleep(answer.delayMs, undefined, { signal });
  if (answer.kind === 'close') {
    socket.end();
    return;
  }
  if (answer.kind === 'reset') {
    socket.resetAndDestroy();
    return;
  }
  const { head, body } = encode(answer);
  const isHead = request.method === 'HEAD';
  if (answer.kind === 'half') {
    const part = body.subarray(0, answer.bytes ?? body.length >> 1);
    // A reset would throw away what the client has not read yet, by chance.
    socket.end(Buffer.concat([head, part]));
    return;
  }
  socket.write(isHead ? head : Buffer.concat([head, body]));
}

function encode(answer: { status: number; headers?: Record<string, string>; body?: ScriptedBody }): {
  head: Buffer;
  body: Buffer;
} {
  const { status, headers = {}, body = '' } = answer;
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const bytes = Buffer.from(isRaw ? body : JSON.stringify(body));
  const type: Record<string, string> = isRaw ? {} : { 'content-type': 'application/json' };
  const lines = Object.entries({ ...type, 'content-length': String(bytes.length), ...headers });
  const head = `HTTP/1.1 ${status} Scripted\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return { head: Buffer.from(head, 'latin1'), body: bytes };
}

/** A script that threw, or a request that is none, must not look like a server that hangs. */
function failLoudly(socket: Socket, status: number, error: unknown): void {
  if (socket.destroyed) return;
  const { head, body } = encode({ status, body: `scripted server: ${String(error)}` });
  socket.end(Buffer.concat([head, body]));
}

function textOf(raw: RawRequest): string {
  return (raw.headers['content-encoding'] === 'gzip' ? gunzipSync(raw.body) : raw.body).toString();
}

async function waitForRequests(
  requests: RecordedRequest[],
  count: number,
  timeoutMs: number,
): Promise<RecordedRequest[]> {
  const deadline = performance.now() + timeoutMs;
  while (requests.length < count) {
    if (performance.now() > deadline)
      throw new Error(`${requests.length} of ${count} requests came within ${timeoutMs} ms`);
    await sleep(5);
  }
  return requests;
}
