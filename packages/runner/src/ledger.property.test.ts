import { join } from 'node:path';
import {
  type Batch,
  defineTransform,
  type EventOf,
  joinEvents,
  type LogBatch,
  type Outcome,
  type PluginDeclaration,
  path,
  type TransformContext,
  type Verdict,
} from '@tailrace/core';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ComponentConfig } from './component.ts';
import type { Loaded } from './config/load.ts';
import type { Reloads } from './reload/reloader.ts';
import { producerOf } from './routing.ts';
import type { ComponentStats } from './stats.ts';
import {
  component,
  done,
  empty,
  eventsSource,
  numbered,
  pipelineConfig,
  runIn,
  scriptSink,
  sinkDefaults,
  testFolder,
} from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const n = path('n');
const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const numberAt = (batch: LogBatch, i: number) => Number(batch.get(i, n));

type Process = (context: TransformContext) => (batch: LogBatch) => LogBatch | LogBatch[];

/** Every way in which an event can leave by the outputs a and b. */
const ROUTES = [['a'], ['b'], ['a', 'b'], []];

/** Everything that a transform may do with its events. */
const TRANSFORMS: Readonly<Record<string, Process>> = {
  passes: () => (batch) => batch,
  drops: () => (batch) => batch.select(range(batch.length).filter((i) => numberAt(batch, i) % 3 !== 0)),
  doubles: () => (batch) => {
    const from = range(batch.length).flatMap((i) => (numberAt(batch, i) % 2 === 0 ? [i, i] : [i]));
    return batch.derive(
      from,
      from.map((i) => batch.text(i)),
    );
  },
  merges: () => (batch) => (batch.length < 2 ? batch : batch.merge(range(batch.length), batch.text(0))),
  cuts: () => (batch) => {
    const half = batch.length >> 1;
    return [batch.select(range(half)), batch.select(range(batch.length - half).map((i) => half + i))];
  },
  rejects: (context) => (batch) => {
    const bad = range(batch.length).filter((i) => numberAt(batch, i) % 5 === 1);
    for (const i of bad) context.reject(i, 'not_json', 'fifth');
    return batch.select(range(batch.length).filter((i) => !bad.includes(i)));
  },
  routes: (context) => (batch) => {
    const setOf = range(batch.length).map((i) => numberAt(batch, i) % ROUTES.length);
    context.route(batch, { sets: ROUTES, setOf });
    return batch;
  },
  'cuts and routes': (context) => (batch) => {
    const halves = [0, 1].map((rest) => batch.select(range(batch.length).filter((i) => i % 2 === rest)));
    for (const half of halves)
      context.route(half, { sets: ROUTES, setOf: range(half.length).map((i) => numberAt(half, i) % 2) });
    return halves;
  },
  throws: () => (batch) => {
    for (const i of range(batch.length)) if (numberAt(batch, i) % 7 === 2) throw new Error('seventh');
    return batch;
  },
};

function transform(kind: string): PluginDeclaration {
  const process = TRANSFORMS[kind];
  return defineTransform({
    type: kind,
    summary: 'For a test.',
    config: empty,
    examples: [],
    ...(kind.endsWith('routes') ? { outputs: () => ['a', 'b', 'nobody'] } : {}),
    create: ({ context }) => (process ? process(context) : kind === 'joins' ? joining() : holding()),
  }) as PluginDeclaration;
}

/** Holds every batch until the next one comes, and forgets every third. */
function holding() {
  let held: LogBatch[] = [];
  let count = 0;
  const give = (out: (batch: Batch) => void): void => {
    for (const batch of held) if (count++ % 3 !== 2) out(batch);
    held = [];
  };
  return {
    holds: true as const,
    tickMs: 3,
    process(batch: LogBatch, out: (batch: Batch) => void) {
      give(out);
      held.push(batch);
    },
    flush: (_now: number, _final: boolean, out: (batch: Batch) => void) => give(out),
  };
}

/** Holds the last event of each batch until the next one comes, and joins it to the first event of that. */
function joining() {
  let held: EventOf[] = [];
  const give = (made: EventOf[][], out: (batch: Batch) => void): void => {
    if (made.length > 0) out(joinEvents(made));
  };
  return {
    holds: true as const,
    tickMs: 3,
    process(batch: LogBatch, out: (batch: Batch) => void) {
      const events = range(batch.length).map((index) => ({ batch, index }));
      const [first, ...rest] = events;
      const joined = [...held, first!];
      held = rest.splice(-1);
      give([joined, ...rest.map((event) => [event])], out);
    },
    flush(_now: number, _final: boolean, out: (batch: Batch) => void) {
      give(held.length > 0 ? [held] : [], out);
      held = [];
    },
  };
}

type Answer = 'done' | 'retry' | 'pause' | 'split' | 'refused' | 'throws' | 'mixed' | 'busy' | 'slow';

/** A target that answers so, over and over; a poison entry keeps it from ever taking a whole request. */
function target(answers: readonly Answer[]): PluginDeclaration {
  let k = 0;
  return scriptSink(async (events) => {
    const answer = answers[k++ % answers.length]!;
    if (answer === 'throws') throw new Error('unforeseen');
    if (answer === 'slow') await new Promise((resolve) => setTimeout(resolve, 10));
    if (answer === 'retry') return { kind: 'retry', code: 'server_error', message: '503' };
    if (answer === 'pause') return { kind: 'pause', code: 'unauthorized', message: '401' };
    if (answer === 'split') return { kind: 'split', code: 'request_too_large', message: '413' };
    if (answer === 'refused') return { kind: 'refused', code: 'request_refused', message: '400' };
    return answer === 'done' || answer === 'slow' ? done : refusing(events, answer === 'busy');
  });
}

