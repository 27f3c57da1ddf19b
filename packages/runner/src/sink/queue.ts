import type { Batch, Lineage } from '@tailrace/core';
import type { SinkSettings } from '../options.ts';

/** Why a queue lets events go, as `discarded_events_total{reason}` names it. */
export type QueueLoss = 'queue_full_drop_newest' | 'queue_full_drop_oldest' | 'queue_damaged';

/** Where a queue books what becomes of events that no request has taken. */
export interface QueueBooks {
  /** Events that an earlier process left, or the queue before this one. */
  recovered(events: number): void;
  adopted(events: number): void;
  discarded(events: number, reason: QueueLoss): void;
  /** Events that come again: from their source, or from the disk. */
  returned(events: number): void;
  /** Files that were damaged when the queue was opened. */
  damaged(files: number): void;
  /** Bytes that the queue holds now. */
  holds(bytes: number): void;
  notReady(subject: string, reason: string | null): void;
}

/** A frame that is not durable yet, with the events that wait for it. */
export interface PendingFrame {
  readonly frame: Uint8Array;
  readonly events: number;
  /** Events `[from, from + events)` of a batch with this lineage. */
  readonly lineage: Lineage;
  readonly from: number;
}

/** Batches that wait for a sink. */
export interface SinkQueue {
  /** Takes a batch in any case; the caller waits for `room` afterwards. */
  put(batch: Batch): void;
  /** Pending while the queue cannot take more; `null` when it can. */
  room(): Promise<void> | null;
  /** Takes the first batch out; it counts until `ended`. */
  take(): Batch | undefined;
  /** All events of a batch that was taken have ended; `isWhole`: none of them comes again. */
  ended(batch: Batch, isWhole: boolean): void;
  /** Whether events of a batch that was taken come again when they are not delivered. */
  comesAgain(batch: Batch): boolean;
  /** Resolves when a batch can be taken or `wake` is called. */
  arrival(): Promise<void>;
  wake(): void;
  /** Whatever waits is on the disk. */
  readonly isStored: boolean;
  /** Nothing waits, in memory or on the disk. */
  readonly isEmpty: boolean;
  /** True: what is not delivered stays on the disk, and a queue that is opened afterwards has it. */
  readonly isDurable: boolean;
  /** Ends the queue, and books what is left; `hasSuccessor`: a queue of the same component goes on. */
  close(hasSuccessor: boolean): Promise<void>;
}

/** The size of a queue in bytes: of memory, or of files. */
export function queueBytes({ type, max_bytes }: SinkSettings['queue']): number {
  return max_bytes ?? (type === 'disk' ? 1024 ** 3 : 8 * 1024 ** 2);
}

/** Makes the queue of a sink. */
export type OpenQueue = (books: QueueBooks) => SinkQueue;

/** Promises that all resolve with the next call. */
export interface Signal {
  wait(): Promise<void>;
  fire(): void;
}

export function signal(): Signal {
  let waiters: (() => void)[] = [];
  return {
    wait: () =>
      new Promise((resolve) => {
        waiters.push(resolve);
      }),
    fire() {
      const all = waiters;
      waiters = [];
      for (const wake of all) wake();
    },
  };
}
