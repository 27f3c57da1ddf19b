import type { Batch } from '@tailrace/core';

/** Batches that wait for a sink. */
export interface Queue {
  /** Takes a batch in any case; the caller waits for `room` first. Returns the bytes it is counted with, to be freed later. */
  put(batch: Batch): number;
  /** Pending while the queue holds its maximum; `null` when there is room. */
  room(): Promise<void> | null;
  /** The first batch, without taking it out; `undefined` when there is none. */
  peek(): Batch | undefined;
  /** Takes the first batch out; its bytes stay counted until `free`. */
  take(): Batch | undefined;
  free(bytes: number): void;
  /** Resolves when a batch is there or `wake` is called. */
  arrival(): Promise<void>;
  wake(): void;
  readonly bytes: number;
  readonly batches: number;
}

/** A queue in memory, bounded by bytes: those that wait and those that are on their way. */
export function memoryQueue(maxBytes: number): Queue {
  const batches: (Batch | undefined)[] = [];
  let head = 0;
  let bytes = 0;
  let roomWaiters: (() => void)[] = [];
  let arrivalWaiters: (() => void)[] = [];
  const wakeAll = (waiters: (() => void)[]): void => {
    for (const wake of waiters) wake();
  };
  return {
    put(batch) {
      // A batch's size changes when its edits are applied, so what was added here is what is freed later.
      const size = batch.bytes;
      batches.push(batch);
      bytes += size;
      wakeAll(arrivalWaiters.splice(0));
      return size;
    },
    room() {
      if (bytes < maxBytes) return null;
      return new Promise((resolve) => {
        roomWaiters.push(resolve);
      });
    },
    peek: () => batches[head],
    take() {
      if (head === batches.length) return undefined;
      const batch = batches[head];
      batches[head++] = undefined; // the memory goes with the batch, not with the next compaction
      if (head === batches.length || (head > 64 && head * 2 > batches.length)) {
        batches.splice(0, head);
        head = 0;
      }
      return batch;
    },
    free(count) {
      bytes -= count;
      if (bytes >= maxBytes || roomWaiters.length === 0) return;
      const waiters = roomWaiters;
      roomWaiters = [];
      wakeAll(waiters);
    },
    arrival() {
      if (head < batches.length) return Promise.resolve();
      return new Promise((resolve) => {
        arrivalWaiters.push(resolve);
      });
    },
    wake() {
      const waiters = arrivalWaiters;
      arrivalWaiters = [];
      wakeAll(waiters);
    },
    get bytes() {
      return bytes;
    },
    get batches() {
      return batches.length - head;
    },
  };
}
