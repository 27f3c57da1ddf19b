import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineTransform, LogBatch, type Outcome, type PluginDeclaration, path, resolveConfig } from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ComponentConfig, PipelineConfig } from './component.ts';
import { pipelineSettings } from './options.ts';
import { runPipeline } from './run.ts';
import {
  component,
  done,
  empty,
  eventsSource,
  numbered,
  quiet,
  runIn,
  scriptSink,
  sinkDefaults,
  type TestRun,
  testFolder,
} from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const run = (components: ComponentConfig[], options?: TestRun) => runIn(folder.path, components, options);

async function deadLetters(): Promise<
  { component: string; code: string; message: string; event: { n: number }; _id: string }[]
> {
  const text = await readFile(join(folder.path, 'data', 'dead-letters.ndjson'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('delivery', () => {
  it('delivers every event once, in order, cut by count', async () => {
    const got: number[] = [];
    const sizes: number[] = [];
    const outcomes: (Outcome | 'pending')[] = [];
    const sink = scriptSink((events) => {
      got.push(...events.map((e) => e.n));
      sizes.push(events.length);
      return done;
    });
    const summary = await run([
      component('in', eventsSource([numbered(25), numbered(7, 25)], outcomes), []),
      component('out', sink, ['in']),
    ]);
    expect(summary.ok).toBe(true);
    expect(got.toSorted((a, b) => a - b)).toEqual(numbered(32).map((e) => e.n));
    expect(Math.max(...sizes)).toBe(10);
    expect(outcomes).toEqual(['delivered', 'delivered']);
  });

  it('sends again only the entries that may succeed later, and dead-letters the refused ones', async () => {
    const tries = new Map<number, number>();
    const sink = scriptSink((events) => {
      for (const { n } of events) tries.set(n, (tries.get(n) ?? 0) + 1);
      const refused = events.flatMap(({ n }, index) => {
        if (n === 3) return { index, retry: false, code: 'document_refused' as const, message: 'no number' };
        return n === 5 && tries.get(5)! < 3
          ? { index, retry: true, code: 'server_busy' as const, message: 'slow down' }
          : [];
      });
      return { kind: 'done', refused };
    });
    const outcomes: (Outcome | 'pending')[] = [];
    const summary = await run([
      component('in', eventsSource([numbered(8)], outcomes), []),
      component('out', sink, ['in']),
    ]);
    expect(Object.fromEntries(tries)).toEqual({ 0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 3, 6: 1, 7: 1 });
    expect(await deadLetters()).toEqual([
      expect.objectContaining({
        component: 'out',
        code: 'document_refused',
        message: 'no number',
        event: { n: 3 },
        _id: 'AAAAAAAAAAAAAAAA-000000000003',
      }),
    ]);
    expect(outcomes).toEqual(['dead_lettered']);
    expect(summary.components[1]).toMatchObject({ received: 8, sent: 7, deadLettered: 1 });
  });

  it('repeats a whole request until the target takes it, and says tried', async () => {
    const seen: boolean[] = [];
    const sink = scriptSink((_, body) => {
      seen.push(body.tried(0));
      return seen.length < 4 ? { kind: 'retry', code: 'server_error', message: '503' } : done;
    });
    const summary = await run([component('in', eventsSource([numbered(3)]), []), component('out', sink, ['in'])]);
    expect(seen).toEqual([false, true, true, true]);
    expect(summary.components[1]!.sink!.retries).toBe(3);
  });

  it('splits what is too large and bisects what is refused as a whole', async () => {
    const got: number[] = [];
    const sink = scriptSink((events) => {
      if (events.length > 4) return { kind: 'split', code: 'request_too_large', message: '413' };
      if (events.some((e) => e.n === 6)) return { kind: 'refused', code: 'request_refused', message: '400' };
      got.push(...events.map((e) => e.n));
      return done;
    });
    await run([component('in', eventsSource([numbered(10)]), []), component('out', sink, ['in'])]);
    expect(got.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9]);
    expect((await deadLetters()).map((letter) => [letter.code, letter.event.n])).toEqual([['request_refused', 6]]);
  });

  it('tries a sink that throws three times, then finds the entry', async () => {
    let calls = 0;
    const sink = scriptSink((events) => {
      calls++;
      if (events.some((e) => e.n === 1)) throw new TypeError('no such shape');
      return done;
    });
    await run([component('in', eventsSource([numbered(2)]), []), component('out', sink, ['in'])]);
    expect(calls).toBe(3 + 1 + 3);
    expect((await deadLetters()).map((letter) => [letter.code, letter.message, letter.event.n])).toEqual([
      ['sink_threw', 'no such shape', 1],
    ]);
  });

  it('dead-letters an event that no request can hold', async () => {
    const big = { n: 1, text: 'x'.repeat(2000) };
    const outcomes: (Outcome | 'pending')[] = [];
    const got: number[] = [];
    const sink = scriptSink((events) => {
      got.push(...events.map((e) => e.n));
      return done;
    });
    await run([
      component('in', eventsSource([[{ n: 0 }, big, { n: 2 }]], outcomes), []),
      component('out', sink, ['in']),
    ]);
    expect(got).toEqual([0, 2]);
    expect((await deadLetters()).map((letter) => letter.code)).toEqual(['event_too_large']);
    expect(outcomes).toEqual(['dead_lettered']);
  });

  it('gives up an entry after max_attempts', async () => {
    const sink = scriptSink((events) => ({
      kind: 'done',
      refused: events.map((_, index) => ({ index, retry: true, code: 'server_busy' as const, message: 'full' })),
    }));
    const settings = { retry: { ...sinkDefaults.retry, max_attempts: 3 } };
    await run([component('in', eventsSource([numbered(1)]), []), component('out', sink, ['in'], settings)]);
    expect((await deadLetters()).map((letter) => letter.code)).toEqual(['retry_expired']);
  });

  it('gives back what a dead target did not take when it has to stop', async () => {
    const stop = new AbortController();
    const outcomes: (Outcome | 'pending')[] = [];
    const sink = scriptSink(() => ({ kind: 'retry', code: 'server_unreachable', message: 'refused' }));
    setTimeout(() => stop.abort(), 50);
    const summary = await run(
      [component('in', eventsSource([numbered(30)], outcomes), []), component('out', sink, ['in'])],
      {
        stop: stop.signal,
        shutdown: '50ms',
      },
    );
    expect(summary).toMatchObject({ ok: false, returned: 30 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(outcomes).toEqual(['errored']);
  });

  it('makes a source wait while the queue is full', async () => {
    let emitted = 0;
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const source = eventsSource(Array.from({ length: 50 }, (_, k) => numbered(1, k)));
    const sink = scriptSink(async (events) => {
      await gate;
      emitted += events.length;
      return done;
    });
    const settings = { queue: { max_bytes: 500 } };
    const running = run([component('in', source, []), component('out', sink, ['in'], settings)]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    release();
    const summary = await running;
    expect(emitted).toBe(50);
    expect(summary.components[0]!.sent).toBe(50);
  });
});

describe('the graph', () => {
  const keepEven = defineTransform({
    type: 'keep_even',
    summary: 'For a test.',
    config: empty,
    examples: [],
    create: () => (batch) => {
      const n = path('n');
      return batch.select(
        Array.from({ length: batch.length }, (_, i) => i).filter((i) => Number(batch.get(i, n)) % 2 === 0),
      );
    },
  }) as PluginDeclaration;

  it('books discards, splits, rejections and branches exactly', async () => {
    const twice = defineTransform({
      type: 'twice',
      summary: 'For a test.',
      config: empty,
      examples: [],
      create:
        ({ context }) =>
        (batch) => {
          const from: number[] = [];
          for (let i = 0; i < batch.length; i++) {
            if (batch.text(i) === '{"n":4}') context.reject(i, 'not_json', 'four');
            else from.push(i, i);
          }
          return batch.derive(
            from,
            from.map((i) => batch.text(i)),
          );
        },
    }) as PluginDeclaration;
    const ids: string[] = [];
    const all: number[] = [];
    const outcomes: (Outcome | 'pending')[] = [];
    const summary = await run([
      component('in', eventsSource([numbered(10)], outcomes), []),
      component('even', keepEven, ['in']),
      component('twice', twice, ['even']),
      component(
        'out',
        scriptSink((events, body) => {
          ids.push(...events.map((_, k) => `${body.position(k).offset}.${body.position(k).sub}`));
          return done;
        }),
        ['twice'],
      ),
      component(
        'all',
        scriptSink((events) => {
          all.push(...events.map((e) => e.n));
          return done;
        }),
        ['in'],
      ),
    ]);
    expect(summary.ok).toBe(true);
    expect(summary.components.map((s) => [s.id, s.received, s.created, s.sent, s.deadLettered])).toEqual([
      ['in', 10, 0, 10, 0],
      ['even', 10, 0, 5, 0],
      ['twice', 5, 4, 8, 1],
      ['out', 8, 0, 8, 0],
      ['all', 10, 0, 10, 0],
    ]);
    expect(ids).toEqual(['0.1', '0.2', '2.1', '2.2', '6.1', '6.2', '8.1', '8.2']);
    expect(all).toEqual(numbered(10).map((e) => e.n));
    expect(outcomes).toEqual(['dead_lettered']);
  });

  it('joins events with merge and settles all their inputs', async () => {
    const join = defineTransform({
      type: 'join',
      summary: 'For a test.',
      config: empty,
      examples: [],
      create: () => (batch) =>
        batch.merge(
          Array.from({ length: batch.length }, (_, i) => i),
          '{"n":-1}',
        ),
    }) as PluginDeclaration;
    const outcomes: (Outcome | 'pending')[] = [];
    const summary = await run([
      component('in', eventsSource([numbered(4), numbered(3)], outcomes), []),
      component('join', join, ['in']),
      component(
        'out',
        scriptSink(() => done),
        ['join'],
      ),
    ]);
    expect(outcomes).toEqual(['delivered', 'delivered']);
    expect(summary.components[1]).toMatchObject({ received: 7, merged: 5, sent: 2 });
  });

  it('finds the event that a transform cannot bear', async () => {
    const fragile = defineTransform({
      type: 'fragile',
      summary: 'For a test.',
      config: empty,
      examples: [],
      create: () => (batch) => {
        for (let i = 0; i < batch.length; i++) if (batch.text(i) === '{"n":2}') throw new Error('two');
        return batch;
      },
    }) as PluginDeclaration;
    const got: number[] = [];
    const summary = await run([
      component('in', eventsSource([numbered(5)]), []),
      component('fragile', fragile, ['in']),
      component(
        'out',
        scriptSink((events) => {
          got.push(...events.map((e) => e.n));
          return done;
        }),
        ['fragile'],
      ),
    ]);
    expect(got.toSorted()).toEqual([0, 1, 3, 4]);
    expect(summary.components[1]).toMatchObject({ sent: 4, deadLettered: 1 });
  });

  it('dead-letters the event that edits make too long, instead of passing it on unedited', async () => {
    const grow = defineTransform({
      type: 'grow',
      summary: 'For a test.',
      config: empty,
      examples: [],
      create: () => (batch: LogBatch) => {
        for (let i = 0; i < batch.length; i++)
          if (batch.get(i, path('n')) === 2) batch.set(i, path('more'), 'x'.repeat(5_000_000));
        return batch;
      },
    }) as PluginDeclaration;
    const got: number[] = [];
    const sink = scriptSink((events) => {
      got.push(...events.map((e) => e.n));
      return done;
    });
    await run([
      component('in', eventsSource([numbered(5)]), []),
      component('grow', grow, ['in']),
      component('out', sink, ['grow']),
    ]);
    expect(got.toSorted()).toEqual([0, 1, 3, 4]);
    expect((await deadLetters()).map(({ code, event, message }) => [code, event, message])).toEqual([
      ['transform_threw', { n: 2 }, 'edits would make event 0 longer than 4194304 bytes'],
    ]);
  });

  it('keeps the edits of one branch from the other', async () => {
    const mark = defineTransform({
      type: 'mark',
      summary: 'For a test.',
      config: empty,
      examples: [],
      create: () => (batch: LogBatch) => {
        for (let i = 0; i < batch.length; i++) batch.set(i, path('n'), 99);
        return batch;
      },
    }) as PluginDeclaration;
    const got: number[][] = [[], []];
    const into = (k: number) =>
      scriptSink((events) => {
        got[k]!.push(...events.map((e) => e.n));
        return done;
      });
    await run([
      component('in', eventsSource([numbered(2)]), []),
      component('mark', mark, ['in']),
      component('marked', into(0), ['mark']),
      component('plain', into(1), ['in']),
    ]);
    expect(got).toEqual([
      [99, 99],
      [0, 1],
    ]);
  });

  it('stops with lineage_lost when a transform gives out foreign events', async () => {
    const foreign = defineTransform({
      type: 'foreign',
      summary: 'For a test.',
      config: empty,
      examples: [],
      create: () => (batch) => LogBatch.fromSource(batch.events(), batch.columns),
    }) as PluginDeclaration;
    const settings = resolveConfig(pipelineSettings, { metrics: { enabled: false }, shutdown_timeout: '50ms' });
    const config: PipelineConfig = {
      settings,
      dataDir: join(folder.path, 'data'),
      components: [
        component('in', eventsSource([numbered(1), numbered(1)]), []),
        component('foreign', foreign, ['in']),
        component(
          'out',
          scriptSink(() => done),
          ['foreign'],
        ),
      ],
    };
    const summary = await runPipeline(config, {
      once: true,
      stop: new AbortController().signal,
      log: quiet,
      version: '0',
      env: {},
    });
    expect(summary.problems.join()).toMatch(/lineage_lost: foreign gave out 1 events/);
  });
});
