import type { Refusal, Verdict } from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sinkStats } from '../stats.ts';
import { LONGEST_RETRY_AFTER_MS } from './backoff.ts';
import { type Pass, sinkGate } from './gate.ts';

const DONE: Verdict = { kind: 'done', refused: [] };
const DOWN: Verdict = { kind: 'retry', code: 'server_unreachable', message: 'refused' };
const BUSY: Verdict = { kind: 'retry', code: 'server_busy', message: '429' };
const UNAUTHORIZED: Verdict = { kind: 'pause', code: 'unauthorized', message: '401' };
const RETRY = { initial: 1000, max: 8000, max_age: undefined, max_attempts: undefined };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A gate whose pauses are as long as they can be, and the passes it has given. */
function gated(maxInFlight = 4, retry = RETRY) {
  const stop = new AbortController();
  const stats = sinkStats(0);
  const chance = { now: () => Date.now(), random: () => 1 };
  const gate = sinkGate({ maxInFlight, retry, stats, stop: stop.signal, chance });
  const passes: (Pass | null)[] = [];
  const ask = (attempts = 0): void => void gate.enter({ entries: 10, attempts }).then((pass) => passes.push(pass));
  const elapse = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
  /** The pass that was given first and is not used up yet. */
  const take = async (): Promise<Pass> => {
    await elapse(0);
    const pass = passes.shift();
    if (!pass) throw new Error('no request may be sent now');
    return pass;
  };
  /** Sends one request that ends at once. */
  const send = async (verdict: Verdict, attempts = 0): Promise<boolean> => {
    ask(attempts);
    return gate.leave(await take(), verdict);
  };
  return { gate, stats, stop, passes, ask, elapse, take, send };
}

const busyEntries = (count: number): Refusal[] =>
  Array.from({ length: count }, (_, index) => ({ index, retry: true, code: 'server_busy', message: '429' }));

async function open(gate: ReturnType<typeof gated>): Promise<void> {
  for (let k = 0; k < 8; k++) gate.ask();
  for (let k = 0; k < 8; k++) gate.gate.leave(await gate.take(), DONE);
  expect(gate.stats).toMatchObject({ concurrencyLimit: 4, isPaused: false });
}

describe('a target that works', () => {
  it('gets one request first, and then never more than the maximum', async () => {
    const gate = gated(4);
    for (let k = 0; k < 10; k++) gate.ask();
    await gate.elapse(0);
    expect(gate.passes).toHaveLength(1);
    for (const open of [2, 3, 4, 4]) {
      gate.gate.leave(await gate.take(), DONE);
      await gate.elapse(0);
      expect(gate.passes).toHaveLength(open);
    }
  });

  it('gets fewer requests when it refuses entries because it is busy', async () => {
    const gate = gated(4);
    await open(gate);
    await gate.send({ kind: 'done', refused: busyEntries(4) });
    expect(gate.stats).toMatchObject({ concurrencyLimit: 2, isPaused: false });
    await gate.send({ kind: 'done', refused: [{ index: 0, retry: false, code: 'document_refused', message: '400' }] });
    expect(gate.stats.concurrencyLimit).toBe(2);
  });

  it('is not held up by one request that fails while others succeed', async () => {
    const gate = gated(4);
    await open(gate);
    gate.ask();
    gate.ask();
    const unlucky = await gate.take();
    gate.gate.leave(await gate.take(), DONE);
    expect(gate.gate.leave(unlucky, BUSY)).toBe(true);
    expect(gate.stats).toMatchObject({ concurrencyLimit: 2, isPaused: false });
    gate.ask();
    await gate.take();
  });
});

