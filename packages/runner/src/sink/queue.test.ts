import type { Batch } from '@tailrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { memoryQueue } from './queue.ts';

const sized = (bytes: number) => ({ bytes }) as Batch;

it('is first in first out, and counts what waits and what is on its way', () => {
  const step = fc.oneof(
    fc.nat(100).map((bytes) => ({ put: bytes })),
    fc.constant('take' as const),
    fc.constant('free' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const queue = memoryQueue(200);
      const waiting: Batch[] = [];
      const away: number[] = [];
      let bytes = 0;
      for (const what of steps) {
        if (typeof what === 'object') {
          const batch = sized(what.put);
          waiting.push(batch);
          bytes += queue.put(batch);
        } else if (what === 'take') {
          const batch = waiting.shift();
          expect(queue.peek()).toBe(batch);
          expect(queue.take()).toBe(batch);
          if (batch) away.push(batch.bytes);
        } else if (away.length > 0) {
          const freed = away.shift()!;
          bytes -= freed;
          queue.free(freed);
        }
        expect([queue.bytes, queue.batches]).toEqual([bytes, waiting.length]);
        expect(queue.room() === null).toBe(bytes < 200);
      }
    }),
    { numRuns: 200 },
  );
});

it('lets go of a batch when it is taken', async () => {
  const queue = memoryQueue(1e9);
  const seen: WeakRef<Batch>[] = [];
  for (let k = 0; k < 20; k++) {
    const batch = sized(1);
    seen.push(new WeakRef(batch));
    queue.put(batch);
  }
  queue.put(sized(1));
  for (let k = 0; k < 20; k++) queue.take();
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  await new Promise((resolve) => setImmediate(resolve));
  (runInNewContext('gc') as () => void)();
  expect(seen.filter((ref) => ref.deref()).length).toBeLessThanOrEqual(1);
});

it('wakes those that wait for room or for a batch', async () => {
  const queue = memoryQueue(10);
  const arrival = queue.arrival();
  queue.put(sized(10));
  await arrival;
  const room = queue.room();
  let isFree = false;
  void room!.then(() => {
    isFree = true;
  });
  queue.take();
  await Promise.resolve();
  expect(isFree).toBe(false);
  queue.free(10);
  await room;
  const woken = queue.arrival();
  queue.wake();
  await woken;
});
