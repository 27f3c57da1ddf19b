import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@tailrace/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReadError } from '../read/read-error.ts';
import { arrivalsOf, type TestEvent } from './arrivals.fixture.ts';
import { type Retention, startRetention } from './retention.ts';
import { openStore, type Store } from './store.ts';
import type { Bounds } from './trim.ts';

const MIB = 1024 ** 2;
const HOUR = 3_600_000;
const said: string[] = [];
const log: Log = { debug() {}, info: (_, text) => void said.push(text), warn() {}, error() {} };
let folder: string;
let store: Store;
let retention: Retention;
let gauges: Map<string, number>;
let troubles: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tailrace-retention-'));
  said.length = 0;
  gauges = new Map();
  troubles = [];
});
afterEach(async () => {
  await retention.stop();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(maxBytes: number): Promise<void> {
  store = await openStore({
    ...{ path: join(folder, 'store.duckdb'), fields: [], memoryLimit: 128 * MIB, threads: 2, log },
    logBytes: maxBytes / 32,
  });
}

function retain(bounds: Bounds): void {
  retention = startRetention(store, bounds, {
    log,
    gauge: (name, _, value, { reason } = {}) => void gauges.set(`${name} ${reason}`, value),
    notReady: (_, reason) => void (reason !== null && troubles.push(reason)),
  });
}

const numbers = async (sql: string) =>
  (await store.read(sql, { rows: 1000, milliseconds: 30_000 })).rows.map((row) => row.map(Number));

/** Events that hardly compress, one a millisecond. */
function events(from: number, count: number, start: number): TestEvent[] {
  const bytes = randomBytes(300 * count).toString('base64');
  return Array.from({ length: count }, (_, k) => ({
    ...{ offset: from + k, time: start + from + k, event: { text: bytes.slice(400 * k, 400 * (k + 1)) } },
  }));
}

/** The largest size of file and log together while it runs. */
async function largest(work: () => Promise<void>): Promise<number> {
  let most = 0;
  let going = true;
  const size = (path: string) =>
    stat(path).then(
      (found) => found.size,
      () => 0,
    );
  const watching = (async () => {
    while (going) {
      most = Math.max(most, (await size(store.path)) + (await size(`${store.path}.wal`)));
      await sleep(3);
    }
  })();
  await work();
  going = false;
  await watching;
  return most;
}

test.each([
  ['nobody reads', false],
  ['readers take turns all the time', true],
])(
  'under endless writing the file stays within its bound, and the newest data stays: %s',
  async (_, isRead) => {
    const maxBytes = 32 * MIB;
    const [batch, batches] = [2500, 64];
    await open(maxBytes);
    retain({ maxAge: 1000 * 24 * HOUR, maxBytes });
    const start = Date.now() - HOUR;
    let going = isRead;
    const readers = Array.from({ length: 3 }, async () => {
      while (going) {
        const count = numbers("SELECT count(*), count(DISTINCT length(_text)) FROM logs WHERE _text LIKE '%a%b%'");
        // On a slow machine a read can take too long for the bound; it is told.
        await count.catch((error: ReadError) => expect(error.code).toBe('busy'));
      }
    });
    const most = await largest(async () => {
      for (let k = 0; k < batches; k++) await store.append(arrivalsOf(events(k * batch, batch, start)));
    });
    going = false;
    await Promise.all(readers);
    await retention.stop();
    const total = batch * batches;
    const [[rows, first, last]] = (await numbers('SELECT count(*), min(_offset), max(_offset) FROM logs')) as [
      number[],
    ];
    expect(most).toBeLessThanOrEqual(maxBytes);
    expect(last).toBe(total - 1);
    // What stays is the newest without a gap.
    expect(rows).toBe(total - first!);
    // 300 bytes of each cannot be compressed away; at least an eighth of the bound holds data.
    expect(rows! * 300).toBeGreaterThan(maxBytes / 8);
    expect(gauges.get('store_deleted_events size')).toBe(first);
    expect(said).toEqual([expect.stringMatching(/has reached its size/)]);
    expect(troubles).toEqual([]);
  },
  60_000,
);

test('what is too old goes, and streams without an event left with what is known of them', async () => {
  await open(64 * MIB);
  const now = Date.now();
  const old = { stream: 'old-stream-12345', time: now - 2 * HOUR };
  const mixed = 'mixed-stream-123';
  await store.append(
    arrivalsOf([
      ...Array.from({ length: 50 }, (_, offset) => ({ ...old, offset })),
      ...Array.from({ length: 50 }, (_, offset) => ({
        stream: mixed,
        offset,
        time: now - 2 * HOUR + ((offset + 0.5) * HOUR) / 25,
      })),
    ]),
  );
  retain({ maxAge: HOUR, maxBytes: 64 * MIB });
  await expect.poll(() => store.counts().logs, { timeout: 20_000 }).toBe(25);
  expect(await numbers('SELECT count(*), min(_offset) FROM logs')).toEqual([[25, 25]]);
  const streams = await store.read('SELECT id, "from", "to" FROM streams JOIN held ON stream = number', {
    rows: 9,
    milliseconds: 9000,
  });
  expect(streams.rows).toEqual([[mixed, 0, 50]]);
  expect(gauges.get('store_deleted_events age')).toBe(75);
  expect(said).toEqual([]);
  // What is known of the others still holds.
  const again = [
    { stream: mixed, offset: 3, time: now },
    { stream: mixed, offset: 49, time: now },
    { stream: mixed, offset: 50, time: now },
  ];
  expect(await store.append(arrivalsOf(again))).toMatchObject({ stored: 1, duplicates: 2 });
  expect(await store.append(arrivalsOf([{ ...old, offset: 7, time: now }]))).toMatchObject({ stored: 1 });
  await retention.stop();
}, 60_000);

test('events of one and the same time go in the order in which they came', async () => {
  const maxBytes = 16 * MIB;
  await open(maxBytes);
  const batch = 10_000;
  const time = Date.now();
  for (let k = 0; k < 4; k++) {
    await store.append(arrivalsOf(events(k * batch, batch, 0).map((event) => ({ ...event, time }))));
  }
  retain({ maxAge: HOUR, maxBytes });
  await expect.poll(() => store.counts().logs, { timeout: 20_000 }).toBeLessThan(4 * batch);
  await retention.stop();
  const [[rows, first, last]] = (await numbers('SELECT count(*), min(_offset), max(_offset) FROM logs')) as [number[]];
  expect(rows).toBe(4 * batch - first!);
  expect(rows).toBeGreaterThan(batch);
  expect(last).toBe(4 * batch - 1);
}, 60_000);
