import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import {
  ConfigError,
  defineSink,
  defineTransform,
  type LogBatch,
  type Outcome,
  type PluginDeclaration,
  ProbeError,
  type Sink,
  type Verdict,
} from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ComponentConfig } from './component.ts';
import { runPipeline } from './run.ts';
import { lockDataDir } from './state/lock.ts';
import {
  component,
  done,
  empty,
  eventsSource,
  numbered,
  pipelineConfig,
  quiet,
  runIn,
  scriptSink,
  scriptSource,
  type TestRun,
  testFolder,
} from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const run = (components: ComponentConfig[], options?: TestRun) => runIn(folder.path, components, options);
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const stopAfter = (milliseconds: number): AbortSignal => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), milliseconds);
  return stop.signal;
};
const toDone = () => scriptSink(() => done);

/** A log that is kept. */
function keptLog() {
  const lines: { level: string; message: string; details: object }[] = [];
  const at = (level: string) => (details: object, message: string) => void lines.push({ level, message, details });
  return { lines, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } };
}

describe('a stop signal', () => {
  it('lets a slow target take what is under way', async () => {
    const stop = new AbortController();
    const outcomes: (Outcome | 'pending')[] = [];
    const slow = scriptSink(async () => {
      await pauseMs(20);
      return done;
    });
    const source = scriptSource(async (io, batch) => {
      io.ready();
      for (let k = 0; !io.signal.aborted; k++) {
        const { settled } = await io.emit(batch(numbered(5)), { bytes: 1 });
        outcomes[k] = 'pending';
        void settled.then((outcome) => {
          outcomes[k] = outcome;
        });
        if (k === 5) stop.abort();
        await pauseMs(1);
      }
    });
    const summary = await run([component('in', source, []), component('out', slow, ['in'])], {
      stop: stop.signal,
      once: false,
    });
    expect(summary).toMatchObject({ ok: true, returned: 0, problems: [] });
    expect(outcomes.length).toBeGreaterThan(3);
    expect(new Set(outcomes)).toEqual(new Set(['delivered']));
  });

  it('is obeyed in time when the target hangs; what was left is said', async () => {
    const { lines, log } = keptLog();
    const hanging = scriptSink(() => new Promise<Verdict>(() => undefined), undefined, { maxInFlight: 1 });
    const started = performance.now();
    const summary = await run(
      [
        component('in', eventsSource([numbered(7)]), []),
        component('out', hanging, ['in'], { request_timeout: 60_000 }),
      ],
      { stop: stopAfter(30), shutdown: '100ms', log },
    );
    expect(performance.now() - started).toBeLessThan(2500);
    expect(summary).toMatchObject({ ok: false, returned: 7 });
    expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toContain(
      'out: 7 events were not delivered in time',
    );
  });

  it('names a source that does not obey', async () => {
    const deaf = scriptSource(() => new Promise(() => undefined));
    const summary = await run([component('in', deaf, []), component('out', toDone(), ['in'])], { stop: stopAfter(20) });
    expect(summary.problems).toEqual(['in: did not return within 5 s of its end']);
  }, 10_000);

  it('counts as obeyed when it came before the start', async () => {
    const summary = await run([component('in', eventsSource([numbered(3)]), []), component('out', toDone(), ['in'])], {
      stop: AbortSignal.abort(),
    });
    expect(summary.components[0]!.received).toBe(0);
  });

  it('ends a source that waits for room', async () => {
    const outcomes: (Outcome | 'pending')[] = [];
    const dead = scriptSink(() => ({ kind: 'retry', code: 'server_unreachable', message: 'refused' }));
    const batches = Array.from({ length: 50 }, () => numbered(5));
    const summary = await run(
      [
        component('in', eventsSource(batches, outcomes), []),
        component('out', dead, ['in'], { queue: { max_bytes: 500 } }),
      ],
      { stop: stopAfter(50), shutdown: '50ms' },
    );
    expect(summary.components[0]!.received).toBeLessThan(100);
    expect(summary.returned).toBe(summary.components[0]!.received);
  });
});

