import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Outcome, Verdict } from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { component, done, eventsSource, numbered, quiet, runIn, scriptSink, testFolder } from '../../test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const queueFolder = () => join(folder.path, 'data', 'queues', 'out');
const DISK = { queue: { type: 'disk', max_bytes: 1_000_000 } } as const;
const refused = { kind: 'retry', code: 'server_unreachable', message: 'refused' } as const;

function eachRefused(entries: number): Verdict {
  const refusal = {
    retry: true,
    code: 'index_blocked',
    message: 'read-only',
    subject: 'logs',
    afterMs: 30_000,
  } as const;
  return { kind: 'done', refused: Array.from({ length: entries }, (_, index) => ({ ...refusal, index })) };
}

/** Stops a run as soon as so many batches of its source are settled. */
function stopWhenSettled(outcomes: readonly (Outcome | 'pending')[], count: number): AbortSignal {
  const stop = new AbortController();
  const timer = setInterval(() => {
    if (outcomes.filter((outcome) => outcome !== 'pending').length < count) return;
    clearInterval(timer);
    stop.abort();
  }, 5);
  return stop.signal;
}
const batches = (count: number, each = 10) => Array.from({ length: count }, (_, k) => numbered(each, k * each));

describe('a pipeline with a disk queue', () => {
  it('delivers everything in order and leaves nothing behind', async () => {
    const got: number[] = [];
    const outcomes: (Outcome | 'pending')[] = [];
    const sink = scriptSink(
      (events) => {
        got.push(...events.map(({ n }) => n));
        return done;
      },
      undefined,
      { maxInFlight: 1 },
    );
    const summary = await runIn(folder.path, [
      component('in', eventsSource(batches(50), outcomes), []),
      component('out', sink, ['in'], DISK),
    ]);
    expect(got).toEqual(numbered(500).map(({ n }) => n));
    expect(new Set(outcomes)).toEqual(new Set(['delivered']));
    expect(summary.ok).toBe(true);
    expect((await readdir(queueFolder())).filter((name) => name !== 'positions')).toEqual([]);
  });

  it('settles events that nobody takes, keeps them over restarts, and sends each once', async () => {
    const outcomes: (Outcome | 'pending')[] = [];
    const first = await runIn(
      folder.path,
      [
        component('in', eventsSource(batches(20), outcomes), []),
        component(
          'out',
          scriptSink(() => refused),
          ['in'],
          DISK,
        ),
      ],
      { stop: stopWhenSettled(outcomes, 20), shutdown: '100ms' },
    );
    expect(outcomes).toEqual(Array.from({ length: 20 }, () => 'delivered'));
    expect(first.components[1]).toMatchObject({ received: 200, sent: 0, returned: 200, recovered: 0 });

    const got: number[] = [];
    const tried: boolean[] = [];
    const replayed: boolean[] = [];
    const sink = scriptSink((events, body) => {
      tried.push(body.tried(0));
      for (let entry = 0; entry < body.entries; entry++)
        replayed.push(body.position(entry).offset < body.position(entry).stream.replayBelow);
      got.push(...events.map(({ n }) => n));
      return done;
    });
    const second = await runIn(folder.path, [
      component('in', eventsSource([numbered(3, 1000)]), []),
      component('out', sink, ['in'], DISK),
    ]);
    expect(got.toSorted((a, b) => a - b)).toEqual([...numbered(200), ...numbered(3, 1000)].map(({ n }) => n));
    expect(replayed.filter((is) => is)).toHaveLength(200);
    expect(second.components[1]).toMatchObject({ received: 3, recovered: 200, sent: 203, returned: 0 });
    expect(second.ok).toBe(true);
  });

  it.each<[string, (entries: number) => Verdict]>([
    ['a dead target', () => refused],
    ['a target that refuses each event for now', eachRefused],
  ])('does not wait for %s when it is told to stop: what it has is safe', async (_, answer) => {
    const stop = new AbortController();
    const outcomes: (Outcome | 'pending')[] = [];
    let requests = 0;
    const dead = component(
      'out',
      scriptSink((events) => {
        requests++;
        return answer(events.length);
      }),
      ['in'],
      DISK,
    );
    const running = runIn(folder.path, [component('in', eventsSource(batches(5), outcomes), []), dead], {
      stop: stop.signal,
      once: false,
    });
    await expect.poll(() => outcomes.filter((outcome) => outcome === 'delivered')).toHaveLength(5);
    await expect.poll(() => requests).toBeGreaterThan(0);
    const started = performance.now();
    stop.abort();
    const { returned } = await running;
    expect(returned).toBe(50);
    expect(performance.now() - started).toBeLessThan(8000);
  });

  it('waits for a target that takes events, when it is told to stop', async () => {
    const stop = new AbortController();
    const outcomes: (Outcome | 'pending')[] = [];
    let requests = 0;
    const slow = scriptSink(async () => {
      requests++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return done;
    });
    const running = runIn(
      folder.path,
      [component('in', eventsSource(batches(20), outcomes), []), component('out', slow, ['in'], DISK)],
      {
        stop: stop.signal,
        once: false,
      },
    );
    await expect.poll(() => outcomes.filter((outcome) => outcome === 'delivered')).toHaveLength(20);
    await expect.poll(() => requests).toBeGreaterThan(0);
    stop.abort();
    expect((await running).components[1]).toMatchObject({ sent: 200, returned: 0 });
  });

  it.each(['drop_newest', 'drop_oldest'] as const)(
    'with %s never holds up its source, and its ledger is even',
    async (whenFull) => {
      const outcomes: (Outcome | 'pending')[] = [];
      const padded = batches(300).map((events) => events.map((event) => ({ ...event, pad: 'x'.repeat(500) })));
      const summary = await runIn(
        folder.path,
        [
          component('in', eventsSource(padded, outcomes), []),
          component(
            'out',
            scriptSink(() => refused),
            ['in'],
            {
              queue: { type: 'disk', max_bytes: 200_000, when_full: whenFull },
            },
          ),
        ],
        { stop: stopWhenSettled(outcomes, 300), shutdown: '50ms' },
      );
      const { received, returned, discarded } = summary.components[1]!;
      expect(received).toBe(3000);
      const [loss] = discarded.values();
      expect([discarded.size, loss!.reason, loss!.intentional]).toEqual([1, `queue_full_${whenFull}`, true]);
      expect(loss!.count).toBe(3000 - returned);
      expect(returned).toBeGreaterThan(100);
      expect(outcomes).not.toContain('pending');
      expect(outcomes).not.toContain('errored');
    },
  );

  it('dead-letters what the target refuses, also when it comes from the disk', async () => {
    const dead = component(
      'out',
      scriptSink(() => refused),
      ['in'],
      DISK,
    );
    const outcomes: (Outcome | 'pending')[] = [];
    await runIn(folder.path, [component('in', eventsSource(batches(3), outcomes), []), dead], {
      stop: stopWhenSettled(outcomes, 3),
      shutdown: '50ms',
    });
    const picky = scriptSink((events) => ({
      kind: 'done',
      refused: events.flatMap(({ n }, index) =>
        n % 10 === 0 ? [{ index, retry: false, code: 'document_refused' as const, message: 'no' }] : [],
      ),
    }));
    const summary = await runIn(folder.path, [
      component('in', eventsSource([]), []),
      component('out', picky, ['in'], DISK),
    ]);
    expect(summary.components[1]).toMatchObject({ recovered: 30, sent: 27, deadLettered: 3, returned: 0 });
    expect(summary.deadLetters).toBe(3);
    expect((await readdir(queueFolder())).filter((name) => name.endsWith('.seg'))).toEqual([]);
  });

  it('says once what was damaged, counts it, and delivers the rest', async () => {
    const dead = component(
      'out',
      scriptSink(() => refused),
      ['in'],
      DISK,
    );
    const outcomes: (Outcome | 'pending')[] = [];
    const source = component('in', eventsSource(batches(3), outcomes), []);
    await runIn(folder.path, [source, dead], { stop: stopWhenSettled(outcomes, 3), shutdown: '50ms' });
    const segment = (await readdir(queueFolder())).find((name) => name.endsWith('.seg'))!;
    const bytes = await readFile(join(queueFolder(), segment));
    bytes[50]! ^= 1;
    await writeFile(join(queueFolder(), segment), bytes);
    const { log, warnings } = heard();
    const live = component(
      'out',
      scriptSink(() => done),
      ['in'],
      DISK,
    );
    const summary = await runIn(folder.path, [component('in', eventsSource([]), []), live], { log });
    const { recovered, sent, errors } = summary.components[1]!;
    expect(recovered).toBeLessThan(30);
    expect([recovered, errors.get('queue_damaged')]).toEqual([sent, 1]);
    expect(warnings).toEqual([
      expect.stringMatching(
        `^out: queue_damaged: ${join(queueFolder(), segment)} had [\\d,]+ damaged bytes; ${recovered} events of it were saved; it is now ${queueFolder()}/quarantine/`,
      ),
    ]);
  });

  it('does not start on what a later version wrote', async () => {
    await mkdir(queueFolder(), { recursive: true });
    const text = '{"format":2}';
    await writeFile(join(queueFolder(), 'positions'), `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`);
    const components = [
      component('in', eventsSource([]), []),
      component(
        'out',
        scriptSink(() => done),
        ['in'],
        DISK,
      ),
    ];
    await expect(runIn(folder.path, components)).rejects.toThrow('format 2 was written by a newer tailrace');
  });

  it('warns of events in a queue that no sink uses any more', async () => {
    const dead = component(
      'out',
      scriptSink(() => refused),
      ['in'],
      DISK,
    );
    const outcomes: (Outcome | 'pending')[] = [];
    await runIn(folder.path, [component('in', eventsSource(batches(3), outcomes), []), dead], {
      stop: stopWhenSettled(outcomes, 3),
      shutdown: '50ms',
    });
    const { log, warnings } = heard();
    const memory = component(
      'out',
      scriptSink(() => done),
      ['in'],
    );
    const summary = await runIn(folder.path, [component('in', eventsSource([]), []), memory], { log });
    expect(summary.components[1]!.recovered).toBe(0);
    expect(warnings).toEqual([
      `${queueFolder()} holds events, but no sink "out" has a disk queue: nobody delivers them; see tailrace queue export`,
    ]);
  });
});

function heard() {
  const warnings: string[] = [];
  const log = { ...quiet, warn: (_: object, message: string) => void warnings.push(message) };
  return { log, warnings };
}
