import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Batch,
  defineTransform,
  type Outcome,
  type PluginDeclaration,
  ProbeError,
  path,
  type SinkDeclaration,
  type Verdict,
} from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { ComponentConfig } from '../component.ts';
import type { Loaded } from '../config/load.ts';
import { runPipeline } from '../run.ts';
import { balance } from '../stats.ts';
import {
  component,
  done,
  empty,
  numbered,
  pipelineConfig,
  scriptSink,
  scriptSource,
  testFolder,
} from '../test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(look: () => boolean): Promise<void> {
  for (const giveUpAt = performance.now() + 5000; !look(); ) {
    if (performance.now() > giveUpAt) throw new Error(`never: ${look}`);
    await pauseMs(2);
  }
}

/** A pipeline that runs, changes when it is told to, and keeps what it says. */
function running(components: ComponentConfig[], settings: object = {}) {
  const lines: { message: string; reasons: readonly string[] }[] = [];
  const write = (details: object, message: string) =>
    void lines.push({ message, reasons: 'reasons' in details ? (details.reasons as string[]) : [] });
  const log = { debug: write, info: write, warn: write, error: write };
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  let next: Loaded = {
    files: [],
    warnings: [],
    problems: [{ file: 'p.yaml', line: 1, column: 1, path: '', what: 'never set' }],
  };
  let request: ((occasion: string) => void) | null = null;
  const configOf = (all: ComponentConfig[], more: object) =>
    pipelineConfig(folder.path, all, { settings: { reload_timeout: '200ms', ...more } });
  const run = runPipeline(configOf(components, settings), {
    once: false,
    stop: stop.signal,
    log,
    version: '0',
    env: { NODE_NAME: 'test' },
    reloads: {
      load: () => Promise.resolve(next),
      subscribe(callBack) {
        request = callBack;
        return () => undefined;
      },
    },
  });
  const ends = () => lines.filter(({ message }) => /^reload: (the|nothing)/.test(message));
  return {
    lines,
    /** What the reload said at its end. */
    async change(to: ComponentConfig[] | Loaded, more: object = settings) {
      const before = ends().length;
      next = Array.isArray(to) ? { files: [], warnings: [], tests: [], problems: [], config: configOf(to, more) } : to;
      await until(() => request !== null);
      request?.('test');
      await until(() => ends().length > before);
      return ends().at(-1)!;
    },
    async stop() {
      stop.abort();
      const summary = await run;
      for (const stats of summary.components)
        expect([stats.id, balance(stats), stats.inFlight]).toEqual([stats.id, 0, 0]);
      return summary;
    },
  };
}

/** A source that counts upwards for ever; the next one of its id goes on where it was told to stop. */
function counter(state: { n: number }, outcomes: Outcome[] = [], isReady: () => boolean = () => true) {
  return scriptSource(async (io, batch) => {
    if (isReady()) io.ready();
    const settled: Promise<unknown>[] = [];
    while (!io.signal.aborted) {
      if (isReady()) {
        const { settled: one } = await io.emit(batch(numbered(3, state.n)), { bytes: 1 });
        state.n += 3;
        settled.push(one.then((outcome) => outcomes.push(outcome)));
      }
      await pauseMs(1);
    }
    io.inputEnded?.();
    await Promise.all(settled);
  });
}

function keeping() {
  const got: number[] = [];
  const sink = scriptSink((events) => {
    got.push(...events.map((event) => event.n));
    return done;
  });
  return { got, sink };
}
const dead = () => scriptSink(() => ({ kind: 'retry', code: 'server_unreachable', message: 'refused' }));
const transform = (create: () => (batch: never) => never) =>
  defineTransform({
    type: 'any',
    summary: 'For a test.',
    config: empty,
    examples: [],
    create: create as never,
  }) as PluginDeclaration;
/** Three events, and no more. */
const three = () =>
  scriptSource(async (io, batch) => {
    io.ready();
    await io.emit(batch(numbered(3)), { bytes: 1 });
    await new Promise((resolve) => io.signal.addEventListener('abort', resolve));
  });
