import { type Batch, settleRange } from '@tailrace/core';
import { type QueueBooks, type SinkQueue, signal } from '../queue.ts';

/**
 * A queue that is opened when the one before it has been closed; until then it takes what comes and gives nothing. `open` gives `null` when
 * it could not be opened until the signal aborted.
 */
export function laterQueue(open: (giveUp: AbortSignal) => Promise<SinkQueue | null>, books: QueueBooks): SinkQueue {
  const giveUp = new AbortController();
  let queue: SinkQueue | null = null;
  const waiting: Batch[] = [];
  const changes = signal();
  const opened = open(giveUp.signal).then((made) => {
    queue = made;
    for (const batch of waiting.splice(0)) {
      if (made) made.put(batch);
      else giveBack(batch);
    }
    changes.fire();
  });
  function giveBack(batch: Batch): void {
    books.returned(batch.length);
    settleRange(batch.lineage, 0, batch.length, 'errored');
  }
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
      giveUp.abort();
      await opened;
      await queue?.close(hasSuccessor);
    },
  };
}
