import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  answerBulkBody,
  bulkActions,
  elasticsearchSideDoor,
  isBulkPath,
  type JsonAnswer,
  productHeader,
} from './elasticsearch-answers.ts';
import { countedIntake } from './intake-counts.ts';
import { listenOnLoopback } from './listen.ts';

/** What a counting server has taken in since its start or the last reset. */
export interface Counts {
  /** `_bulk` requests, or those of another intake that is known. */
  requests: number;
  /** Items of those requests. */
  events: number;
  /** Bytes of their bodies as they came over the wire. */
  wireBytes: number;
  /** Bytes of their bodies after gunzip. */
  bodyBytes: number;
  /** Milliseconds between the end of the first and of the last bulk request. */
  spanMs: number;
}

const gunzipAsync = promisify(gunzip);

/** The body of the child process: serves on a free loopback port, prints the port, ends when its stdin ends. */
export async function runCountingServer(): Promise<void> {
  const server = createServer();
  const { port } = await listenOnLoopback(server);
  const answer = countingAnswers();
  server.on('request', (request, response) => {
    void receive(request)
      .then((body) => answer(request, body))
      .catch((error: unknown): Answer => ({ status: 500, body: JSON.stringify({ error: String(error) }) }))
      .then((result) => send(response, request.method === 'HEAD' ? { ...result, body: '' } : result));
  });
  // A parent that was killed cannot say goodbye, but its end of the pipe closes.
  process.stdin.on('end', () => process.exit(0)).resume();
  process.stdout.write(`${port}\n`);
}

type Answer = JsonAnswer & { readonly contentType?: string };
type Answering = (request: IncomingMessage, wire: Buffer) => Promise<Answer>;

function countingAnswers(): Answering {
  let counts = noCounts();
  let firstAt = 0;
  const sideDoor = elasticsearchSideDoor();
  const allCreated = new Map<number, string>();
  return async (request, wire) => {
    const path = request.url ?? '/';
    const method = request.method ?? 'GET';
    if (path === '/_counts') {
      if (method === 'DELETE') counts = noCounts();
      return { status: 200, body: JSON.stringify(counts) };
    }
    const body = request.headers['content-encoding'] === 'gzip' ? await gunzipAsync(wire) : wire;
    const intake = countedIntake(path);
    if (!intake && !isBulkPath(path)) return sideDoor(method, path, body);
    const now = performance.now();
    if (counts.requests === 0) firstAt = now;
    counts.spanMs = now - firstAt;
    counts.requests += 1;
    counts.wireBytes += wire.length;
    counts.bodyBytes += body.length;
    if (intake) {
      counts.events += intake.count(body);
      return intake;
    }
    const actions = bulkActions(body) ?? [];
    counts.events += actions.length;
    return bulkAnswer(body, actions, allCreated);
  };
}

/** Bulks of one size come again and again, so their answer is made once. */
function bulkAnswer(body: Buffer, actions: string[], allCreated: Map<number, string>): JsonAnswer {
  if (actions.length === 0 || actions.some((action) => action !== 'create')) return answerBulkBody(body);
  const known = allCreated.get(actions.length);
  if (known !== undefined) return { status: 200, body: known };
  const answer = answerBulkBody(body);
  if (allCreated.size < 100) allCreated.set(actions.length, answer.body);
  return answer;
}

function noCounts(): Counts {
  return { requests: 0, events: 0, wireBytes: 0, bodyBytes: 0, spanMs: 0 };
}

async function receive(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { ...productHeader, 'content-type': answer.contentType ?? 'application/json' });
  response.end(answer.body);
}
