import type { Refusal, Verdict } from '@tailrace/core';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  component,
  done,
  eventsSource,
  numbered,
  runIn,
  scriptSink,
  sinkDefaults,
  testFolder,
} from '../test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });

const verdict = fc.oneof(
  fc.constant<Verdict>(done),
  fc.array(fc.record({ retry: fc.boolean(), skip: fc.boolean() }), { maxLength: 10 }).map((fates): Verdict => {
    const refused = fates.flatMap(({ retry, skip }, index): Refusal[] =>
      skip ? [] : [{ index, retry, code: 'server_busy', message: '429' }],
    );
    return { kind: 'done', refused };
  }),
  fc.constantFrom<Verdict>(
    { kind: 'retry', code: 'server_error', message: '503' },
    { kind: 'retry', code: 'server_busy', message: '429', afterMs: 1 },
    { kind: 'pause', code: 'unauthorized', message: '401' },
    { kind: 'split', code: 'request_too_large', message: '413' },
    { kind: 'refused', code: 'request_refused', message: '400' },
  ),
);

it('the books of a run are even whatever two targets say, and a batch has settled when both have ended', async () => {
  const script = fc.array(fc.option(verdict, { nil: null }), { maxLength: 30 });
  const attempts = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(script, script, attempts, async (one, other, max_attempts) => {
      const target = (verdicts: (Verdict | null)[]) => {
        let k = 0;
        return scriptSink((events) => {
          const said = verdicts[k++];
          if (said === null) throw new Error('a bug');
          if (said?.kind !== 'done') return said ?? done;
          return { kind: 'done', refused: said.refused.filter(({ index }) => index < events.length) };
        });
      };
      const retry = { ...sinkDefaults.retry, initial: 0, max: 1, max_attempts };
      const outcomes: string[] = [];
      const batches = [numbered(7), numbered(23, 7), numbered(1, 30)];
      const summary = await runIn(folder.path, [
        component('in', eventsSource(batches, outcomes as never[]), []),
        component('a', target(one), ['in'], { retry }),
        component('b', target(other), ['in'], { retry }),
      ]);
      // `runIn` holds that each component's ledger is even; here, that nothing came back and nothing vanished.
      for (const { id, sent, deadLettered, returned } of summary.components.slice(1)) {
        expect([id, sent + deadLettered, returned]).toEqual([id, 31, 0]);
      }
      const dead = summary.components.slice(1).reduce((sum, { deadLettered }) => sum + deadLettered, 0);
      expect(outcomes.every((outcome) => outcome === 'delivered')).toBe(dead === 0);
      expect(outcomes.filter((outcome) => outcome !== 'delivered' && outcome !== 'dead_lettered')).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
