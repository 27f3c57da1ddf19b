import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@tailrace/core';
import { path } from '@tailrace/core';
import { DEFAULTS, fieldsRead, library } from '@tailrace/dashboards';
import type { FieldColumn } from '../field-columns.ts';
import { openStore, type Store } from '../store/store.ts';
import { type ApiServer, type PageOptions, serveApi } from './server.ts';
import type { StoreReader } from './store-reader.ts';

/** An event of the fixture: `at` in Unix milliseconds, and its members by path. */
export interface TestEvent {
  readonly at: number;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

/** A store with a server over it. */
export interface TestApi {
  readonly store: Store;
  readonly server: ApiServer;
  readonly socketPath: string;
  /** The page's URL without its last slash. */
  readonly url: string;
  /** What the server has logged. */
  readonly said: string[];
  /** Puts events into the store; the streams that they are of stand at /var/log/NUMBER.log. */
  add(events: readonly TestEvent[]): Promise<void>;
  close(): Promise<void>;
}

/** How the page is served unless a test says otherwise: on any port of loopback, without a token. */
const PAGE: PageOptions = { address: '127.0.0.1:0', token: null, tls: null, allowedHosts: [] };

/** The fields that the dashboards read, each as a text or what it is calculated with. */
function columns(): FieldColumn[] {
  const reads = library
    .flatMap((dashboard) => fieldsRead(dashboard, DEFAULTS))
    .filter(({ target }) => target === 'local');
  const numeric = new Set(
    reads.filter(({ use }) => use === 'calculation' || use === 'range').map(({ field }) => field),
  );
  const names = [...new Set(reads.map(({ field }) => field))].filter((name) => name !== '@timestamp');
  return names.map((name) => ({
    name,
    steps: path(name).steps.map(String),
    type: numeric.has(name) ? ('double' as const) : ('keyword' as const),
  }));
}

/** Opens a new store and serves it; `page: null` serves only the socket, `seenAs` puts something between store and server. */
export async function testApi(
  page: Partial<PageOptions> | null = {},
  seenAs: (store: Store) => StoreReader = (store) => store,
): Promise<TestApi> {
  const fields = columns();
  const folder = await mkdtemp(join(tmpdir(), 'api-'));
  const store = await openStore({ path: join(folder, 'store.duckdb'), fields, memoryLimit: 2 ** 27, threads: 1 });
  const said: string[] = [];
  const socketPath = `${store.path}.sock`;
  const server = await serveApi({
    store: seenAs(store),
    socketPath,
    component: 'store',
    version: '1.2.3',
    log: logInto(said),
  });
  const address = page === null ? '' : await server.openPage({ ...PAGE, ...page });
  let offset = 0;
  return {
    store,
    server,
    socketPath,
    url: address.replace(/\/$/, ''),
    said,
    async add(events) {
      const first = offset;
      offset += events.length;
      await addEvents(store, fields, events, first);
    },
    async close() {
      await server.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function addEvents(
  store: Store,
  fields: readonly FieldColumn[],
  events: readonly TestEvent[],
  first: number,
): Promise<void> {
  await store.change(async (connection) => {
    await connection.run(
      "INSERT INTO streams SELECT 1, 'stream-1', 'operator', '/var/log/1.log', now() WHERE NOT EXISTS (FROM streams)",
    );
    for (const [index, { at, fields: members }] of events.entries()) {
      const names = Object.keys(members).filter((name) => fields.some((field) => field.name === name));
      const offset = (first + index) * 100;
      const places = [
        '"@timestamp"',
        '_text',
        '_stream',
        '_offset',
        '_end',
        '_sub',
        ...names.map((name) => `"${name}"`),
      ];
      const values = [JSON.stringify(textOf(members)), ...names.map((name) => members[name] ?? null)];
      const marks = `epoch_ms(${at}), ?, 1, ${offset}, ${offset + 99}, 0${', ?'.repeat(names.length)}`;
      await connection.run(`INSERT INTO logs (${places.join(', ')}) VALUES (${marks})`, values);
    }
  });
}

function textOf(members: TestEvent['fields']): object {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(members)) {
    const steps = path(name).steps.map(String);
    const last = steps.pop() ?? '';
    let place: Record<string, unknown> = event;
    for (const step of steps) {
      place[step] ??= {};
      place = place[step] as Record<string, unknown>;
    }
    place[last] = value;
  }
  return event;
}

function logInto(said: string[]): Log {
  const say = (details: object, message: string) => void said.push(`${message} ${JSON.stringify(details)}`);
  return { debug: say, info: say, warn: say, error: say };
}

/** What a request got, its body as text. */
export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request as it is said, with any `Host` and path, which `fetch` would put right. */
export function ask(url: string, options: RequestOptions = {}, body?: string): Promise<TestAnswer> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asking.on('error', reject);
    asking.end(body);
  });
}
