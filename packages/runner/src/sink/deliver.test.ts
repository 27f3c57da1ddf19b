import { ByteWriter, type ErrorCode, LogBatch, type Refusal, type Sink, type Verdict } from '@tailrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sinkStats } from '../stats.ts';
import { batchMaker, done, numbered, sinkDefaults } from '../test-pipeline.ts';
import { type Body, bodyOf } from './body.ts';
import { bodySize } from './body-size.ts';
import { type DeliveryContext, deliver } from './deliver.ts';
import { sinkGate } from './gate.ts';
import { subjectsOf } from './subjects.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const make = batchMaker({ componentId: 'in', newBatch: (events, columns) => LogBatch.fromSource(events, columns) });
const numbersIn = (bytes: Uint8Array): number[] => decoder.decode(bytes).trimEnd().split('\n').map(Number);

/** A body whose entries are the numbers from `from` on, one per line. */
function bodyWith(entries: number, from = 0, released = { count: 0 }): Body {
  const writer = new ByteWriter(1_000_000, entries);
  for (let k = 0; k < entries; k++) writer.append(encoder.encode(`${from + k}\n`));
  const batch = make(numbered(entries, from));
  return bodyOf(writer, [{ batch, from: 0, to: entries, entry: 0 }], () => {
    released.count++;
  });
}

type Settings = Partial<typeof sinkDefaults.retry> & { request_timeout?: number };

/** Deliveries to a target that a test scripts; `ended` says for each number how it ended, in order. */
function deliveries(
  onRequest: (numbers: number[]) => Verdict | Promise<Verdict>,
  { request_timeout = 1000, ...retry }: Settings = {},
) {
  const ended = new Map<number, string[]>();
  const messages: string[] = [];
  const reasons: (string | null)[] = [];
  const requests: number[][] = [];
  const aside: number[] = [];
  const stop = new AbortController();
  const stats = sinkStats(0);
  const errors = new Map<ErrorCode, number>();
  const settings = { ...sinkDefaults, request_timeout, retry: { ...sinkDefaults.retry, max: 3, ...retry } };
  const under: Promise<void>[] = [];
  const end = (n: number, how: string): void => void ended.set(n, [...(ended.get(n) ?? []), how]);
  const sink = {
    limits: { bytes: 1_000_000, events: 1000, waitMs: 0 },
    maxInFlight: 3,
    encode: () => 0,
    send: async (body) => {
      requests.push(numbersIn(body.bytes));
      return await onRequest(numbersIn(body.bytes));
    },
  } satisfies Sink;
  const context: DeliveryContext = {
    sink,
    settings,
    stats,
    stop: stop.signal,
    subjects: subjectsOf(() => undefined),
    gate: sinkGate({ maxInFlight: sink.maxInFlight, retry: settings.retry, stats, stop: stop.signal }),
    size: bodySize(sink.limits.bytes),
    ends: {
      delivered: (body, except) => {
        for (const [entry, n] of numbersIn(body.bytes).entries()) if (!except.includes(entry)) end(n, 'delivered');
      },
      deadLetter(body, entry, code, message) {
        end(numbersIn(body.bytes)[entry]!, code);
        messages.push(message);
      },
      discarded(body, entry, reason) {
        end(numbersIn(body.bytes)[entry]!, `discarded: ${reason}`);
      },
      again(body, pauseMs) {
        aside.push(...numbersIn(body.bytes));
        under.push(new Promise((resolve) => setTimeout(resolve, pauseMs)).then(() => deliver(body, context)));
      },
      givenUp(body) {
        for (const n of numbersIn(body.bytes)) end(n, 'given up');
        body.release();
      },
      countErrors: (code, count) => errors.set(code, (errors.get(code) ?? 0) + count),
      notReady: (_, reason) => reasons.push(reason),
    },
  };
  return {
    ended,
    messages,
    reasons,
    requests,
    aside,
    errors,
    stats,
    stop,
    /** Delivers bodies side by side, and what comes back of them, until all have ended. */
    async run(...bodies: Body[]) {
      under.push(...bodies.map((body) => deliver(body, context)));
      for (let k = 0; k < under.length; k++) await under[k];
    },
  };
}

