import { ConfigError, type RunNumbers, resolveConfig } from '@tailrace/core';
import { memoryCheckpoints, sourceContext, sourceRun } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { internalStats } from './index.ts';

const started = Date.now() - 5000;

function created(counts: () => number, options: object = {}) {
  const { context } = sourceContext();
  const runNumbers = (): RunNumbers => ({
    ...{ startedAt: started, version: '1', counts: {}, gauges: {} },
    components: [
      {
        ...{ id: 'in', type: 'file', kind: 'source', histograms: {}, discarded: [], errors: [], notReady: [] },
        counts: { received_events: counts() },
        gauges: { in_flight_events: 0 },
      },
    ],
  });
  const config = resolveConfig(internalStats.config, options);
  return internalStats.create({ config, context: { ...context, runNumbers } });
}

const deltas = (events: unknown[]) =>
  (events as { record: string; delta: { received_events: number } }[])
    .filter(({ record }) => record === 'component')
    .map(({ delta }) => delta.received_events);

test('once: one reading, with a time of its own, then the end', async () => {
  const run = sourceRun();
  await (await created(() => 3)).run(run.io);
  const events = run.events() as Record<string, unknown>[];
  expect(events.map((event) => event['record'])).toEqual(['process', 'component']);
  expect(Number(events[0]!['resident_memory_bytes'])).toBeGreaterThan(1e7);
  expect(Number(events[0]!['uptime_seconds'])).toBeGreaterThanOrEqual(5);
  expect(Math.abs(Date.parse(String(events[0]!['@timestamp'])) - Date.now())).toBeLessThan(5000);
  expect(Number(run.batches[0]!.time(0) / 1_000_000n)).toBeCloseTo(Date.now(), -4);
  expect(run.isReady()).toBe(true);
});

test('emits by the clock until it is stopped, and a successor in the same process goes on from there', async () => {
  let count = 0;
  const checkpoints = memoryCheckpoints();
  const one = sourceRun({ once: false, checkpoints });
  const running = (await created(() => ++count * 10, { interval: '1s' })).run(one.io);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  one.abort.abort();
  await running;
  expect(deltas(one.events())).toEqual([10, 10]);
  expect(new Set(one.batches.flatMap((batch) => [batch.id(0), batch.id(1)])).size).toBe(4);

  const successor = sourceRun({ checkpoints });
  await (await created(() => 25)).run(successor.io);
  expect(deltas(successor.events())).toEqual([5]);
});

test('a state in another form is left alone', async () => {
  const run = sourceRun({ checkpoints: memoryCheckpoints([['last', { version: 99, reading: 'new' }]], true) });
  await (await created(() => 25)).run(run.io);
  expect(deltas(run.events())).toEqual([25]);
});

test('an interval below a second is refused', async () => {
  await expect((async () => created(() => 0, { interval: '10ms' }))()).rejects.toThrow(ConfigError);
});
