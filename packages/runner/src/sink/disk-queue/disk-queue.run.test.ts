import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '@tailrace/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { component, done, eventsSource, numbered, runIn, scriptSink, testFolder } from '../../test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const queueFolder = () => join(folder.path, 'data', 'queues', 'out');
const DISK = { queue: { type: 'disk', max_bytes: 1_000_000 } } as const;
const refused = { kind: 'retry', code: 'server_unreachable', message: 'refused' } as const;

/** Stops a run after so many milliseconds. */
function stopAfter(milliseconds: number): AbortSignal {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), milliseconds);
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
      { stop: stopAfter(300), shutdown: '100ms' },
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
});
