import { defineTransform, type LogBatch, type Outcome, type PluginDeclaration, path } from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { producerOf } from './routing.ts';
import { statsRecord } from './summary.ts';
import { component, done, empty, eventsSource, numbered, runIn, scriptSink, testFolder } from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const n = path('n');

/** Even numbers leave by `even`, those above 5 by `large`; others by none. */
const router = defineTransform({
  type: 'router',
  summary: 'For a test.',
  config: empty,
  examples: [],
  outputs: () => ['even', 'large'],
  create:
    ({ context }) =>
    (batch) => {
      const sets = [[], ['even'], ['large'], ['even', 'large']];
      const setOf = Array.from({ length: batch.length }, (_, i) => setOfNumber(batch, i));
      context.route(batch, { sets, setOf });
      return batch;
    },
}) as PluginDeclaration;

function setOfNumber(batch: LogBatch, i: number): number {
  const value = Number(batch.get(i, n));
  return (value % 2 === 0 ? 1 : 0) + (value > 5 ? 2 : 0);
}

/** Runs ten numbers through the router into sinks that read these inputs; gives what each got. */
async function routed(inputs: Record<string, string[]>) {
  const got: Record<string, number[]> = {};
  const outcomes: (Outcome | 'pending')[] = [];
  const sinks = Object.entries(inputs).map(([id, names]) => {
    got[id] = [];
    const sink = scriptSink((events) => {
      got[id]!.push(...events.map((event) => event.n));
      return done;
    });
    return component(id, sink, names);
  });
  const source = component('in', eventsSource([numbered(10)], outcomes), []);
  const summary = await runIn(folder.path, [source, component('router', router, ['in']), ...sinks]);
  const stats = summary.components.find(({ id }) => id === 'router')!;
  return { got, outcomes, stats };
}

describe('named outputs', () => {
  it('each reader gets the events of its outputs, once and in their order', async () => {
    const { got, stats, outcomes } = await routed({
      a: ['router.even'],
      b: ['router.large'],
      c: ['router.large', 'router.even'],
    });
    expect(got).toEqual({ a: [0, 2, 4, 6, 8], b: [6, 7, 8, 9], c: [0, 2, 4, 6, 7, 8, 9] });
    expect([...stats.discarded.values()]).toEqual([{ reason: 'unread_output', intentional: true, count: 3 }]);
    expect([stats.received, stats.sent]).toEqual([10, 7]);
    expect(statsRecord([stats], 0)).toMatchObject({
      components: {
        router: { output_events: { even: 5, large: 4 }, discarded_events: { unread_output: 3 }, balance: 0 },
      },
    });
    expect(outcomes).toEqual(['discarded']);
  });

  it('what leaves by an output that nobody reads is discarded and counted', async () => {
    const { got, stats } = await routed({ a: ['router.even'] });
    expect(got).toEqual({ a: [0, 2, 4, 6, 8] });
    expect([...stats.discarded.values()]).toEqual([{ reason: 'unread_output', intentional: true, count: 5 }]);
    expect(stats.sent).toBe(5);
  });
});

it('an input is a component and, behind a dot, one of its outputs', () => {
  expect(['app', 'router.errors', 'dead_letters'].map(producerOf)).toEqual(['app', 'router', 'dead_letters']);
});
