import { expect, test } from 'vitest';
import { LogBatch } from './log-batch.ts';
import { readEvents } from './read-events.ts';

const stream = { id: 'streamstreamstre', source: 'in', label: 'a', firstSeen: 5, replayBelow: 0 };

test('events as objects become a batch with their places and times', () => {
  const { events, columns } = readEvents(
    stream,
    [
      { event: { n: 12_345_678_901_234_567_890n, ü: ['😀'] }, offset: 0, end: 7, time: 1_795_168_800_123_456_789n },
      { event: {}, offset: 7, end: 9 },
    ],
    2500,
  );
  const batch = LogBatch.fromSource(events, columns);
  expect([batch.text(0), batch.text(1)]).toEqual(['{"n":12345678901234567890,"ü":["😀"]}', '{}']);
  expect([batch.id(0), batch.id(1)]).toEqual(['streamstreamstre-000000000000', 'streamstreamstre-000000000007']);
  expect([batch.position(1).end, batch.time(0), batch.time(1)]).toEqual([
    9,
    1_795_168_800_123_456_789n,
    2_500_000_000n,
  ]);
  expect([batch.hasOwnTime(0), batch.hasOwnTime(1)]).toEqual([true, false]);
});

test('no events are an empty batch', () => {
  const { events, columns } = readEvents(stream, []);
  expect(LogBatch.fromSource(events, columns).length).toBe(0);
});
