import { type Batch, settleRange } from '@tailrace/core';
import type { SinkSettings } from '../options.ts';
import { type QueueBooks, type SinkQueue, signal } from './queue.ts';

/** A queue in memory, bounded by bytes: those that wait and those that are on their way. */
export function memoryQueue(
  maxBytes: number,
  whenFull: SinkSettings['queue']['when_full'],
  books: QueueBooks,
): SinkQueue {
  const batches: (Batch | undefined)[] = [];
  /**
   * A batch's size changes when its edits are applied, so what was added here is what is freed later. Weak, as the table that a Map leaves
   * behind when it makes a new one keeps that alive, batches included, until old memory is collected.
   */
  const sizes = new WeakMap<Batch, number>();
  let head = 0;
  let bytes = 0;
  const arrivals = signal();
  const rooms = signal();

  function take(): Batch | undefined {
    if (head === batches.length) return undefined;
    const batch = batches[head];
    batches[head++] = undefined; // the memory goes with the batch, not with the next compaction
    if (head === batches.length || (head > 64 && head * 2 > batches.length)) {
      batches.splice(0, head);
      head = 0;
    }
    return batch;
  }
  function free(batch: Batch): void {
    bytes -= sizes.get(batch)!;
    sizes.delete(batch);
    books.holds(bytes);
    if (bytes < maxBytes) rooms.fire();
  }
  function drop(batch: Batch, reason: 'queue_full_drop_newest' | 'queue_full_drop_oldest'): void {
    books.discarded(batch.length, reason);
    settleRange(batch.lineage, 0, batch.length, 'discarded');
    // Who gave it may give it once more in this turn.
    queueMicrotask(() => batch.release());
  }
  function add(batch: Batch): void {
    sizes.set(batch, batch.bytes);
    batches.push(batch);
    bytes += batch.bytes;
    books.holds(bytes);
    arrivals.fire();
  }
  function dropOldest(): void {
    while (bytes >= maxBytes) {
      const oldest = take();
      if (!oldest) return;
      free(oldest);
      drop(oldest, 'queue_full_drop_oldest');
    }
  }

  return {
    put(batch) {
      if (bytes >= maxBytes && whenFull === 'drop_oldest') dropOldest();
      // What requests hold cannot be dropped any more; then the new one is the oldest that waits.
      if (bytes < maxBytes || whenFull === 'block') add(batch);
      else drop(batch, `queue_full_${whenFull}`);
    },
    room: () => (bytes < maxBytes || whenFull !== 'block' ? null : rooms.wait()),
    take,
    ended: free,
    comesAgain: () => true,
    arrival: () => (head < batches.length ? Promise.resolve() : arrivals.wait()),
    wake: () => arrivals.fire(),
    get isEmpty() {
      return head === batches.length;
    },
    isStored: false,
    isDurable: false,
    close: () => Promise.resolve(),
  };
}