const all = (count: number, how: string) => new Map(Array.from({ length: count }, (_, n) => [n, [how]]));
const REFUSED: Verdict = { kind: 'refused', code: 'request_refused', message: '400: no' };
const BUSY: Verdict = { kind: 'retry', code: 'server_busy', message: '429: busy' };
const ERROR: Verdict = { kind: 'retry', code: 'server_error', message: '500: broken' };

it('ends entries that the sink left out as discarded, and the others as they ended', async () => {
  const run = deliveries(() => ({
    kind: 'done',
    refused: [{ index: 1, retry: false, code: 'document_refused', message: 'no' }],
    leftOut: [{ index: 0, reason: 'metric_refused' }],
  }));
  await run.run(bodyWith(3));
  expect(run.ended).toEqual(
    new Map([
      [0, ['discarded: metric_refused']],
      [1, ['document_refused']],
      [2, ['delivered']],
    ]),
  );
});

describe('a batch that is refused as a whole', () => {
  it.each([1, 2, 3, 64, 777])('is bisected until the poison entry is alone, of %i', async (entries) => {
    const poison = Math.floor(entries / 3);
    const released = { count: 0 };
    const run = deliveries((numbers) => (numbers.includes(poison) ? REFUSED : done));
    await run.run(bodyWith(entries, 0, released));
    expect(run.ended).toEqual(all(entries, 'delivered').set(poison, ['request_refused']));
    expect(run.messages).toEqual(['400: no']);
    expect(run.requests.length).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(entries)));
    expect(released.count).toBe(1);
  });

  it('finds several, beside each other and at both ends', async () => {
    const poison = new Set([0, 1, 50, 99]);
    const run = deliveries((numbers) => (numbers.some((n) => poison.has(n)) ? REFUSED : done));
    await run.run(bodyWith(100));
    for (const [n, ends] of run.ended) expect(ends).toEqual([poison.has(n) ? 'request_refused' : 'delivered']);
    expect(run.ended.size).toBe(100);
  });

  it('too large for the target: halved down to what it takes; what is too large alone is a dead letter', async () => {
    const run = deliveries((numbers) =>
      numbers.length > 10 || numbers.includes(7) ? { kind: 'split', code: 'request_too_large', message: '413' } : done,
    );
    await run.run(bodyWith(100));
    expect(run.ended).toEqual(all(100, 'delivered').set(7, ['request_too_large']));
  });

  it('by a bug of the sink: after three tries', async () => {
    const run = deliveries((numbers) => {
      if (numbers.includes(5)) throw new TypeError('cannot send 5');
      return done;
    });
    await run.run(bodyWith(8));
    expect(run.ended).toEqual(all(8, 'delivered').set(5, ['sink_threw']));
    expect(run.messages).toEqual(['cannot send 5']);
    expect(run.requests.filter((numbers) => numbers.length === 8)).toHaveLength(3);
    expect(run.requests.filter((numbers) => numbers.join() === '5')).toHaveLength(3);
    expect(run.reasons.filter((reason) => reason !== null)).toEqual([]);
  });
});

describe('only the entries that need it', () => {
  it('are sent again, with the pause that the slowest asks for', async () => {
    const refusals = new Map([
      [1, 1],
      [4, 3],
    ]);
    const run = deliveries((numbers) => ({
      kind: 'done',
      refused: numbers.flatMap((n, index): Refusal[] => {
        const left = refusals.get(n) ?? 0;
        refusals.set(n, left - 1);
        return left > 0 ? [{ index, retry: true, code: 'server_busy', message: '429', afterMs: 5 }] : [];
      }),
    }));
    await run.run(bodyWith(6));
    expect(run.requests).toEqual([[0, 1, 2, 3, 4, 5], [1, 4], [4], [4]]);
    expect(run.ended).toEqual(all(6, 'delivered'));
    expect(run.stats.retries).toBe(3);
    expect(run.errors).toEqual(new Map([['server_busy', 4]]));
  });
});

