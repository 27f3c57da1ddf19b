import { join } from 'node:path';
import {
  type Batch,
  defineTransform,
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
import {
  component,
  done,
  empty,
  eventsSource,
  numbered,
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
    create: ({ context }) => (process ? process(context) : holding()),
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

type Answer = 'done' | 'retry' | 'pause' | 'split' | 'refused' | 'throws' | 'mixed' | 'busy' | 'slow';

/** A target that answers so, over and over; a poison entry keeps it from ever taking a whole request. */
function target(answers: readonly Answer[]): PluginDeclaration {
  let k = 0;
  return scriptSink(async (events) => {
    const answer = answers[k++ % answers.length]!;
    if (answer === 'throws') throw new Error('unforeseen');
    if (answer === 'slow') await new Promise((resolve) => setTimeout(resolve, 3));
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
  transforms: fc.array(fc.record({ kind: fc.constantFrom('holds', ...Object.keys(TRANSFORMS)), picks }), {
    maxLength: 4,
  }),
  sinks: fc.array(fc.record({ answers, picks, queue: fc.constantFrom(...QUEUES) }), {
    minLength: 1,
    maxLength: 3,
  }),
  stopAfterMs: fc.option(fc.integer({ min: 0, max: 30 }), { freq: 3 }),
});

type RandomGraph = typeof graph extends fc.Arbitrary<infer T> ? T : never;

function build({ batches, transforms, sinks }: RandomGraph, outcomes: (Outcome | 'pending')[]): ComponentConfig[] {
  const ids = ['in'];
  const chosen = (numbers: readonly number[]) => [...new Set(numbers.map((k) => ids[k % ids.length]!))];
  const components = [
    component(
      'in',
      eventsSource(
        batches.map((size, k) => numbered(size, k * 20)),
        outcomes,
      ),
      [],
    ),
  ];
  for (const [k, { kind, picks }] of transforms.entries()) {
    components.push(component(`t${k}`, transform(kind), chosen(picks)));
    ids.push(`t${k}`);
  }
  for (const [k, { answers, picks, queue }] of sinks.entries()) {
    // Without an end to attempts, a target that refuses for ever would keep the run for ever.
    const settings = { retry: { ...sinkDefaults.retry, max_attempts: 6 }, queue };
    components.push(component(`s${k}`, target(answers), chosen(picks), settings));
  }
  return components;
}

it('the ledger of every edge is even at rest, whatever the graph and whatever targets answer', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(graph, async (random) => {
      const outcomes: (Outcome | 'pending')[] = [];
      const components = build(random, outcomes);
      const stop = new AbortController();
      const timer = random.stopAfterMs === null ? undefined : setTimeout(() => stop.abort(), random.stopAfterMs);
      const summary = await runIn(join(folder.path, String(runs++)), components, {
        stop: stop.signal,
        shutdown: '20ms',
      });
      clearTimeout(timer);
      expect(summary.problems).toEqual([]);
      // What leaves a component is what its consumers take in.
      const of = (id: string) => summary.components.find((stats) => stats.id === id)!;
      for (const { id, inputs } of components.filter((one) => one.inputs.length > 0))
        expect([id, of(id).received]).toEqual([id, inputs.reduce((sum, input) => sum + of(input).sent, 0)]);
      await new Promise((resolve) => setImmediate(resolve));
      expect(outcomes).not.toContain('pending');
      if (!stop.signal.aborted) expect([summary.returned, outcomes.includes('errored')]).toEqual([0, false]);
    }),
    { numRuns: 120 },
  );
}, 60_000);
