import { type Batch, type Outcome, settleRange } from '@tailrace/core';
import { type ComponentStats, countDiscarded, type SinkStats } from '../stats.ts';
import { type SinkQueue, signal } from './queue.ts';

/** Batches that were taken from a queue, until all of their events have ended. */
export interface TakenBatches {
  take(): Batch | undefined;
  /** Books the end of events `[from, to)` of a batch, with the reason of those discarded; the last end of a batch frees its memory. */
  end(batch: Batch, from: number, to: number, outcome: Outcome, reason?: string): void;
  /** So many events of a batch are somebody else's now. `isWhole`: they do not come again from here. */
  forget(batch: Batch, events: number, isWhole: boolean): void;
  /** A batch that comes when the queue takes none any more: it comes again. */
  refuse(batch: Batch): void;
  /** Resolves when the events of all of them have ended. */
  allEnded(): Promise<void>;
}

/** Keeps the books of what was taken, in the numbers of the component and of its sink. */
export function takenBatches(queue: SinkQueue, stats: ComponentStats, numbers: SinkStats): TakenBatches {
  /** Events that have not ended yet, and whether none of the others comes again. */
  const left = new WeakMap<Batch, { events: number; isWhole: boolean }>();
  /** Batches in `left`. */
  let batchCount = 0;
  const isEmpty = signal();

  function forget(batch: Batch, events: number, isWhole: boolean): void {
    numbers.bufferedEvents -= events;
    const rest = left.get(batch)!;
    rest.events -= events;
    rest.isWhole &&= isWhole;
    if (rest.events > 0) return;
    left.delete(batch);
    batchCount--;
    queue.ended(batch, rest.isWhole);
    batch.release();
    if (batchCount === 0) isEmpty.fire();
  }
  function end(batch: Batch, from: number, to: number, outcome: Outcome, reason = ''): void {
    const count = to - from;
    if (count <= 0) return;
    if (outcome === 'delivered') stats.sent += count;
    else if (outcome === 'dead_lettered') stats.deadLettered += count;
    else if (outcome === 'discarded') countDiscarded(stats, count, reason, false);
    else if (queue.comesAgain(batch)) stats.returned += count;
    else countDiscarded(stats, count, 'queue_full_drop_oldest', true);
    stats.inFlight -= count;
    forget(batch, count, outcome !== 'errored');
    settleRange(batch.lineage, from, to, outcome);
  }
  function add(batch: Batch, isWhole: boolean): void {
    left.set(batch, { events: batch.length, isWhole });
    batchCount++;
  }
  return {
    take() {
      const batch = queue.take();
      if (batch) add(batch, true);
      return batch;
    },
    end,
    forget,
    refuse(batch) {
      add(batch, false);
      end(batch, 0, batch.length, 'errored');
    },
    async allEnded() {
      while (batchCount > 0) await isEmpty.wait();
    },
  };
}
