import { LogBatch, type Outcome, type Sink, type Verdict } from '@tailrace/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { balance, type ComponentStats, componentStats } from '../../stats.ts';
import { batchMaker, done, numbered, quiet, sinkDefaults, testFolder } from '../../test-pipeline.ts';
import { type SinkDriver, sinkDriver } from '../driver.ts';
import { until } from './opened-queue.fixture.ts';
import { type QueueFolders, queueFolders } from './queue-folders.ts';
import { diskFs, type QueueFs } from './queue-fs.ts';

const folder = testFolder({ beforeEach, afterEach });
const encoder = new TextEncoder();
const settings = { ...sinkDefaults, queue: { type: 'disk', max_bytes: 1e6, when_full: 'block' } } as const;
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const make = batchMaker({ componentId: 'in', newBatch: (events, columns) => LogBatch.fromSource(events, columns) });

/** A driver with a disk queue, as a reload makes it: its queue is prepared while the one before it runs. */
async function driven(
  queues: QueueFolders,
  stats: ComponentStats,
  answer: () => Verdict,
  got: string[],
  notReady: (subject: string, reason: string | null) => void = () => undefined,
): Promise<() => SinkDriver> {
  const sink: Sink = {
    limits: { bytes: 1000, events: 10, waitMs: 5 },
    maxInFlight: 2,
    encode(batch, from, to, out) {
      for (let i = from; i < to; i++) if (!out.append(encoder.encode(batch.text(i)))) return i;
      return to;
    },
    send(body) {
      const verdict = answer();
      if (verdict.kind === 'done')
        for (let entry = 0; entry < body.entries; entry++) got.push(String(body.position(entry).offset));
      return Promise.resolve(verdict);
    },
  };
  const openQueue = await queues.prepare('out', settings.queue);
  const deadLetters = {
    add: () => expect.unreachable(),
    room: () => null,
    written: 0,
    close: () => Promise.resolve(),
    abandon: () => undefined,
  };
  return () => sinkDriver({ sink, openQueue, settings, stats, deadLetters, notReady });
}

it('a driver goes on with the queue of the one before it: nothing is lost, doubled or counted twice', async () => {
  const queues = queueFolders(folder.path, quiet);
  const stats = componentStats('out', 'script', 'sink');
  const got: string[] = [];
  const refused: Verdict = { kind: 'retry', code: 'server_unreachable', message: 'refused' };
  const outcomes: Promise<Outcome>[] = [];
  const put = (to: SinkDriver, count: number): void => {
    const batch = make(numbered(count));
    outcomes.push(batch.lineage.tickets[0]!.settled);
    void to.put(batch);
  };
  let current = (await driven(queues, stats, () => refused, got))();
  let running = current.run();
  for (let k = 0; k < 20; k++) put(current, 7);
  for (let exchange = 0; exchange < 5; exchange++) {
    await pauseMs(20);
    const open = await driven(queues, stats, exchange === 4 ? () => done : () => refused, got);
    const handedOn: unknown[] = [];
    await current.retire((batch) => handedOn.push(batch));
    put(current, 3);
    const ended = running;
    current = open();
    running = current.run();
    // It takes events before it has the folder.
    put(current, 5);
    await ended;
    expect(handedOn).toEqual([]);
    expect(balance(stats)).toBe(0);
  }
  current.drain(new AbortController().signal);
  await running;
  expect(got).toHaveLength(new Set(got).size);
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['delivered']));
  expect(got).toHaveLength(20 * 7 + 5 * 3 + 5 * 5);
  expect([stats.inFlight, balance(stats), stats.sent - (stats.received + stats.recovered - stats.returned)]).toEqual([
    0, 0, 0,
  ]);
});

it('a queue whose folder was prepared twice is opened by one after the other', async () => {
  const queues = queueFolders(folder.path, quiet);
  const stats = componentStats('out', 'script', 'sink');
  const got: string[] = [];
  const first = await driven(queues, stats, () => done, got);
  const second = await driven(queues, stats, () => done, got);
  const a = first();
  const b = second();
  const runs = [a.run(), b.run()];
  void a.put(make(numbered(4)));
  void b.put(make(numbered(4)));
  await until(() => got.length >= 4);
  await pauseMs(10);
  expect(got).toHaveLength(4);
  a.drain(new AbortController().signal);
  await runs[0];
  b.drain(new AbortController().signal);
  await runs[1];
  expect(got).toHaveLength(8);
});

it('a driver whose folder cannot be opened says why, and ends when it is told to', async () => {
  let isBroken = false;
  const failing: QueueFs = {
    ...diskFs,
    list: (path) => (isBroken ? Promise.reject(new Error('EMFILE: too many open files')) : diskFs.list(path)),
  };
  const queues = queueFolders(folder.path, quiet, failing);
  const stats = componentStats('out', 'script', 'sink');
  const reasons: (string | null)[] = [];
  const first = (await driven(queues, stats, () => done, []))();
  const second = await driven(
    queues,
    stats,
    () => done,
    [],
    (_, reason) => reasons.push(reason),
  );
  const running = first.run();
  first.drain(new AbortController().signal);
  await running;
  isBroken = true;
  const driver = second();
  const ended = driver.run();
  const batch = make(numbered(3));
  void driver.put(batch);
  await until(() => reasons.length > 0);
  driver.abort();
  await ended;
  expect(reasons).toEqual(['queue_failed: EMFILE: too many open files; sources wait']);
  expect(await batch.lineage.tickets[0]!.settled).toBe('errored');
  expect([balance(stats), stats.inFlight, stats.returned]).toEqual([0, 0, 3]);
});