describe('the end of the input', () => {
  it('is no deadline: what was emitted is delivered however long it takes', async () => {
    let tries = 0;
    const busy = scriptSink(() =>
      ++tries < 12 ? { kind: 'retry', code: 'server_error', message: '503', afterMs: 20 } : done,
    );
    const summary = await run([component('in', eventsSource([numbered(3)]), []), component('out', busy, ['in'])], {
      shutdown: '50ms',
    });
    expect(summary.ok).toBe(true);
  });

  it('forbids to emit more', async () => {
    const source = scriptSource(async (io, batch) => {
      io.inputEnded?.();
      await io.emit(batch(numbered(1)), { bytes: 1 });
    });
    const summary = await run([component('in', source, []), component('out', toDone(), ['in'])]);
    expect(summary.problems).toEqual(['in: in emitted after it said that its input had ended']);
  });

  it('keeps a source running until its last batch has settled, so that its checkpoint moves', async () => {
    const source = () =>
      scriptSource(async (io, batch) => {
        const { settled } = await io.emit(batch(numbered(3)), { bytes: 1 });
        io.inputEnded?.();
        io.checkpoints.set('outcome', await settled);
      });
    await run([component('in', source(), []), component('out', toDone(), ['in'])]);
    const stored = JSON.parse(await readFile(join(folder.path, 'data', 'checkpoints.json'), 'utf8'));
    expect(stored.components).toEqual({ in: { outcome: 'delivered' } });
  });
});

describe('a failing plugin', () => {
  it('that is a source stops the pipeline; what it had emitted is delivered', async () => {
    const source = scriptSource(async (io, batch) => {
      await io.emit(batch(numbered(4)), { bytes: 1 });
      throw new Error('disk gone');
    });
    const summary = await run([component('in', source, []), component('out', toDone(), ['in'])], { once: false });
    expect(summary).toMatchObject({ ok: false, problems: ['in: disk gone'] });
    expect(summary.components[0]!.errors.get('source_threw')).toBe(1);
    expect(summary.components[1]!.sent).toBe(4);
  });

  it('that is a source which throws before it returns a promise is the same', async () => {
    const source = scriptSource(() => {
      throw new Error('at once');
    });
    const summary = await run([component('in', source, []), component('out', toDone(), ['in'])]);
    expect(summary.problems).toEqual(['in: at once']);
  });

  it('is named when it does not close well', async () => {
    const sink = scriptSink(() => done, undefined, { close: () => Promise.reject(new Error('no flush')) });
    const summary = await run([component('in', eventsSource([numbered(1)]), []), component('out', sink, ['in'])]);
    expect(summary.problems).toEqual(['out: did not close well: no flush']);
  });

  it('that cannot be created leaves nothing behind', async () => {
    let closed = 0;
    const fine = scriptSink(() => done, undefined, { close: async () => void closed++ });
    const bad = defineSink({
      type: 'bad',
      summary: 'For a test.',
      config: empty,
      examples: [],
      create: () => {
        throw new ConfigError(['url'], 'must be a URL');
      },
    }) as PluginDeclaration;
    const components = [
      component('in', eventsSource([]), []),
      component('fine', fine, ['in']),
      component('bad', bad, ['in']),
    ];
    await expect(run(components)).rejects.toThrow('must be a URL');
    expect(closed).toBe(1);
    await (await lockDataDir(join(folder.path, 'data'))).release();
  });

  it('is not what an address in use is: that is said, and the lock is free again', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const address = `127.0.0.1:${port}`;
    let closed = 0;
    const sink = scriptSink(() => done, undefined, { close: async () => void closed++ });
    const components = [component('in', eventsSource([]), []), component('out', sink, ['in'])];
    await expect(run(components, { settings: { metrics: { address } } })).rejects.toThrow(
      `metrics.address ${address} is in use: stop what listens there, or set another address`,
    );
    expect(closed).toBe(1);
    await (await lockDataDir(join(folder.path, 'data'))).release();
    server.close();
  });

  it('whose output has gone for good stops the pipeline without waiting', async () => {
    const gone = defineSink({
      type: 'gone',
      summary: 'For a test.',
      config: empty,
      examples: [],
      create: ({ context }): Sink => ({
        limits: { bytes: 1000, events: 10, waitMs: 1 },
        maxInFlight: 1,
        encode: (_batch, from, _to, out) => (out.append(new Uint8Array(1)) ? from + 1 : from),
        send() {
          context.outputGone?.('the pipe was closed');
          return Promise.resolve({ kind: 'retry', code: 'write_failed', message: 'closed' });
        },
      }),
    }) as PluginDeclaration;
    const { lines, log } = keptLog();
    const started = performance.now();
    const summary = await run([component('in', eventsSource([numbered(3)]), []), component('out', gone, ['in'])], {
      once: false,
      log,
    });
    expect(performance.now() - started).toBeLessThan(1000);
    expect(summary.returned).toBe(3);
    expect(lines.map(({ message }) => message)).toContain('out: the pipe was closed: the pipeline stops');
  });
});

