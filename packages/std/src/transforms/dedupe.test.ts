import { ConfigError, type LogBatch } from '@tailrace/core';
import { batchOf, transformHarness } from '@tailrace/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dedupe } from './dedupe.ts';

const START = Date.UTC(2026, 0, 1);
const at = <T extends object>(seconds: number, event: T) => ({
  '@timestamp': new Date(START + seconds * 1000).toISOString(),
  ...event,
});

/** Events whose time is their `@timestamp`; `from` is the offset of the first. */
function timed(events: readonly object[], from = 0): LogBatch {
  const batch = batchOf(events);
  for (const [i, event] of events.entries()) {
    const milliseconds = Date.parse((event as { '@timestamp': string })['@timestamp']);
    batch.columns.seconds[i] = Math.floor(milliseconds / 1000);
    batch.columns.nanos[i] = (milliseconds % 1000) * 1e6;
    batch.columns.offset[i] = from + i;
  }
  return batch;
}

test('the first of each key passes, and the next when the window is over', async () => {
  const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: '10s' });
  const done = runBatch(
    timed([at(0, { k: 1 }), at(1, { k: 1 }), at(9.999, { k: 1 }), at(10, { k: 1 }), at(11, { k: 1.0 })]),
  );
  expect(done.events).toEqual([at(0, { k: 1 }), at(10, { k: 1 })]);
  expect([done.reason, done.errors]).toEqual(['duplicate', {}]);
});

test('what comes late, from before the first, is its duplicate too', async () => {
  const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: '10s' });
  const done = runBatch(timed([at(20, { k: 1 }), at(15, { k: 1 }), at(5, { k: 1 })]));
  expect(done.events).toEqual([at(20, { k: 1 }), at(5, { k: 1 })]);
});

test('streams that are further apart than the window do not make each other forget', async () => {
  const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: '10s' });
  const starts = [3600, 0, 1800, 900];
  const events = Array.from({ length: 5 }, (_, i) => starts.map((start) => at(start + i, { k: 1 }))).flat();
  expect(runBatch(timed(events)).events).toEqual(events.slice(0, starts.length));
});

test('a backlog that goes through many windows does not make it forget what is live', async () => {
  const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: '10s' });
  const backlog = Array.from({ length: 20 }, (_, i) => at(i * 30, { k: 1 }));
  const done = runBatch(timed([at(3600, { k: 1 }), ...backlog, at(3601, { k: 1 }), at(3610, { k: 1 })]));
  expect(done.events).toEqual([at(3600, { k: 1 }), ...backlog, at(3610, { k: 1 })]);
});

test('events without any of the fields pass', async () => {
  const { run } = await transformHarness(dedupe, { fields: ['a', 'b'] });
  expect(run([{ x: 1 }, { x: 1 }, { a: null }, { b: 1 }, { b: 1 }]).events).toEqual([
    { x: 1 },
    { x: 1 },
    { a: null },
    { b: 1 },
  ]);
});

describe('an event that comes again', () => {
  const events = [at(0, { k: 1 }), at(1, { k: 1 }), at(2, { k: 2 }), at(12, { k: 1 })];
  test('is decided as before: what passed passes, what was a duplicate is one', async () => {
    const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: '10s' });
    const first = runBatch(timed(events)).events;
    expect(first).toEqual([events[0], events[2], events[3]]);
    for (let again = 0; again < 3; again++) expect(runBatch(timed(events)).events).toEqual(first);
  });

  test('at another place it is another event', async () => {
    const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: '10s' });
    runBatch(timed(events.slice(0, 1)));
    expect(runBatch(timed(events.slice(0, 1), 100)).events).toEqual([]);
  });
});

test('no more keys than max_keys are remembered; those forgotten before their time are counted', async () => {
  const { runBatch } = await transformHarness(dedupe, { fields: ['k'], max_keys: 2 });
  const batch = (keys: readonly number[], from: number) =>
    timed(
      keys.map((k) => at(0, { k })),
      from,
    );
  expect(runBatch(batch([1, 2, 1], 0)).events).toHaveLength(2);
  const more = runBatch(batch([3, 2, 1], 3));
  expect(more.events).toEqual([at(0, { k: 3 }), at(0, { k: 1 })]);
  expect(more.errors).toEqual({ keys_forgotten: 2 });
});

test('of the keys it is the one that passed longest ago that is forgotten', async () => {
  const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: '10s', max_keys: 2 });
  const done = runBatch(
    timed([at(0, { k: 1 }), at(9, { k: 2 }), at(10, { k: 1 }), at(11, { k: 3 }), at(12, { k: 1 })]),
  );
  expect(done.events).toEqual([at(0, { k: 1 }), at(9, { k: 2 }), at(10, { k: 1 }), at(11, { k: 3 })]);
  expect(done.errors).toEqual({ keys_forgotten: 1 });
});

test('a key is forgotten too early where its window was not over for what is live, too', async () => {
  const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: '10s', max_keys: 2 });
  const done = runBatch(timed([at(3600, { k: 1 }), at(0, { k: 2 }), at(1, { k: 3 }), at(20, { k: 4 })]));
  expect(done.events).toHaveLength(4);
  expect(done.errors).toEqual({ keys_forgotten: 1 });
});

test('of a live stream and a backlog, mixed in any way, those pass that are no duplicates of one that passed', async () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 });
  const turns = fc.array(fc.boolean(), { minLength: 80, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(gaps, gaps, turns, async (live, backlog, isLiveNext) => {
      const left = [stepsFrom(0, backlog), stepsFrom(3600, live)] as const;
      const mixed = [3600];
      for (const isLive of isLiveNext) mixed.push(...left[isLive ? 1 : 0].splice(0, 1));
      const expected: number[] = [];
      for (const now of mixed) if (expected.every((then) => Math.abs(now - then) >= 10)) expected.push(now);
      const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: '10s' });
      const passed = runBatch(timed(mixed.map((now) => at(now, { k: 1 })))).events;
      expect(passed).toEqual(expected.map((now) => at(now, { k: 1 })));
    }),
    { numRuns: 60 },
  );
});

/** Times that are so far apart, one after the other. */
function stepsFrom(start: number, gaps: readonly number[]): number[] {
  let now = start;
  return gaps.map((gap) => {
    now += gap;
    return now;
  });
}

test('of events that come once each, in time, those pass that are a window after the last that passed', async () => {
  const steps = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 8 }), k: fc.integer({ min: 0, max: 3 }) }), {
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 12 }), fc.nat(5), async (all, window, cut) => {
      let now = 0;
      const events = all.map(({ gap, k }) => {
        now += gap;
        return at(now, { k, now });
      });
      const last = new Map<number, number>();
      const expected = events.filter(({ k, now: time }) => {
        if (time - (last.get(k) ?? -Infinity) < window) return false;
        last.set(k, time);
        return true;
      });
      const { runBatch } = await transformHarness(dedupe, { fields: ['k'], window: `${window}s` });
      const [one, two] = [events.slice(0, cut), events.slice(cut)];
      const passed = [...runBatch(timed(one)).events, ...runBatch(timed(two, one.length)).events];
      expect(passed).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('a window of no length is refused at set-up', async () => {
  const refused = transformHarness(dedupe, { fields: ['k'], window: '0s' });
  await expect(refused).rejects.toEqual(new ConfigError(['window'], 'must be longer than 0'));
});
