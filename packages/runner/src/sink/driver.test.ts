import { LogBatch, type Outcome, path, type Sink, type Verdict } from '@tailrace/core';
import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../dead-letters.ts';
import { componentStats } from '../stats.ts';
import { batchMaker, done, numbered, sinkDefaults } from '../test-pipeline.ts';
import { sinkDriver } from './driver.ts';
import { memoryQueue } from './memory-queue.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
type Events = { n: number }[];
const make = batchMaker({ componentId: 'in', newBatch: (events, columns) => LogBatch.fromSource(events, columns) });
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A driver around a sink that a test scripts; dead letters end up in an array. */
function driven(
  onRequest: (events: Events, signal: AbortSignal) => Verdict | Promise<Verdict>,
  more: Partial<Sink> & { settings?: Partial<typeof sinkDefaults> } = {},
) {
  const letters: DeadLetter[] = [];
  const reasons: (readonly [string, string | null])[] = [];
  const stats = componentStats('out', 'script', 'sink');
  const { settings, ...rest } = more;
  const sink: Sink = {
    limits: { bytes: 1000, events: 10, waitMs: 5 },
    maxInFlight: 2,
    encode(batch, from, to, out) {
      for (let i = from; i < to; i++) if (!out.append(encoder.encode(`${batch.text(i)}\n`))) return i;
      return to;
    },
    async send(body, signal) {
      const lines = decoder.decode(body.bytes).trimEnd().split('\n');
      return await onRequest(
        lines.map((line) => JSON.parse(line)),
        signal,
      );
    },
    ...rest,
  };
  const driver = sinkDriver({
    sink,
    openQueue: (books) => memoryQueue(sinkDefaults.queue.max_bytes!, 'block', books),
    settings: { ...sinkDefaults, ...settings },
    stats,
    deadLetters: {
      add(letter, ended) {
        letters.push(letter);
        ended(true);
      },
      room: () => null,
      written: 0,
      close: () => Promise.resolve(),
      abandon: () => undefined,
    },
    notReady: (subject, reason) => reasons.push([subject, reason]),
  });
  return { driver, stats, letters, reasons, running: driver.run() };
}

/** Nothing is left in any of the books. */
function expectEven({ stats }: Pick<ReturnType<typeof driven>, 'stats'>): void {
  const { inFlight, received, sent, deadLettered, returned } = stats;
  expect({ inFlight, lost: received - sent - deadLettered - returned }).toEqual({ inFlight: 0, lost: 0 });
  const { bufferedBytes, bufferedEvents, requestsInFlight } = stats.sink!;
  expect({ bufferedBytes, bufferedEvents, requestsInFlight }).toEqual({
    bufferedBytes: 0,
    bufferedEvents: 0,
    requestsInFlight: 0,
  });
}

describe('the queue of a sink', () => {
  it('frees exactly what it took, also when edits change the size of a batch while it waits', async () => {
    const run = driven(() => done);
    for (let k = 0; k < 20; k++) {
      const batch = make(numbered(3));
      for (let i = 0; i < 3; i++) batch.set(i, path('text'), 'x'.repeat(k));
      run.driver.put(batch);
      expect(run.stats.sink!.bufferedBytes).toBeGreaterThan(0);
    }
    run.driver.drain(new AbortController().signal);
    await run.running;
    expectEven(run);
  });

  it('takes the same batch twice, and one without events', async () => {
    const got: number[] = [];
    const run = driven((events) => {
      got.push(...events.map((e) => e.n));
      return done;
    });
    const batch = make(numbered(2));
    batch.lineage.tickets[0]!.retain(2);
    run.driver.put(batch);
    run.driver.put(batch);
    expect(run.driver.put(make([]))).toBeNull();
    run.driver.drain(new AbortController().signal);
    await run.running;
    expect(got).toEqual([0, 1, 0, 1]);
    expect(await batch.lineage.tickets[0]!.settled).toBe('delivered');
    expectEven(run);
  });

  it('gives back what comes after it was told to give up', async () => {
    const run = driven(() => done);
    run.driver.abort();
    await run.running;
    const batch = make(numbered(2));
    run.driver.put(batch);
    expect(await batch.lineage.tickets[0]!.settled).toBe('errored');
    expectEven(run);
  });
});