/** Holds its first batch until it is due, or until the end. */
const holding = (dueMs: number) =>
  transform((() => {
    let held: [Batch, number] | null = null;
    return {
      holds: true,
      tickMs: 5,
      process: (batch: Batch) => {
        held = [batch, Date.now() + dueMs];
      },
      flush(now: number, final: boolean, out: (batch: Batch) => void) {
        if (!held || (!final && now < held[1])) return;
        out(held[0]);
        held = null;
      },
    };
  }) as never);
/** Answers after a while; `asked` hears of each request at once. */
const slow = (asked: () => void, answer: (events: { n: number }[]) => Verdict = () => done) =>
  scriptSink(async (events) => {
    asked();
    await pauseMs(200);
    return answer(events);
  });
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe('a reload', () => {
  it('exchanges what changed and leaves the rest alone: each event once, in either sink', async () => {
    const state = { n: 0 };
    const [kept, first, second] = [keeping(), keeping(), keeping()];
    const source = counter(state);
    const pipeline = running([
      component('in', source, []),
      component('kept', kept.sink, ['in']),
      component('out', first.sink, ['in']),
    ]);
    await until(() => first.got.length > 20);
    const to = [
      component('in', source, []),
      component('kept', kept.sink, ['in']),
      component('out', second.sink, ['in']),
    ];
    expect((await pipeline.change(to)).message).toBe('reload: the changed pipeline runs');
    await until(() => second.got.length > 20);
    expect((await pipeline.change(to)).message).toBe('reload: nothing has changed');
    const { ok, components } = await pipeline.stop();
    expect(ok).toBe(true);
    expect(sorted([...first.got, ...second.got])).toEqual(upTo(state.n));
    expect(sorted(kept.got)).toEqual(upTo(state.n));
    expect(components.map(({ id, sent }) => [id, sent])).toEqual([
      ['in', state.n],
      ['kept', state.n],
      ['out', state.n],
    ]);
  });

  it('hands what a dead sink holds to the one that takes its place', async () => {
    const state = { n: 0 };
    const { got, sink } = keeping();
    const outcomes: Outcome[] = [];
    const source = counter(state, outcomes);
    const pipeline = running([component('in', source, []), component('out', dead(), ['in'])]);
    await until(() => state.n > 60);
    await pipeline.change([component('in', source, []), component('out', sink, ['in'])]);
    const { ok, returned } = await pipeline.stop();
    expect([ok, returned, new Set(outcomes)]).toEqual([true, 0, new Set(['delivered'])]);
    expect(sorted(got)).toEqual(upTo(state.n));
  });

  it('changes who reads which output, and the outputs, between two batches: each event once', async () => {
    const state = { n: 0 };
    const router = (outputs: readonly string[]) =>
      defineTransform({
        type: 'router',
        summary: 'For a test.',
        config: empty,
        examples: [],
        outputs: () => outputs,
        create:
          ({ context }) =>
          (batch) => {
            const setOf = Array.from(
              { length: batch.length },
              (_, i) => Number(batch.get(i, path('n'))) % outputs.length,
            );
            context.route(batch, { sets: outputs.map((name) => [name]), setOf });
            return batch;
          },
      }) as PluginDeclaration;
    const [one, other] = [keeping(), keeping()];
    const source = component('in', counter(state), []);
    const [two, three] = [router(['a', 'b']), router(['a', 'b', 'c'])];
    const pipeline = running([
      source,
      component('router', two, ['in']),
      component('one', one.sink, ['router.a']),
      component('other', other.sink, ['router.b']),
    ]);
    await until(() => other.got.length > 20);
    const swapped = [component('one', one.sink, ['router.b']), component('other', other.sink, ['router.a'])];
    await pipeline.change([source, component('router', two, ['in']), ...swapped]);
    const before = state.n;
    await until(() => state.n > before + 60);
    const all = [component('one', one.sink, ['router.c']), component('other', other.sink, ['router.a', 'router.b'])];
    const { message } = await pipeline.change([source, component('router', three, ['in']), ...all]);
    expect(message).toBe('reload: the changed pipeline runs');
    const after = state.n;
    await until(() => state.n > after + 60);
    const { ok } = await pipeline.stop();
    expect(ok).toBe(true);
    expect(sorted([...one.got, ...other.got])).toEqual(upTo(state.n));
    expect(one.got.filter((n) => n > after + 3 && n % 3 !== 2)).toEqual([]);
  });

  it('tells the one that takes its place what may have been stored already', async () => {
    const source = three();
    const replays: boolean[] = [];
    let requests = 0;
    const first = scriptSink(() => {
      requests++;
      return { kind: 'retry', code: 'server_timeout', message: 'no answer' };
    });
    const second = scriptSink((events, body) => {
      for (const [k] of events.entries()) replays.push(body.position(k).offset < body.position(k).stream.replayBelow);
      return done;
    });
    const pipeline = running([component('in', source, []), component('out', first, ['in'])]);
    await until(() => requests > 1);
    await pipeline.change([component('in', source, []), component('out', second, ['in'])]);
    await until(() => replays.length === 3);
    expect(replays).toEqual([true, true, true]);
    await pipeline.stop();
  });

  it.each([
    ['disk', 'disk'],
    ['memory', 'disk'],
    ['disk', 'memory'],
  ] as const)('keeps what waits from a queue in %s to one in %s', async (from, to) => {
    const state = { n: 0 };
    const { got, sink } = keeping();
    const source = counter(state);
    const queue = (type: 'disk' | 'memory') => ({ queue: { type, max_bytes: 1_000_000 } });
    const pipeline = running([component('in', source, []), component('out', dead(), ['in'], queue(from))]);
    await until(() => state.n > 60);
    await pipeline.change([component('in', source, []), component('out', sink, ['in'], queue(to))]);
    if (from === 'disk' && to === 'memory') {
      expect(pipeline.lines.map(({ message }) => message).join()).toContain('holds events, but no sink "out"');
      await pipeline.change([component('in', source, []), component('out', sink, ['in'], queue(from))]);
    }
    await until(() => got.length >= state.n - 30);
    expect((await pipeline.stop()).problems).toEqual([]);
    expect(sorted(got)).toEqual(upTo(state.n));
  });

  it.each(['through a disk queue', 'through a transform that is exchanged'])(
    'loses nothing that is due while a sink retires: %s',
    async (way) => {
      const got: number[] = [];
      let requests = 0;
      const [source, due] = [component('in', three(), []), component('due', holding(60), ['in'])];
      const graph = () => {
        const out = scriptSink((events) => {
          got.push(...events.map(({ n }) => n));
          return done;
        });
        const isDisk = way.includes('disk');
        return [
          source,
          due,
          component('late', isDisk ? transform(() => (batch) => batch) : holding(1e6), ['due']),
          component('out', out, ['late'], isDisk ? { queue: { type: 'disk' } } : {}),
          component(
            'slow',
            slow(() => requests++),
            ['in'],
          ),
        ];
      };
      const pipeline = running(graph());
      await until(() => requests > 0);
      await pipeline.change(graph());
      await pauseMs(100);
      expect((await pipeline.stop()).returned).toBe(0);
      expect(got).toEqual(upTo(3));
    },
  );

  it('loses no letter of a sink that retires, for a sink of letters that has done so', async () => {
    const letters: unknown[] = [];
    let requests = 0;
    const refusing = (events: { n: number }[]): Verdict => ({
      kind: 'done',
      refused: events.map((_, index) => ({ index, retry: false, code: 'document_refused', message: 'no' })),
    });
    const source = component('in', three(), []);
    const graph = () => {
      const keeper = scriptSink((events) => {
        letters.push(...events);
        return done;
      });
      return [
        source,
        component(
          'slow',
          slow(() => requests++, refusing),
          ['in'],
        ),
        component('letters', keeper, ['dead_letters'], { queue: { type: 'disk' } }),
      ];
    };
    const pipeline = running(graph());
    await until(() => requests > 0);
    await pipeline.change(graph());
    await until(() => letters.length > 0);
    const { returned, deadLetters } = await pipeline.stop();
    expect([returned, deadLetters, letters.length]).toEqual([0, 3, 3]);
  });

  it('puts what a removed sink did not deliver into the dead letters', async () => {
    const state = { n: 0 };
    const { got, sink } = keeping();
    const source = counter(state);
    const pipeline = running([
      component('in', source, []),
      component('out', sink, ['in']),
      component('gone', dead(), ['in']),
    ]);
    await until(() => state.n > 30);
    await pipeline.change([component('in', source, []), component('out', sink, ['in'])]);
    const { deadLetters, components, deadLetterFile } = await pipeline.stop();
    expect(sorted(got)).toEqual(upTo(state.n));
    const letters = (await readFile(deadLetterFile, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(new Set(letters.map(({ component: id, code }) => `${id} ${code}`))).toEqual(new Set(['gone sink_removed']));
    const gone = components.find(({ id }) => id === 'gone')!;
    expect([deadLetters, gone.deadLettered]).toEqual([letters.length, letters.length]);
    expect(sorted(letters.map(({ event }) => event.n))).toEqual(upTo(letters.length));
  });

  it('keeps the running pipeline when a component cannot be created or a target does not answer', async () => {
    const state = { n: 0 };
    const { got, sink } = keeping();
    const source = counter(state);
    const before = [component('in', source, []), component('out', sink, ['in'])];
    const pipeline = running(before);
    const broken = transform(() => {
      throw new Error('no such thing');
    });
    const away = scriptSink(() => done, undefined, {
      probe: () => Promise.reject(new ProbeError('server_unreachable', 'nobody there')),
    });
    const silent = scriptSink(() => done, undefined, { probe: () => new Promise(() => undefined) });
    const cases: [ComponentConfig, string][] = [
      [component('new', broken, ['in']), 'new: cannot be created: no such thing'],
      [component('new', away, ['in']), 'new: server_unreachable: nobody there'],
      [component('new', silent, ['in']), 'new: no answer within 1 s'],
    ];
    for (const [more, reason] of cases) {
      const said = await pipeline.change([...before, more]);
      expect(said).toEqual({
        message: 'reload: the changed pipeline did not become ready, so the earlier one runs on',
        reasons: [reason],
      });
    }
    const { components } = await pipeline.stop();
    expect(components.map(({ id }) => id)).toEqual(['in', 'out']);
    expect(sorted(got)).toEqual(upTo(state.n));
  });

  it('goes back to the earlier pipeline when a source does not become ready, or fails', async () => {
    const state = { n: 0 };
    const [old, fresh] = [keeping(), keeping()];
    const through = transform(() => (batch) => batch);
    const before = [
      component('in', counter(state), []),
      component('through', through, ['in']),
      component('out', old.sink, ['through']),
    ];
    const pipeline = running(before);
    await until(() => old.got.length > 10);
    const late = counter(state, [], () => false);
    const failing = scriptSource(() => Promise.reject(new Error('no right to read')));
    for (const [source, reason] of [
      [late, 'in: is not ready after 0.2 s'],
      [failing, 'in: no right to read'],
    ] as const) {
      const said = await pipeline.change([
        component('in', source, []),
        component(
          'through',
          transform(() => (batch) => batch),
          ['in'],
        ),
        component('out', fresh.sink, ['through']),
      ]);
      expect(said.reasons).toEqual([reason]);
      const reached = old.got.length;
      await until(() => old.got.length > reached + 10);
    }
    const { ok, problems } = await pipeline.stop();
    expect([ok, problems]).toEqual([true, []]);
    expect(sorted([...old.got, ...fresh.got])).toEqual(upTo(state.n));
  });

  it('goes back to sinks that know what those on trial have stored', async () => {
    const state = { n: 0 };
    const stored = { events: 0 };
    let [open, closed] = [0, 0];
    /** A sink that reads what is stored with its first request only. */
    const adding = (): PluginDeclaration => ({
      ...scriptSink(() => done),
      kind: 'sink',
      input: 'logs',
      create() {
        open++;
        let known: number | null = null;
        return {
          limits: { bytes: 1000, events: 10, waitMs: 5 },
          maxInFlight: 1,
          encode: (_batch, from, to, out) => {
            for (let i = from; i < to; i++) if (!out.append(new Uint8Array(10))) return i;
            return to;
          },
          send(body) {
            known = (known ?? stored.events) + body.entries;
            stored.events = known;
            return Promise.resolve(done);
          },
          close() {
            closed++;
            return Promise.resolve();
          },
        };
      },
    });
    const source = component('in', counter(state), []);
    const pipeline = running([source, component('out', adding(), ['in'])]);
    await until(() => stored.events > 10);
    const late = component(
      'late',
      counter({ n: 0 }, [], () => false),
      [],
    );
    const { message } = await pipeline.change([source, late, component('out', adding(), ['in'])]);
    expect(message).toContain('the earlier one runs on');
    expect([open, closed]).toEqual([3, 2]);
    await pipeline.stop();
    expect([stored.events, closed]).toEqual([state.n, 3]);
  });

  it('goes back to a sink as it is when it cannot be made anew', async () => {
    const state = { n: 0 };
    const [old, fresh] = [keeping(), keeping()];
    const once = { ...old.sink } as SinkDeclaration;
    let made = 0;
    once.create = (options) => {
      if (made++ > 0) throw new Error('its file is gone');
      return (old.sink as SinkDeclaration).create(options);
    };
    const source = component('in', counter(state), []);
    const pipeline = running([source, component('out', once, ['in'])]);
    await until(() => old.got.length > 10);
    const failing = component(
      'failing',
      scriptSource(() => Promise.reject(new Error('no right to read'))),
      [],
    );
    const { reasons } = await pipeline.change([source, failing, component('out', fresh.sink, ['in'])]);
    expect([reasons, made]).toEqual([['failing: no right to read'], 2]);
    await pipeline.stop();
    expect(sorted([...old.got, ...fresh.got])).toEqual(upTo(state.n));
  });

  it('goes on with the state of the source that it replaces', async () => {
    const seen: unknown[] = [];
    const source = () =>
      scriptSource(async (io) => {
        seen.push([io.checkpoints.get('at') ?? 0, io.checkpoints.resumed]);
        io.checkpoints.set('at', Number(io.checkpoints.get('at') ?? 0) + 1);
        io.ready();
        await new Promise((resolve) => io.signal.addEventListener('abort', resolve));
      });
    const { sink } = keeping();
    const pipeline = running([component('in', source(), []), component('out', sink, ['in'])]);
    for (let k = 0; k < 3; k++) await pipeline.change([component('in', source(), []), component('out', sink, ['in'])]);
    await pipeline.stop();
    expect(seen).toEqual([
      [0, false],
      [1, true],
      [2, true],
      [3, true],
    ]);
  });

  it('says what cannot change, and all problems of files', async () => {
    const { sink } = keeping();
    const once = () => ({ ...counter({ n: 0 }), readsOnce: true }) as PluginDeclaration;
    const out = component('out', sink, ['in']);
    const pipeline = running([component('in', once(), []), out]);
    const refused = await pipeline.change([component('in', once(), []), out], {
      dead_letters: { path: 'elsewhere.ndjson' },
    });
    expect(refused).toEqual({
      message: 'reload: the running pipeline goes on unchanged',
      reasons: [
        'dead_letters cannot change while the process runs',
        'in: a events source cannot change while the process runs',
      ],
    });
    const problem = (line: number) => ({ file: 'p.yaml', line, column: 1, path: 'a', what: 'is wrong' });
    const faulty = await pipeline.change({ files: [], warnings: [], problems: [problem(1), problem(2)] });
    expect(faulty.reasons).toEqual(['p.yaml:1:1 a: is wrong', 'p.yaml:2:1 a: is wrong']);
    await pipeline.stop();
  });

  it('moves the endpoint to another address, and refuses one that is taken', async () => {
    const { sink } = keeping();
    const before = [component('in', counter({ n: 0 }), []), component('out', sink, ['in'])];
    const at = (name: string) => ({ metrics: { enabled: true, address: `unix:${join(folder.path, name)}` } });
    const pipeline = running(before, at('one'));
    await until(() => pipeline.lines.some(({ message }) => message.endsWith('/one')));
    expect((await pipeline.change(before, at('two'))).message).toBe('reload: the changed pipeline runs');
    const taken = await pipeline.change(before, { metrics: { enabled: true, address: '192.0.2.1:1' } });
    expect(taken.reasons.join()).toContain('metrics.address 192.0.2.1:1 cannot be listened on');
    await pipeline.stop();
  });
});
