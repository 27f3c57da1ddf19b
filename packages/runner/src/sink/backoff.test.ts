import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoff, LONGEST_RETRY_AFTER_MS, pause, timerMs, untilAborted, within } from './backoff.ts';

it('pauses what the target asks for, and a random part of the doubled first pause or the maximum', () => {
  fc.assert(
    fc.property(
      fc.nat(2000),
      fc.integer({ min: 1, max: 10_000 }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.nat(100_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, initial, max, afterMs, random) => {
        const wait = backoff(attempt, { initial, max }, afterMs, () => random);
        expect(wait).toBeGreaterThanOrEqual(afterMs);
        expect(wait - afterMs).toBeCloseTo(random * Math.min(max, initial * 2 ** attempt), 3);
      },
    ),
    { numRuns: 300 },
  );
});

it('does not believe a Retry-After of days', () => {
  for (const afterMs of [LONGEST_RETRY_AFTER_MS + 1, 1e12, Number.POSITIVE_INFINITY])
    expect(backoff(0, { initial: 1, max: 1 }, afterMs, () => 0)).toBe(LONGEST_RETRY_AFTER_MS);
  for (const afterMs of [Number.NaN, -1]) expect(backoff(0, { initial: 1, max: 1 }, afterMs, () => 0)).toBe(0);
});

it('never asks a timer for more than it can hold: it would fire at once', async () => {
  expect(timerMs(1e12)).toBe(2 ** 31 - 1);
  expect(timerMs(-5)).toBe(0);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 30);
  expect(await pause(1e12, stop.signal)).toBe(false);
});

it('leaves no listeners at a signal that lives long', async () => {
  const stop = new AbortController();
  let listeners = 0;
  const { signal } = stop;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = ((...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  }) as typeof add;
  signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  }) as typeof remove;
  for (let k = 0; k < 10; k++) await untilAborted(Promise.resolve(), signal);
  expect(listeners).toBe(0);
  setTimeout(() => stop.abort(), 10);
  await untilAborted(new Promise(() => undefined), signal);
});

it('waits for so long at most', async () => {
  expect(await within(Promise.resolve(), 1000)).toBe(true);
  expect(await within(Promise.reject(new Error('ends too')), 1000)).toBe(true);
  expect(await within(new Promise(() => undefined), 10)).toBe(false);
});