describe('cutting', () => {
  it('waits for company as long as it may, and no longer', async () => {
    const at: number[] = [];
    const started = performance.now();
    const run = driven(
      (events) => {
        at.push(events.length, performance.now() - started);
        return done;
      },
      { limits: { bytes: 1000, events: 10, waitMs: 80 } },
    );
    run.driver.put(make(numbered(2)));
    await pauseMs(20);
    run.driver.put(make(numbered(3)));
    await pauseMs(150);
    expect(at[0]).toBe(5);
    expect(at[1]).toBeGreaterThanOrEqual(78);
    run.driver.put(make(numbered(10)));
    const full = performance.now() - started;
    await pauseMs(30);
    expect(at[2]).toBe(10);
    expect(at[3]! - full).toBeLessThan(60);
    run.driver.drain(new AbortController().signal);
    await run.running;
  });

  it('finds the event that the sink cannot encode; the others go on', async () => {
    const got: number[] = [];
    const run = driven(
      (events) => {
        got.push(...events.map((e) => e.n));
        return done;
      },
      {
        encode(batch, from, to, out) {
          for (let i = from; i < to; i++) {
            const text = batch.text(i);
            if (text === '{"n":3}' || text === '{"n":7}') throw new TypeError(`no ${text}`);
            if (!out.append(encoder.encode(`${text}\n`))) return i;
          }
          return to;
        },
      },
    );
    const batch = make(numbered(25));
    run.driver.put(batch);
    run.driver.drain(new AbortController().signal);
    await run.running;
    expect(got.toSorted((a, b) => a - b)).toEqual(
      numbered(25)
        .map((e) => e.n)
        .filter((n) => n !== 3 && n !== 7),
    );
    expect(run.letters.map(({ code, message, index }) => [code, message, index])).toEqual([
      ['encode_threw', 'no {"n":3}', 3],
      ['encode_threw', 'no {"n":7}', 7],
    ]);
    expect(run.stats.errors.get('encode_threw')).toBe(2);
    expect(await batch.lineage.tickets[0]!.settled).toBe('dead_lettered');
    expectEven(run);
  });

  it('does not believe a sink that writes fewer entries than it says', async () => {
    const run = driven(() => done, { encode: (_batch, _from, to) => to });
    run.driver.put(make(numbered(2)));
    run.driver.drain(new AbortController().signal);
    await run.running;
    expect(run.letters.map(({ code, message }) => [code, message])).toEqual([
      ['encode_threw', 'encode made 0 entries of 1 events'],
      ['encode_threw', 'encode made 0 entries of 1 events'],
    ]);
  });
});

