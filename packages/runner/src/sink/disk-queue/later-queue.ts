import type { Batch } from '@tailrace/core';
import { type SinkQueue, signal } from '../queue.ts';

/** A queue that is opened when the one before it has been closed; until then it takes what comes and gives nothing. */
export function laterQueue(opening: Promise<SinkQueue>): SinkQueue {
  let queue: SinkQueue | null = null;
  const waiting: Batch[] = [];
  const changes = signal();
  const opened = opening.then((open) => {
    queue = open;
    for (const batch of waiting.splice(0)) open.put(batch);
    changes.fire();
  });
  return {
    put(batch) {
      if (queue) queue.put(batch);
      else waiting.push(batch);
    },
    room: () => (queue ? queue.room() : opened),
    take: () => queue?.take(),
    ended: (batch, isWhole) => queue?.ended(batch, isWhole),
    comesAgain: (batch) => queue?.comesAgain(batch) ?? true,
    arrival: () => (queue ? queue.arrival() : changes.wait()),
    wake() {
      queue?.wake();
      changes.fire();
    },
    get isStored() {
      return queue?.isStored ?? false;
    },
    get isEmpty() {
      return queue?.isEmpty ?? false;
    },
    isDurable: true,
    async close(hasSuccessor) {
      await opened;
      await queue?.close(hasSuccessor);
    },
  };
}