function refusing(events: readonly { n: number }[], retry: boolean): Verdict {
  const bad = events.flatMap((event, index) => (event.n % 2 === 1 ? [index] : []));
  const code = retry ? ('server_busy' as const) : ('document_refused' as const);
  return { kind: 'done', refused: bad.map((index) => ({ index, retry, code, message: 'odd' })), duplicates: 1 };
}

const answers = fc.array(
  fc.constantFrom<Answer>('done', 'retry', 'pause', 'split', 'refused', 'throws', 'mixed', 'busy', 'slow'),
  { minLength: 1, maxLength: 5 },
);
const QUEUES = [
  { type: 'memory', max_bytes: 200 },
  { type: 'memory', max_bytes: 1_000_000 },
  { type: 'disk', max_bytes: 1_000_000 },
] as const;
const picks = fc.array(fc.nat(), { minLength: 1, maxLength: 3 });
const graph = fc.record({
  batches: fc.array(fc.integer({ min: 0, max: 17 }), { maxLength: 8 }),
  transforms: fc.array(fc.record({ kind: fc.constantFrom('holds', 'joins', ...Object.keys(TRANSFORMS)), picks }), {
    maxLength: 4,
  }),
  sinks: fc.array(fc.record({ answers, picks, queue: fc.constantFrom(...QUEUES) }), {
    minLength: 1,
    maxLength: 3,
  }),
  paceMs: fc.integer({ min: 0, max: 4 }),
  reload: fc.option(fc.record({ afterMs: fc.integer({ min: 0, max: 15 }), picks })),
  stopAfterMs: fc.option(fc.integer({ min: 0, max: 30 }), { freq: 3 }),
});

type RandomGraph = typeof graph extends fc.Arbitrary<infer T> ? T : never;

function build(
  { batches, paceMs, transforms, sinks }: RandomGraph,
  outcomes: (Outcome | 'pending')[],
): ComponentConfig[] {
  const ids = ['in'];
  const chosen = (numbers: readonly number[]) => [...new Set(numbers.map((k) => ids[k % ids.length]!))];
  const components = [
    component(
      'in',
      eventsSource(
        batches.map((size, k) => numbered(size, k * 20)),
        outcomes,
        paceMs,
      ),
      [],
    ),
  ];
  for (const [k, { kind, picks }] of transforms.entries()) {
    components.push(component(`t${k}`, transform(kind), chosen(picks)));
    ids.push(...(kind.endsWith('routes') ? [`t${k}.a`, `t${k}.b`] : [`t${k}`]));
  }
  for (const [k, { answers, picks, queue }] of sinks.entries()) {
    // Without an end to attempts, a target that refuses for ever would keep the run for ever.
    const settings = { retry: { ...sinkDefaults.retry, max_attempts: 6 }, queue };
    components.push(component(`s${k}`, target(answers), chosen(picks), settings));
  }
  return components;
}

/** Exchanges all but some of the components that are no source, as if their options had changed. */
function reloading(
  path: string,
  components: readonly ComponentConfig[],
  { afterMs, picks }: NonNullable<RandomGraph['reload']>,
): Reloads {
  const stays = [0, ...picks.map((k) => k % components.length)];
  const next = components.map((one, k) => (stays.includes(k) ? one : { ...one, declaration: { ...one.declaration } }));
  const loaded: Loaded = {
    files: [],
    warnings: [],
    problems: [],
    tests: [],
    config: pipelineConfig(path, next, SHUTDOWN),
  };
  return {
    load: () => Promise.resolve(loaded),
    subscribe(request) {
      const timer = setTimeout(() => request('test'), afterMs);
      return () => clearTimeout(timer);
    },
  };
}

const SHUTDOWN = { shutdown: '20ms' };
const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** How many events left by the output that an input names. */
const sentBy = ({ outputs }: ComponentStats, input: string): number => outputs.get(input.split('.')[1]!) ?? 0;

it('the ledger of every edge is even at rest, whatever the graph and whatever targets answer', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(graph, async (random) => {
      const outcomes: (Outcome | 'pending')[] = [];
      const components = build(random, outcomes);
      const stop = new AbortController();
      const timer = random.stopAfterMs === null ? undefined : setTimeout(() => stop.abort(), random.stopAfterMs);
      const path = join(folder.path, String(runs++));
      const summary = await runIn(path, components, {
        ...{ ...SHUTDOWN, stop: stop.signal },
        ...(random.reload && { reloads: reloading(path, components, random.reload) }),
      });
      clearTimeout(timer);
      expect(summary.problems).toEqual([]);
      // What leaves a component is what its consumers take in.
      const of = (id: string) => summary.components.find((stats) => stats.id === id)!;
      for (const { id, inputs } of components.filter((one) => one.inputs.length > 0)) {
        const whole = inputs.filter((input) => !input.includes('.')).reduce((sum, input) => sum + of(input).sent, 0);
        const routed = inputs
          .filter((input) => input.includes('.'))
          .map((input) => sentBy(of(producerOf(input)), input));
        // Of two outputs of one component an event comes once.
        const [least, most] = [Math.max(0, ...routed), routed.reduce((sum, count) => sum + count, 0)];
        expect([id, of(id).received]).toEqual([id, clamp(of(id).received, whole + least, whole + most)]);
        if (routed.length < 2) expect(least).toBe(most);
      }
      await new Promise((resolve) => setImmediate(resolve));
      expect(outcomes).not.toContain('pending');
      if (!stop.signal.aborted) expect([summary.returned, outcomes.includes('errored')]).toEqual([0, false]);
    }),
    { numRuns: 120 },
  );
}, 60_000);