describe('a target that takes nothing', () => {
  it.each([
    ['is down', DOWN],
    ['refuses the credentials', UNAUTHORIZED],
    ['is busy', BUSY],
  ])('%s: one request at a time, after pauses that double up to the maximum', async (_, verdict) => {
    const gate = gated();
    await open(gate);
    for (let k = 0; k < 9; k++) gate.ask();
    await gate.elapse(0);
    expect(gate.passes).toHaveLength(4);
    // Four fail together: that is one failure.
    for (let k = 0; k < 4; k++) expect(gate.gate.leave(await gate.take(), verdict)).toBe(false);
    expect(gate.stats).toMatchObject({ concurrencyLimit: 1, isPaused: true });
    for (const pause of [1000, 2000, 4000, 8000, 8000]) {
      await gate.elapse(pause - 1);
      expect(gate.passes).toEqual([]);
      await gate.elapse(60_000);
      expect(gate.passes).toHaveLength(1);
      gate.gate.leave(await gate.take(), verdict);
    }
  });

  it('too busy for nine of ten entries is as good as down', async () => {
    const gate = gated();
    await gate.send({ kind: 'done', refused: busyEntries(9) });
    expect(gate.stats.isPaused).toBe(true);
    await gate.elapse(1000);
    await gate.send({ kind: 'done', refused: busyEntries(10) }, 1);
    expect(gate.stats.isPaused).toBe(true);
    await gate.elapse(2000);
    await gate.send({ kind: 'done', refused: busyEntries(8) });
    expect(gate.stats.isPaused).toBe(false);
    await gate.elapse(10_000);
    // What is left of a request may be what is for one busy shard.
    await gate.send({ kind: 'done', refused: busyEntries(10) }, 1);
    expect(gate.stats.isPaused).toBe(false);
  });

  it('is tried with each waiting request in turn', async () => {
    const gate = gated(2);
    const tried: number[] = [];
    const keepTrying = async (entries: number): Promise<void> => {
      for (let k = 0; k < 3; k++) {
        const pass = await gate.gate.enter({ entries, attempts: 0 });
        tried.push(pass!.body.entries);
        gate.gate.leave(pass!, DOWN);
      }
    };
    void keepTrying(1);
    void keepTrying(2);
    await gate.elapse(100_000);
    expect(tried).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it('opens again with the first success of a request sent since, and grows from one', async () => {
    const gate = gated();
    await open(gate);
    gate.ask();
    gate.ask();
    const failing = await gate.take();
    const late = await gate.take();
    gate.gate.leave(failing, UNAUTHORIZED);
    gate.gate.leave(late, DONE);
    expect(gate.stats.isPaused).toBe(true);
    await gate.elapse(1000);
    for (let k = 0; k < 9; k++) gate.ask();
    gate.gate.leave(await gate.take(), DONE);
    expect(gate.stats).toMatchObject({ isPaused: false, concurrencyLimit: 2 });
  });

  it('is there when it refuses what it has read', async () => {
    const gate = gated();
    await gate.send(DOWN);
    await gate.elapse(1000);
    await gate.send({ kind: 'refused', code: 'request_refused', message: '400' });
    expect(gate.stats.isPaused).toBe(false);
  });

  it('does not open for what it refuses of the time before', async () => {
    const gate = gated();
    await open(gate);
    gate.ask();
    gate.ask();
    gate.gate.leave(await gate.take(), UNAUTHORIZED);
    gate.gate.leave(await gate.take(), { kind: 'refused', code: 'request_refused', message: '400' });
    expect(gate.stats.isPaused).toBe(true);
  });

  it('a bug of the sink tells nothing', async () => {
    const gate = gated();
    await gate.send({ kind: 'threw' as 'retry', code: 'sink_threw', message: 'x' });
    expect(gate.stats.isPaused).toBe(false);
  });
});

describe('Retry-After', () => {
  it('holds for the whole sink, also when others have succeeded', async () => {
    const gate = gated();
    await open(gate);
    gate.ask();
    gate.ask();
    const told = await gate.take();
    gate.gate.leave(await gate.take(), DONE);
    gate.gate.leave(told, { ...BUSY, afterMs: 20_000 });
    gate.ask();
    await gate.elapse(20_999);
    expect(gate.passes).toEqual([]);
    await gate.elapse(1);
    expect(gate.passes).toHaveLength(1);
  });

  it('of the slowest of several answers counts, up to five minutes', async () => {
    const gate = gated();
    await open(gate);
    gate.ask();
    gate.ask();
    gate.gate.leave(await gate.take(), DOWN);
    gate.gate.leave(await gate.take(), { ...BUSY, afterMs: 1e9 });
    gate.ask();
    await gate.elapse(LONGEST_RETRY_AFTER_MS - 1);
    expect(gate.passes).toEqual([]);
    await gate.elapse(1);
    expect(gate.passes).toHaveLength(1);
  });
});

describe('after an outage', () => {
  /** A steady rate of 100 events per second, then so long an outage. */
  async function recovering(outageMs: number) {
    const gate = gated(4, { ...RETRY, initial: 500 });
    for (let k = 0; k <= 100; k++) {
      await gate.send(DONE);
      await gate.elapse(100);
    }
    await gate.send(DOWN);
    await gate.elapse(outageMs);
    return gate;
  }
  /** Events that go out in each of the seconds after the recovery, when there is no end of them and answers take 5 ms. */
  async function perSecond(gate: Awaited<ReturnType<typeof recovering>>, seconds: number): Promise<number[]> {
    const sent: number[] = [];
    let first: number | null = null;
    const loop = async (): Promise<void> => {
      for (;;) {
        const pass = await gate.gate.enter({ entries: 10, attempts: 0 });
        if (!pass) return;
        first ??= Date.now();
        const second = Math.floor((Date.now() - first) / 1000);
        sent[second] = (sent[second] ?? 0) + 10;
        await new Promise((resolve) => setTimeout(resolve, 5));
        gate.gate.leave(pass, DONE);
      }
    };
    for (let k = 0; k < 4; k++) void loop();
    await gate.elapse(seconds * 1000);
    gate.stop.abort();
    await gate.elapse(10);
    return sent;
  }

  it('the first second sends at most twice the steady rate, then ever more', async () => {
    const [first, second, third, ...rest] = await perSecond(await recovering(60_000), 13);
    expect(first).toBeLessThanOrEqual(200);
    expect(first).toBeGreaterThanOrEqual(100);
    expect(second).toBeGreaterThan(first!);
    expect(third).toBeGreaterThan(second!);
    // Four at once, each for 5 ms with 10 events.
    expect(rest.at(-2)).toBe(8000);
  });

  it('a short one leaves less behind than twice the rate, so nothing is held back', async () => {
    const [first] = await perSecond(await recovering(0), 2);
    expect(first).toBeGreaterThan(1000);
  });

  it('the rate of a target that is often busy for a moment counts', async () => {
    const gate = gated(4, { ...RETRY, initial: 100 });
    for (let k = 0; k < 200; k++) {
      await gate.send(DONE);
      await gate.elapse(50);
      if (k % 10 === 0) await gate.send(BUSY);
      if (k % 10 === 0) await gate.elapse(100);
    }
    await gate.send({ ...BUSY, afterMs: 5000 });
    await gate.elapse(6000);
    const [first] = await perSecond(gate, 2);
    expect(first).toBeGreaterThan(150);
  });

  it('an outage from the start has no rate to go by: only the number of requests grows slowly', async () => {
    const gate = gated();
    await gate.send(DOWN);
    await gate.elapse(60_000);
    const [first] = await perSecond(gate, 2);
    expect(first).toBeGreaterThan(1000);
  });
});

describe('giving up', () => {
  it('sends everybody home, now and later', async () => {
    const gate = gated();
    await gate.send(DOWN);
    gate.ask();
    gate.ask();
    gate.stop.abort();
    await gate.elapse(0);
    gate.ask();
    await gate.elapse(0);
    expect(gate.passes).toEqual([null, null, null]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a pass that is not used frees its place', async () => {
    const gate = gated(1);
    gate.ask();
    gate.ask();
    gate.gate.skip(await gate.take());
    await gate.take();
  });
});