describe('requests', () => {
  it('are never more than maxInFlight at once', async () => {
    let now = 0;
    let most = 0;
    let tries = 0;
    const run = driven(async (events) => {
      most = Math.max(most, ++now);
      await pauseMs(2);
      now--;
      const refused = events.flatMap((_, index) =>
        ++tries % 7 === 0 ? [{ index, retry: true, code: 'server_busy' as const, message: 'later' }] : [],
      );
      return tries % 11 === 0 ? { kind: 'retry', code: 'server_error', message: '503' } : { kind: 'done', refused };
    });
    for (let k = 0; k < 30; k++) run.driver.put(make(numbered(7)));
    run.driver.drain(new AbortController().signal);
    await run.running;
    expect(most).toBe(2);
    expect(run.stats.sent).toBe(210);
    expectEven(run);
  });

  it('do not knock more often than the pauses allow while the target is down', async () => {
    let requests = 0;
    const run = driven(
      () => {
        requests++;
        return { kind: 'retry', code: 'server_unreachable', message: 'refused', afterMs: 50 };
      },
      { maxInFlight: 1 },
    );
    for (let k = 0; k < 50; k++) run.driver.put(make(numbered(5)));
    const before = process.cpuUsage();
    await pauseMs(320);
    const { user, system } = process.cpuUsage(before);
    expect(requests).toBeGreaterThanOrEqual(2);
    expect(requests).toBeLessThanOrEqual(7);
    expect(user + system).toBeLessThan(200_000);
    run.driver.abort();
    await run.running;
    expect(run.stats.returned).toBe(250);
    expectEven(run);
  });

  it('cost nothing while nothing comes', async () => {
    const run = driven(() => done);
    run.driver.put(make(numbered(1)));
    await pauseMs(50);
    const loop = performance.eventLoopUtilization();
    await pauseMs(200);
    expect(performance.eventLoopUtilization(loop).active).toBeLessThan(50);
    run.driver.drain(new AbortController().signal);
    await run.running;
  });

  it('end at their time limit even when the sink goes on', async () => {
    let calls = 0;
    const aborted: boolean[] = [];
    const run = driven(
      (_events, signal) => {
        if (++calls > 1) return done;
        signal.addEventListener('abort', () => aborted.push(true));
        return new Promise<Verdict>(() => undefined);
      },
      { settings: { request_timeout: 30 } },
    );
    run.driver.put(make(numbered(4)));
    run.driver.drain(new AbortController().signal);
    await run.running;
    expect([calls, aborted]).toEqual([2, [true]]);
    expect(run.stats.errors.get('server_timeout')).toBe(4);
    expect(run.stats.sent).toBe(4);
    expectEven(run);
  });

  it('keep their bytes from being written over while a forgotten request may read them', async () => {
    let late: Uint8Array | null = null;
    const run = driven(() => done, {
      maxInFlight: 1,
      settings: { request_timeout: 20 },
      send(body) {
        if (late) return Promise.resolve(done);
        late = body.bytes;
        return new Promise<Verdict>(() => undefined);
      },
    });
    run.driver.put(make(numbered(4)));
    await pauseMs(1200);
    for (let k = 0; k < 5; k++) {
      run.driver.put(make(numbered(10, 100)));
      await pauseMs(10);
    }
    run.driver.drain(new AbortController().signal);
    await run.running;
    expect(decoder.decode(late!)).toBe('{"n":0}\n{"n":1}\n{"n":2}\n{"n":3}\n');
  });

  it('pause on refused credentials, say so, and lose nothing', async () => {
    let isMended = false;
    let requests = 0;
    const run = driven(() => {
      requests++;
      return isMended ? done : { kind: 'pause', code: 'unauthorized', message: '401: no such key', afterMs: 30 };
    });
    for (let k = 0; k < 9; k++) run.driver.put(make(numbered(10)));
    await pauseMs(100);
    expect(
      run.reasons.every(([subject, reason]) => subject === 'target' && reason === 'unauthorized: 401: no such key'),
    ).toBe(true);
    expect(requests).toBeLessThanOrEqual(8);
    expect(run.stats.sent).toBe(0);
    isMended = true;
    run.driver.drain(new AbortController().signal);
    await run.running;
    expect(run.stats.sent).toBe(90);
    expect(run.reasons.at(-1)).toEqual(['target', null]);
    expect(run.letters).toEqual([]);
  });
});

describe('what /readyz names', () => {
  it('stays while one entry waits for it, whatever other requests achieve', async () => {
    let isMended = false;
    const run = driven((events) => ({
      kind: 'done',
      refused: events.flatMap(({ n }, index) =>
        n === 0 && !isMended
          ? [{ index, retry: true, code: 'forbidden' as const, message: '403', subject: 'index a' }]
          : [],
      ),
    }));
    run.driver.put(make(numbered(3)));
    await pauseMs(40);
    for (let k = 1; k < 10; k++) run.driver.put(make(numbered(3, 1)));
    await pauseMs(40);
    const ofIndex = () => run.reasons.filter(([subject]) => subject === 'index a').map(([, reason]) => reason);
    expect(new Set(ofIndex())).toEqual(new Set(['403']));
    isMended = true;
    run.driver.drain(new AbortController().signal);
    await run.running;
    expect(ofIndex().at(-1)).toBeNull();
    expect(ofIndex().filter((reason) => reason === null)).toHaveLength(1);
  });
});

describe('giving up', () => {
  it('ends pauses at once, of whole requests and of single entries', async () => {
    const run = driven((events) =>
      events.length > 1
        ? {
            kind: 'done',
            refused: [{ index: 0, retry: true, code: 'server_busy', message: 'later', afterMs: 60_000 }],
          }
        : { kind: 'retry', code: 'server_error', message: '503', afterMs: 60_000 },
    );
    const outcomes: Promise<Outcome>[] = [];
    for (const events of [numbered(5), numbered(1)]) {
      const batch = make(events);
      outcomes.push(batch.lineage.tickets[0]!.settled);
      run.driver.put(batch);
      await pauseMs(20);
    }
    const started = performance.now();
    run.driver.abort();
    await run.running;
    expect(performance.now() - started).toBeLessThan(500);
    expect(await Promise.all(outcomes)).toEqual(['errored', 'errored']);
    expect([run.stats.sent, run.stats.returned]).toEqual([4, 2]);
    expectEven(run);
  });
});