describe('a probe', () => {
  it('says what is wrong until it is mended, also when it ignores its time limit once', async () => {
    const { lines, log } = keptLog();
    let calls = 0;
    const sink = scriptSink(() => done, undefined, {
      probe() {
        calls++;
        if (calls === 1) return new Promise(() => undefined);
        return calls === 2 ? Promise.reject(new ProbeError('unauthorized', '401: no such key')) : Promise.resolve();
      },
    });
    const waiting = scriptSource(
      (io) =>
        new Promise((resolve) => {
          io.signal.addEventListener('abort', () => resolve());
        }),
    );
    const stop = new AbortController();
    const running = run([component('in', waiting, []), component('out', sink, ['in'], { request_timeout: 50 })], {
      stop: stop.signal,
      once: false,
      log,
    });
    const said = () => lines.map(({ message }) => message).filter((message) => message.startsWith('out: target'));
    for (let k = 0; k < 400 && said().length < 2; k++) await pauseMs(20);
    stop.abort();
    await running;
    expect(calls).toBe(3);
    expect(said()).toEqual(['out: target: no answer within 50 ms', 'out: target works again']);
  }, 10_000);
});

describe('a transform that holds events back', () => {
  /** Gives out pairs of batches; a lone one with a tick or at the end; drops negative numbers without a word. */
  function holding(options: { tickMs?: number; closed?: () => void; throwAt?: number } = {}): PluginDeclaration {
    return defineTransform({
      type: 'hold',
      summary: 'For a test.',
      config: empty,
      examples: [],
      create: () => {
        let held: LogBatch[] = [];
        return {
          holds: true,
          ...(options.tickMs === undefined ? {} : { tickMs: options.tickMs }),
          process(batch, out) {
            const keep = Array.from({ length: batch.length }, (_, i) => i).filter((i) => !batch.text(i).includes('-'));
            held.push(batch.select(keep));
            if (batch.text(0) === `{"n":${options.throwAt}}`) throw new Error('no such state');
            if (held.length < 2) return;
            for (const made of held) out(made);
            held = [];
          },
          flush(_now, final, out) {
            if (!final && options.tickMs === undefined) return;
            for (const made of held) out(made);
            held = [];
          },
          close: () => options.closed?.(),
        };
      },
    }) as PluginDeclaration;
  }

  it('gives them out at the end of the input; nobody waits for anybody for ever', async () => {
    const outcomes: (Outcome | 'pending')[] = [];
    const got: number[] = [];
    let closed = 0;
    const sink = scriptSink((events) => {
      got.push(...events.map((e) => e.n));
      return done;
    });
    const batches = [numbered(3), numbered(3, 3), [{ n: 6 }, { n: -1 }, { n: 8 }]];
    const summary = await run([
      component('in', eventsSource(batches, outcomes), []),
      component('hold', holding({ closed: () => void closed++ }), ['in']),
      component('again', holding(), ['hold']),
      component('out', sink, ['again']),
    ]);
    expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 8]);
    expect(outcomes).toEqual(['delivered', 'delivered', 'discarded']);
    expect(summary.ok).toBe(true);
    expect(summary.components[1]).toMatchObject({ received: 9, sent: 8, inFlight: 0 });
    expect([...summary.components[1]!.discarded.values()]).toEqual([{ reason: 'hold', intentional: true, count: 1 }]);
    expect(closed).toBe(1);
  });

  it('gives them out with its ticks', async () => {
    const got: number[] = [];
    const sink = scriptSink((events) => {
      got.push(...events.map((e) => e.n));
      return done;
    });
    const source = scriptSource(async (io, batch) => {
      const { settled } = await io.emit(batch(numbered(3)), { bytes: 1 });
      // Without a tick this source would wait for ever: it has not ended.
      expect(await settled).toBe('delivered');
    });
    await run([
      component('in', source, []),
      component('hold', holding({ tickMs: 10 }), ['in']),
      component('out', sink, ['hold']),
    ]);
    expect(got).toEqual([0, 1, 2]);
  });

  it('stops the pipeline with its error: what it kept is not known', async () => {
    const source = scriptSource(async (io, batch) => {
      for (let k = 0; k < 3; k++) await io.emit(batch(numbered(2, k * 2)), { bytes: 1 });
    });
    const components = [
      component('in', source, []),
      component('hold', holding({ throwAt: 4 }), ['in']),
      component('out', toDone(), ['hold']),
    ];
    const stop = new AbortController().signal;
    const options = { once: true, stop, log: quiet, version: '0', env: {} };
    const summary = await runPipeline(pipelineConfig(folder.path, components), options);
    expect(summary.problems).toEqual(['in: no such state']);
    expect(summary.ok).toBe(false);
  });
});
