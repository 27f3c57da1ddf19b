import { Agent, createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { errorAnswer, isBulkPath, type JsonAnswer, productHeader } from './elasticsearch-answers.ts';
import { type EntryRefusal, entriesOf, mergeAnswers, partBulk } from './fault-entries.ts';
import { listenOnLoopback } from './listen.ts';

/** What a server that can be reached answers in place of the target; only `_bulk` is touched. */
export type HttpFault =
  /** Requests are answered so and not handed on; `retryAfter` is sent as it stands, by RFC 9110 seconds or a date. */
  | { kind: 'status'; status: number; retryAfter?: string }
  /** Requests whose body is longer get a 413. */
  | { kind: 'too_large'; maxBytes: number }
  /** Each entry that is refused gets that status inside a 200; the others are handed on. */
  | { kind: 'entries'; refuse: EntryRefusal };

/** A request that came to a fault proxy, times in ms of `performance.now()`. */
export interface FaultedRequest {
  method: string;
  path: string;
  /** As sent, packed or not. */
  bytes: number;
  /** Entries of a `_bulk` of `create` and `index` actions; 0 for other requests and packed ones. */
  entries: number;
  at: number;
  /** 0 while it is open, and when nobody waited for its answer. */
  status: number;
  endedAt: number;
}

/** The HTTP half of a fault proxy. */
export interface HttpFaultServer {
  port: number;
  requests: FaultedRequest[];
  apply(fault: HttpFault | null): void;
  stop(): Promise<void>;
}

/** Serves HTTP on a free loopback port and hands requests on to `target` as far as the fault lets them. */
export async function httpFaultServer(target: string): Promise<HttpFaultServer> {
  const agent = new Agent({ keepAlive: true });
  const requests: FaultedRequest[] = [];
  let fault: HttpFault | null = null;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const { method = '', url: path = '' } = request;
    const entries = isBulkPath(path) && request.headers['content-encoding'] === undefined ? entriesOf(body) : 0;
    const record = { method, path, bytes: body.length, entries, at: performance.now(), status: 0, endedAt: 0 };
    requests.push(record);
    response.once('close', () => {
      record.endedAt = performance.now();
      if (response.writableFinished) record.status = response.statusCode;
    });
    const onward = (bytes: Buffer) => handOn(new URL(path, target), agent, request, bytes);
    if (fault === null || !isBulkPath(path)) await copyAnswer(await onward(body), response);
    else await answerFaulty(fault, request, body, response, onward);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(502);
      response.end(`the target did not answer: ${String(error)}`);
    });
  });
  const { port, stop } = await listenOnLoopback(server);
  return {
    port,
    requests,
    apply(next) {
      fault = next;
    },
    async stop() {
      agent.destroy();
      await stop();
    },
  };
}

type Onward = (bytes: Buffer) => Promise<IncomingMessage>;

async function answerFaulty(
  fault: HttpFault,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  onward: Onward,
): Promise<void> {
  switch (fault.kind) {
    case 'status':
      send(response, refusal(fault.status), fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter });
      return;
    case 'too_large':
      if (body.length > fault.maxBytes) send(response, refusal(413));
      else await copyAnswer(await onward(body), response);
      return;
    case 'entries': {
      const parts = partBulk(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body, fault.refuse);
      if (parts.passed.length === 0) return send(response, mergeAnswers(parts, undefined));
      const answer = await onward(parts.passed);
      const bytes = await buffer(answer);
      const passed = answer.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
      if (answer.statusCode === 200) return send(response, mergeAnswers(parts, passed.toString()));
      send(response, { status: answer.statusCode ?? 502, body: passed.toString() });
    }
  }
}

function handOn(url: URL, agent: Agent, { method, headers }: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const { 'transfer-encoding': _chunked, 'content-encoding': packing, ...kept } = headers;
  const isPacked = body[0] === 0x1f && body[1] === 0x8b;
  return new Promise((resolve, reject) => {
    const onward = openRequest(url, {
      agent,
      ...(method !== undefined && { method }),
      headers: {
        ...kept,
        host: url.host,
        'content-length': body.length,
        ...(isPacked && packing !== undefined && { 'content-encoding': packing }),
      },
    });
    onward.on('response', resolve).on('error', reject).end(body);
  });
}

async function copyAnswer(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = await buffer(answer);
  const { 'transfer-encoding': _chunked, ...headers } = answer.headers;
  response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': bytes.length });
  response.end(bytes);
}

function send(response: ServerResponse, { status, body }: JsonAnswer, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...productHeader, 'content-type': 'application/json', ...headers });
  response.end(body);
}

const TYPES: Readonly<Record<number, string>> = {
  401: 'security_exception',
  403: 'security_exception',
  413: 'content_too_long_exception',
  429: 'es_rejected_execution_exception',
};

function refusal(status: number): JsonAnswer {
  return errorAnswer(status, TYPES[status] ?? 'fault_exception', `the fault proxy answers ${status}`);
}
