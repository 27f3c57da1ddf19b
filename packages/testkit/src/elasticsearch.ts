import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Which server the kit script runs: Elasticsearch 7.17, 8, 9 or OpenSearch 2. */
export type ElasticsearchFlavor = 'es7' | 'es8' | 'es9' | 'os2';

/** How a node is started; `kit` is the path of the script that installs and runs it. */
export interface ElasticsearchOptions {
  kit: string;
  /** Default `es8`. */
  flavor?: ElasticsearchFlavor;
  /** Node settings, for instance `{ 'indexing_pressure.memory.limit': '10kb' }`. */
  settings?: Record<string, string>;
  /** Kept after `stop()`; without it a temporary folder lives as long as the handle, restarts included. */
  dataDir?: string;
  /** Java heap, default `512m`. */
  heap?: string;
}

/** An answer of the node: `body` is parsed when the node sent JSON, else text. */
export interface ElasticsearchAnswer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

/** What a test may do to a node it shares with others. */
export interface ElasticsearchClient {
  url: string;
  /** Sends a string or bytes as NDJSON, anything else as JSON; never throws for a status. */
  request<Body = unknown>(method: string, path: string, body?: unknown): Promise<ElasticsearchAnswer<Body>>;
  /** As `request`, but gives the body alone and throws with the node's own words from status 400 on. */
  json<Body = unknown>(method: string, path: string, body?: unknown): Promise<Body>;
}

/** A running node that belongs to the caller. It ends by itself when the calling process ends. */
export interface Elasticsearch extends ElasticsearchClient {
  dataDir: string;
  /** Ends the node cleanly and forgets its data unless `dataDir` was given; a second call does nothing. */
  stop(): Promise<void>;
  /** SIGKILL; the data stays for `restart()`. */
  kill(): Promise<void>;
  /** Ends the node if it runs and starts it again with the same URL and data. */
  restart(): Promise<void>;
}

/** Says why the kit cannot run here (no JDK, no Maven, no network); `undefined` when it can. Fetches on the first call, up to minutes. */
export async function installElasticsearch(
  kit: string,
  flavor: ElasticsearchFlavor = 'es8',
): Promise<string | undefined> {
  const result = await runKit(kit, ['install', '--flavor', flavor]);
  return result.code === 0 ? undefined : result.stderr.trim();
}

/** Starts a node on a free loopback port, 5 to 30 s; throws with the end of the node's log when it does not come up. */
export async function startElasticsearch(options: ElasticsearchOptions): Promise<Elasticsearch> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'elasticsearch-data-')));
  const start = async (port: string): Promise<string> => {
    const result = await runKit(options.kit, startArguments(options, dataDir, port));
    if (result.code !== 0) throw new Error(`Elasticsearch did not start:\n${result.stderr}`);
    const url = result.stdout.trim();
    // HTTP answers before the indices of an earlier life are readable.
    await elasticsearchClient(url).json('GET', '_cluster/health?wait_for_status=yellow&timeout=60s');
    return url;
  };
  const forget = async () => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  const url = await start('0').catch(async (error: unknown) => {
    await forget();
    throw error;
  });
  const port = new URL(url).port;
  const end = async (how: 'stop' | 'kill') => {
    const result = await runKit(options.kit, [how, '--port', port]);
    if (result.code !== 0) throw new Error(`Elasticsearch on port ${port} could not be ended:\n${result.stderr}`);
  };
  return {
    ...elasticsearchClient(url),
    dataDir,
    kill: () => end('kill'),
    async stop() {
      await end('stop');
      await forget();
    },
    async restart() {
      await end('stop');
      await start(port);
    },
  };
}

/** The client face alone, for a node that somebody else started. */
export function elasticsearchClient(url: string): ElasticsearchClient {
  const request = async <Body>(method: string, path: string, body?: unknown) => {
    const response = await fetch(new URL(path, `${url}/`), { method, ...encodeBody(body) });
    return { status: response.status, headers: response.headers, body: (await decodeBody(response)) as Body };
  };
  return {
    url,
    request,
    async json<Body>(method: string, path: string, body?: unknown) {
      const answer = await request<Body>(method, path, body);
      if (answer.status < 400) return answer.body;
      throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    },
  };
}

function startArguments(options: ElasticsearchOptions, dataDir: string, port: string): string[] {
  const settings = Object.entries(options.settings ?? {}).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const flavor = ['--flavor', options.flavor ?? 'es8', '--heap', options.heap ?? '512m'];
  return ['start', '--port', port, '--data', dataDir, '--owner', String(process.pid), ...flavor, ...settings];
}

function encodeBody(body: unknown): RequestInit {
  if (body === undefined) return {};
  if (typeof body === 'string') return { body, headers: { 'content-type': 'application/x-ndjson' } };
  if (body instanceof Uint8Array) {
    return { body: new Uint8Array(body), headers: { 'content-type': 'application/x-ndjson' } };
  }
  return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

async function decodeBody(response: Response): Promise<unknown> {
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return isJson && text !== '' ? JSON.parse(text) : text;
}

interface KitResult {
  code: number;
  stdout: string;
  stderr: string;
}

function runKit(kit: string, commandLine: string[]): Promise<KitResult> {
  return new Promise((resolve) => {
    execFile('bash', [kit, ...commandLine], (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr: stderr === '' && error !== null ? error.message : stderr });
    });
  });
}
