import { resolveConfig } from '@tailrace/core';
import { memoryCheckpoints } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateOptions } from './options.ts';
import { Progress, periodOf } from './period.ts';

const HOUR = 3_600_000;
const config = (options: object) => resolveConfig(generateOptions, { system: 'mirrord', rate: 1, ...options });

test('a back-fill ends now and begins where the last run ended, if that is not longer ago', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  const checkpoints = memoryCheckpoints();
  const live = config({ start: 'now', backfill: '2h' });
  const first = { begin: now - 2 * HOUR, lead: 7200, isLive: true, isResumed: false };
  expect(periodOf(live, checkpoints, now)).toEqual(first);
  const later = { isLive: true, isResumed: true };
  new Progress(checkpoints).sent(now)();
  expect(periodOf(live, checkpoints, now + 60_000)).toEqual({ begin: now, lead: 60, ...later });
  expect(periodOf(live, checkpoints, now + 5 * HOUR)).toEqual({ begin: now + 3 * HOUR, lead: 7200, ...later });
  // A clock that was set back: nothing comes twice, and the future is not waited for.
  expect(periodOf(live, checkpoints, now - HOUR)).toEqual({ begin: now - HOUR, lead: 0, ...later });
  expect(periodOf(config({ start: 'now' }), checkpoints, now + HOUR)).toMatchObject({ begin: now + HOUR, lead: 0 });
});

test('of a given time it is the same in every run', () => {
  const checkpoints = memoryCheckpoints();
  const fixed = config({ start: '2026-11-20T12:00:00Z', backfill: '30m' });
  new Progress(checkpoints).sent(Date.parse('2026-11-20T11:50:00Z'))();
  const begin = Date.parse('2026-11-20T11:30:00Z');
  expect(periodOf(fixed, checkpoints, 0)).toEqual({ begin, lead: 1800, isLive: false, isResumed: false });
});

test('a state of another version is left alone', () => {
  const checkpoints = memoryCheckpoints();
  checkpoints.set('last', { version: 2, time: 5 });
  expect(periodOf(config({ start: 'now', backfill: '1s' }), checkpoints, 9000)).toMatchObject({ begin: 8000 });
});

test('property: what is remembered is the time before which everything has arrived', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8]), (order) => {
      const checkpoints = memoryCheckpoints();
      const progress = new Progress(checkpoints);
      const arrived = new Map([1, 2, 3, 4, 5, 6, 7, 8].map((time) => [time, progress.sent(time)]));
      for (const time of order) arrived.get(time)?.();
      const missing = [1, 2, 3, 4, 5, 6, 7, 8].find((time) => !order.includes(time)) ?? 9;
      const stored = checkpoints.get('last') as { time: number } | undefined;
      expect(stored?.time).toBe(missing === 1 ? undefined : missing - 1);
    }),
    { numRuns: 100 },
  );
});
