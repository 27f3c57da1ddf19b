import { LogBatch } from '@tailrace/core';
import { batchMaker, numbered } from '../../test-pipeline.ts';
import type { QueueBooks, QueueLoss } from '../queue.ts';
import { type DiskQueue, diskQueue } from './disk-queue.ts';
import { type OpenedFolder, openFolder } from './open-folder.ts';
import type { QueueFs } from './queue-fs.ts';
import type { SimulatedDisk } from './simulated-fs.fixture.ts';

/** What a queue has told its books. */
export interface Told {
  recovered: number;
  damaged: number;
  returned: number;
  bytes: number;
  readonly discarded: { readonly events: number; readonly reason: QueueLoss }[];
  /** What is not ready now, by subject, and how often that was told. */
  readonly failing: Map<string, string>;
  failures: number;
}

/** Makes batches as a source does, with offsets that count on. */
export const sourceBatches = () =>
  batchMaker({ componentId: 'in', newBatch: (events, columns) => LogBatch.fromSource(events, columns) });

/** Opens a queue and keeps what it tells. */
export async function openedQueue(
  fs: QueueFs,
  folder: string,
  limits: Parameters<typeof diskQueue>[0]['limits'] = { maxBytes: 1_000_000, whenFull: 'block' },
): Promise<{ queue: DiskQueue; told: Told; opened: OpenedFolder }> {
  const told: Told = {
    ...{ recovered: 0, damaged: 0, returned: 0, bytes: 0, failures: 0 },
    discarded: [],
    failing: new Map(),
  };
  const books: QueueBooks = {
    recovered(events) {
      told.recovered += events;
    },
    adopted: () => undefined,
    discarded: (events, reason) => told.discarded.push({ events, reason }),
    returned(events) {
      told.returned += events;
    },
    damaged(files) {
      told.damaged += files;
    },
    holds(bytes) {
      told.bytes = bytes;
    },
    notReady(subject, reason) {
      if (reason === null) told.failing.delete(subject);
      else {
        told.failing.set(subject, reason);
        told.failures++;
      }
    },
  };
  const opened = await openFolder(fs, folder);
  const timing = { save: 3, retry: 2 };
  return { queue: diskQueue({ fs, folder, opened, limits, books, inherited: [], timing }), told, opened };
}

/** Takes what there is until the queue is empty; gives the numbers of the events. */
export async function drained(queue: DiskQueue): Promise<number[]> {
  const got: number[] = [];
  while (!queue.isEmpty) {
    const batch = queue.take();
    if (!batch) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    for (let i = 0; i < batch.length; i++) got.push((JSON.parse(batch.text(i)) as { n: number }).n);
    queue.ended(batch, true);
  }
  return got;
}

export const pauseMs = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error(`never so: ${isSo}`);
    await pauseMs(1);
  }
}

/** Events with a number and so much text. */
export const padded = (count: number, from: number, size: number) =>
  numbered(count, from).map(({ n }) => ({ n, pad: 'x'.repeat(size) }));

/** The next batch, once there is one. */
export async function taken(queue: DiskQueue) {
  for (;;) {
    const batch = queue.take();
    if (batch) return batch;
    await queue.arrival();
  }
}
/** The bytes of the segments. */
export function stored(disk: SimulatedDisk): Buffer[] {
  return [...disk.files()].filter(([path]) => path.endsWith('.seg')).map(([, bytes]) => bytes);
}
