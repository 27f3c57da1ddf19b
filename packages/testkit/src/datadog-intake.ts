import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { logsRoute, type TakenLog, type TakenLogs, takenLogs } from './datadog-logs-rules.ts';
import { type IntakeAnswer, type IntakeRoute, refusal } from './datadog-route.ts';
import { listenOnLoopback } from './listen.ts';
import { type RawRequest, requestReader } from './request-reader.ts';

/** One request and what became of it. */
export interface IntakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes as they came, packed or not. */
  readonly packed: Buffer;
  readonly status: number;
}

/** A server that refuses what Datadog documents to refuse, so that a sink can be tested without the service. */
export interface DatadogIntake {
  readonly url: string;
  readonly requests: IntakeRequest[];
  /** The logs that were taken. */
  readonly logs: TakenLogs;
  /** Answers the next requests so, before any rule is looked at; `reset` breaks the connection instead. */
  fault(...answers: readonly (IntakeAnswer | 'reset')[]): void;
  /** Waits until `count` requests have come, at most 10 s. */
  received(count: number): Promise<IntakeRequest[]>;
  stop(): Promise<void>;
}

interface IntakeOptions {
  /** The key that is known; `key` unless set. */
  readonly key?: string;
  /** Where it listens; a free port unless set. */
  readonly port?: number;
  /** Paths beside that of the logs. */
  readonly routes?: readonly IntakeRoute[];
  /** Says why a log is malformed, beside what Datadog says. */
  readonly refuses?: (log: TakenLog) => string | undefined;
}

/** Starts a stand-in for Datadog on a free loopback port. */
export async function datadogIntake({
  key = 'key',
  port: wanted = 0,
  routes = [],
  refuses = () => undefined,
}: IntakeOptions = {}): Promise<DatadogIntake> {
  const requests: IntakeRequest[] = [];
  const logs = takenLogs();
  const known = [logsRoute(logs, refuses), VALIDATE, ...routes];
  const faults: (IntakeAnswer | 'reset')[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined); // the client may go at any time
    const onRequest = (raw: RawRequest): void => {
      const answer = faults.shift() ?? answerTo(raw, key, known);
      const { method, path, headers, body } = raw;
      requests.push({ method, path, headers, packed: body, status: answer === 'reset' ? 0 : answer.status });
      if (answer === 'reset') socket.resetAndDestroy();
      else write(socket, answer);
    };
    const read = requestReader(onRequest, () => socket.write('HTTP/1.1 100 Continue\r\n\r\n'));
    socket.on('data', read);
  });
  const { port, stop } = await listenOnLoopback(server, wanted);
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    logs,
    fault: (...answers) => void faults.push(...answers),
    received: (count) => waitFor(requests, count),
    stop,
  };
}

/** https://docs.datadoghq.com/api/latest/authentication/#validate-api-key */
const VALIDATE: IntakeRoute = {
  method: 'GET',
  path: /^\/api\/v1\/validate$/,
  encodings: [],
  answer: () => ({ status: 200, body: { valid: true } }),
};

function answerTo(raw: RawRequest, key: string, routes: readonly IntakeRoute[]): IntakeAnswer {
  const path = raw.path.split('?')[0] ?? '';
  const isLogs = path === '/api/v2/logs';
  const at = routes.filter((route) => route.path.test(path));
  const route = at.find(({ method }) => method === raw.method);
  if (!route) return at.length > 0 ? refusal(405, 'Method Not Allowed') : refusal(404, 'Not Found');
  // https://docs.datadoghq.com/api/latest/logs/#send-logs: 401 without a key, 403 with one that is not known.
  const sent = raw.headers['dd-api-key'];
  if (sent === undefined || sent === '') return refusal(401, 'Unauthorized', isLogs);
  if (sent !== key) return refusal(403, 'Forbidden', isLogs);
  if (route.method === 'GET') return route.answer({ path, headers: raw.headers, packed: raw.body, body: raw.body });
  // The same page: the body is `application/json`; the other types that it names are not what this product sends.
  if (!/^application\/json\b/.test(raw.headers['content-type'] ?? ''))
    return refusal(400, `content-type ${raw.headers['content-type']} is not application/json`, isLogs);
  if (raw.body.length > (route.maxPackedBytes ?? Number.POSITIVE_INFINITY))
    return refusal(413, `${raw.body.length} bytes, packed`, isLogs);
  const body = unpack(raw, route.encodings);
  if (!body) return refusal(400, `the body is not ${raw.headers['content-encoding']}`, isLogs);
  if (body.length > (route.maxBytes ?? Number.POSITIVE_INFINITY))
    return refusal(413, `${body.length} bytes, unpacked`, isLogs);
  return route.answer({ path, headers: raw.headers, packed: raw.body, body });
}

function unpack({ headers, body }: RawRequest, encodings: readonly string[]): Buffer | undefined {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (!encodings.includes(encoding)) return undefined;
  try {
    if (encoding === 'gzip') return gunzipSync(body);
    if (encoding === 'deflate') return inflateSync(body);
    return encoding === 'zstd' || encoding === 'zstd1' ? zstdDecompressSync(body) : body;
  } catch {
    return undefined;
  }
}

function write(socket: Socket, { status, body = {}, headers = {} }: IntakeAnswer): void {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const lines = Object.entries({
    'content-type': 'application/json',
    'content-length': String(bytes.length),
    ...headers,
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Intake\r\n${head}\r\n`, 'latin1'), bytes]));
}

async function waitFor(requests: IntakeRequest[], count: number): Promise<IntakeRequest[]> {
  const deadline = performance.now() + 10_000;
  while (requests.length < count) {
    if (performance.now() > deadline) throw new Error(`${requests.length} of ${count} requests came within 10 s`);
    await sleep(5);
  }
  return requests;
}