describe('an end to trying again', () => {
  it('max_attempts: dead letters with the last reason, of whole requests and of entries', async () => {
    let tries = 0;
    const whole = deliveries(() => ({ kind: 'retry', code: 'server_unreachable', message: `try ${++tries}` }), {
      max_attempts: 3,
    });
    await whole.run(bodyWith(2));
    expect(whole.ended).toEqual(all(2, 'retry_expired'));
    expect(whole.messages).toEqual(['try 3', 'try 3']);
    expect(whole.errors).toEqual(
      new Map([
        ['server_unreachable', 6],
        ['retry_expired', 2],
      ]),
    );
    const entry = deliveries(
      (numbers) => ({
        kind: 'done',
        refused: numbers.flatMap((n, index) =>
          n === 1 ? [{ index, retry: true, code: 'server_busy' as const, message: '429' }] : [],
        ),
      }),
      { max_attempts: 2 },
    );
    await entry.run(bodyWith(3));
    expect(entry.ended).toEqual(all(3, 'delivered').set(1, ['retry_expired']));
    expect(entry.requests).toEqual([[0, 1, 2], [1]]);
  });

  it('max_age counts from the first attempt, also while others are tried', async () => {
    const started = Date.now();
    const run = deliveries(() => ERROR, { max_age: 100, initial: 20, max: 20 });
    await run.run(bodyWith(2), bodyWith(2, 2), bodyWith(2, 4));
    expect(run.ended).toEqual(all(6, 'retry_expired'));
    expect(Date.now() - started).toBeGreaterThanOrEqual(100);
    expect(Date.now() - started).toBeLessThan(1000);
  });

  it('what is too old by the time it may be sent is not sent any more', async () => {
    const run = deliveries(() => ({ ...BUSY, afterMs: 60 }), { max_age: 50 });
    await run.run(bodyWith(2));
    expect(run.requests).toEqual([[0, 1]]);
    expect(run.ended).toEqual(all(2, 'retry_expired'));
    expect(run.messages).toEqual(['429: busy', '429: busy']);
  });

  it('without them there is none', async () => {
    let tries = 0;
    const run = deliveries(() => (++tries <= 60 ? ERROR : done), { initial: 0, max: 0 });
    await run.run(bodyWith(1));
    expect(run.ended).toEqual(all(1, 'delivered'));
    expect(tries).toBe(61);
  });
});

describe('a request that the target itself turns away again and again', () => {
  it('is halved down to what it takes, and the next ones are sent in that size', async () => {
    const run = deliveries((numbers) => (numbers.length > 8 ? BUSY : done), { initial: 0, max: 0 });
    await run.run(bodyWith(100));
    const before = run.requests.length;
    await run.run(bodyWith(100, 100));
    expect(run.ended).toEqual(all(200, 'delivered'));
    const tooLarge = run.requests.slice(before).filter((numbers) => numbers.length > 8).length;
    expect(tooLarge).toBeLessThan(10);
    expect(tooLarge).toBeLessThan((run.requests.length - before) / 2);
  });

  it('one entry alone is never given up for it', async () => {
    let tries = 0;
    const run = deliveries(() => (++tries < 40 ? BUSY : done), { initial: 0, max: 0 });
    await run.run(bodyWith(4));
    expect(run.ended).toEqual(all(4, 'delivered'));
  });

  it('does not hold up the others when only one of them fails for ever', async () => {
    let isMended = false;
    const run = deliveries((numbers) => (numbers.includes(3) && !isMended ? ERROR : done), { initial: 1, max: 5 });
    const bodies = Array.from({ length: 30 }, (_, k) => bodyWith(10, 10 * k));
    const running = run.run(...bodies);
    await expect.poll(() => run.ended.size).toBe(299);
    expect(run.aside).toContain(3);
    isMended = true;
    await running;
    expect(run.ended).toEqual(all(300, 'delivered'));
  });
});

