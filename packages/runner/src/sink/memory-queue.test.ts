import { type Batch, type Outcome, Ticket } from '@tailrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { memoryQueue } from './memory-queue.ts';
import type { QueueBooks, QueueLoss } from './queue.ts';

/** A batch of two events and so many bytes, and how it settled. */
function sized(bytes: number): Batch & { outcome: Promise<Outcome>; released: boolean } {
  const ticket = new Ticket(2);
  const batch = {
    bytes,
    length: 2,
    lineage: { tickets: [ticket], ticketOf: null, input: null, merged: null },
    outcome: ticket.settled,
    released: false,
    release() {
      batch.released = true;
    },
  };
  return batch as typeof batch & Batch;
}

function queueOf(maxBytes: number, whenFull: 'block' | 'drop_newest' | 'drop_oldest' = 'block') {
  const told = { bytes: 0, discarded: [] as [number, QueueLoss][] };
  const never = (): never => {
    throw new Error('a queue in memory keeps nothing');
  };
  const books: QueueBooks = {
    ...{ recovered: never, adopted: never, returned: never, damaged: never, notReady: never },
    discarded: (events, reason) => told.discarded.push([events, reason]),
    holds(bytes) {
      told.bytes = bytes;
    },
  };
  return { queue: memoryQueue(maxBytes, whenFull, books), told };
}

it('is first in first out, and counts what waits and what is on its way', () => {
  const step = fc.oneof(
    fc.nat(100).map((bytes) => ({ put: bytes })),
    fc.constant('take' as const),
    fc.constant('end' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const { queue, told } = queueOf(200);
      const waiting: Batch[] = [];
      const away: Batch[] = [];
      let bytes = 0;
      for (const what of steps) {
        if (typeof what === 'object') {
          const batch = sized(what.put);
          waiting.push(batch);
          bytes += what.put;
          queue.put(batch);
        } else if (what === 'take') {
          const batch = waiting.shift();
          expect(queue.take()).toBe(batch);
          if (batch) away.push(batch);
        } else if (away.length > 0) {
          const ended = away.shift()!;
          bytes -= ended.bytes;
          queue.ended(ended, true);
        }
        expect([told.bytes, queue.isEmpty]).toEqual([bytes, waiting.length === 0]);
        expect(queue.room() === null).toBe(bytes < 200);
      }
      expect(told.discarded).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

it('lets go of a batch when it is taken', async () => {
  const { queue } = queueOf(1e9);
  const seen: WeakRef<Batch>[] = [];
  for (let k = 0; k < 20; k++) {
    const batch = sized(1);
    seen.push(new WeakRef(batch));
    queue.put(batch);
  }
  queue.put(sized(1));
  for (let k = 0; k < 20; k++) queue.ended(queue.take()!, true);
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  await new Promise((resolve) => setImmediate(resolve));
  (runInNewContext('gc') as () => void)();
  expect(seen.filter((ref) => ref.deref()).length).toBeLessThanOrEqual(1);
});

it('wakes those that wait for room or for a batch', async () => {
  const { queue } = queueOf(10);
  const arrival = queue.arrival();
  const batch = sized(10);
  queue.put(batch);
  await arrival;
  const room = queue.room();
  let isFree = false;
  void room!.then(() => {
    isFree = true;
  });
  queue.take();
  await Promise.resolve();
  expect(isFree).toBe(false);
  queue.ended(batch, true);
  await room;
  const woken = queue.arrival();
  queue.wake();
  await woken;
});

it('with drop_newest discards what comes while it is full', async () => {
  const { queue, told } = queueOf(20, 'drop_newest');
  const batches = [10, 10, 10].map(sized);
  for (const batch of batches) {
    queue.put(batch);
    expect(queue.room()).toBeNull();
  }
  expect(await batches[2]!.outcome).toBe('discarded');
  expect(batches.map(({ released }) => released)).toEqual([false, false, true]);
  expect(told).toEqual({ bytes: 20, discarded: [[2, 'queue_full_drop_newest']] });
  expect([queue.take(), queue.take(), queue.take()]).toEqual([batches[0], batches[1], undefined]);
});

it('with drop_oldest discards what has waited longest, and never what is on its way', async () => {
  const { queue, told } = queueOf(20, 'drop_oldest');
  const batches = [10, 10, 10, 10].map(sized);
  queue.put(batches[0]!);
  queue.put(batches[1]!);
  expect(queue.take()).toBe(batches[0]);
  queue.put(batches[2]!);
  expect(await batches[1]!.outcome).toBe('discarded');
  expect(queue.take()).toBe(batches[2]);
  queue.put(batches[3]!);
  expect(await batches[3]!.outcome).toBe('discarded');
  expect(queue.room()).toBeNull();
  expect(told).toEqual({
    bytes: 20,
    discarded: [
      [2, 'queue_full_drop_oldest'],
      [2, 'queue_full_drop_oldest'],
    ],
  });
});
