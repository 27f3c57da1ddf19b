import { type LogBatch, RecordBatch } from '@tailrace/core';
import { batchOf, sinkRun } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { blackhole } from './blackhole.ts';

const DONE = { kind: 'done', refused: [] };
const some = (count: number): LogBatch => batchOf(Array.from({ length: count }, (_, n) => ({ n })));

function points(count: number): RecordBatch<'metrics'> {
  const column = () => new Float64Array(count);
  const text = new Uint8Array(3 * count);
  const start = Uint32Array.from({ length: count }, (_, i) => 3 * i);
  const end = start.map((at) => at + 3);
  const stream = { id: 'k3J9k3J9k3J9k3J9', source: 's', label: 's', firstSeen: 0, replayBelow: 0 };
  return RecordBatch.fromSource(
    'metrics',
    { text, start, end, length: count, envelopes: [new Uint8Array(1)], envelope: new Uint32Array(count) },
    {
      streams: [stream],
      stream: new Uint16Array(count),
      offset: column(),
      endOffset: column(),
      sub: new Uint32Array(count),
      seconds: column(),
      nanos: new Uint32Array(count),
    },
  );
}

test('takes logs as lines of JSON, metrics as OTLP records', async () => {
  const run = await sinkRun(blackhole, {});
  const { bytes, entries } = run.encode(batchOf([{ a: 1 }, { b: 'é' }]));
  expect([entries, Buffer.from(bytes).toString()]).toEqual([2, '{"a":1}\n{"b":"é"}\n']);
  expect(run.encode(points(4))).toMatchObject({ entries: 4, bytes: { length: 12 } });
  expect(await run.send(some(9))).toEqual(DONE);
  expect(await run.send(points(9))).toEqual(DONE);
});

test('with a rate, requests take as long as their events do, one after the other', async () => {
  const run = await sinkRun(blackhole, { rate: 400 });
  expect(run.sink.limits.events).toBe(100);
  expect(run.sink.maxInFlight).toBe(1);
  const begin = performance.now();
  for (let i = 0; i < 3; i++) expect(await run.send(some(50))).toEqual(DONE);
  expect(performance.now() - begin).toBeGreaterThan(370);
});

test('a stop ends the wait', async () => {
  const run = await sinkRun(blackhole, { rate: 1 });
  const stop = new AbortController();
  const sent = run.send(some(1), { signal: stop.signal });
  stop.abort();
  expect(await sent).toMatchObject({ kind: 'retry' });
});