it('busy for all entries of a request: /readyz is told why', async () => {
  let tries = 0;
  const run = deliveries((numbers) => ({
    kind: 'done',
    refused: numbers.flatMap((_, index): Refusal[] =>
      tries++ < 15 ? [{ index, retry: true, code: 'server_busy', message: 'the queue is full' }] : [],
    ),
  }));
  await run.run(bodyWith(5));
  expect(run.ended).toEqual(all(5, 'delivered'));
  expect(run.reasons).toEqual([...Array(3).fill('server_busy: the queue is full'), null]);
});

it('refused credentials: one request at a time tries, and /readyz is told why until it works', async () => {
  let now = 0;
  let most = 0;
  let tries = 0;
  const run = deliveries(async () => {
    if (++tries < 20) most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now--;
    return tries < 20 ? { kind: 'pause', code: 'unauthorized', message: '401: no such key' } : done;
  });
  await run.run(...Array.from({ length: 10 }, (_, k) => bodyWith(5, 5 * k)));
  expect(run.ended).toEqual(all(50, 'delivered'));
  expect(run.reasons.slice(0, 19)).toEqual(Array(19).fill('unauthorized: 401: no such key'));
  expect(run.reasons.at(-1)).toBeNull();
  expect(run.errors.get('unauthorized')).toBe(95);
  expect(most).toBe(1);
});

type Word = 'done' | 'some' | 'retry' | 'later' | 'split' | 'pause' | 'refused' | 'throw' | 'hang';
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Word>('done') },
  { weight: 4, arbitrary: fc.constant<Word>('some') },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Word>('retry', 'later', 'split', 'pause', 'refused', 'throw'),
  },
  { weight: 1, arbitrary: fc.constant<Word>('hang') },
);

it('whatever the target says: each entry ends once, and is stored once at most and just when that is what was said', async () => {
  const scripts = fc.record({
    words: fc.array(word, { maxLength: 40 }),
    bodies: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
    retry: fc.record({ max_attempts: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }) }),
    stopAfter: fc.option(fc.nat(20), { nil: undefined }),
    choice: fc.infiniteStream(fc.nat(5)),
  });
  await fc.assert(
    fc.asyncProperty(scripts, async ({ words, bodies, retry, stopAfter, choice }) => {
      const stored = new Map<number, number>();
      const store = (n: number): void => void stored.set(n, (stored.get(n) ?? 0) + 1);
      let request = 0;
      const run = deliveries(
        (numbers): Verdict | Promise<Verdict> => {
          if (request === stopAfter) run.stop.abort();
          const said = words[request++] ?? 'done';
          if (said === 'throw') throw new Error('a bug');
          if (said === 'hang') return new Promise<Verdict>((resolve) => setTimeout(resolve, 3, BUSY));
          if (said === 'retry') return ERROR;
          if (said === 'later') return { ...BUSY, afterMs: 1 };
          if (said === 'pause') return { kind: 'pause', code: 'forbidden', message: '403' };
          if (said === 'split') return { kind: 'split', code: 'request_too_large', message: '413' };
          if (said === 'refused') return REFUSED;
          const refused = numbers.flatMap((n, index): Refusal[] => {
            const fate = said === 'some' ? choice.next().value : 5;
            if (fate > 1) store(n);
            return fate > 1 ? [] : [{ index, retry: fate === 0, code: 'server_busy', message: '429' }];
          });
          return { kind: 'done', refused };
        },
        { ...retry, initial: 0, max: 1 },
      );
      let from = 0;
      await run.run(
        ...bodies.map((entries) => {
          from += entries;
          return bodyWith(entries, from - entries);
        }),
      );
      expect(run.ended.size).toBe(from);
      for (const [n, ends] of run.ended) {
        expect(ends).toHaveLength(1);
        expect([n, stored.get(n) ?? 0]).toEqual([n, ends[0] === 'delivered' ? 1 : 0]);
      }
      expect(run.stats.requestsInFlight).toBe(0);
    }),
    { numRuns: 150 },
  );
});
