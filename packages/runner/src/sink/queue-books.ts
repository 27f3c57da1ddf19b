import { type ComponentStats, countDiscarded, countErrors, type SinkStats } from '../stats.ts';
import type { QueueBooks } from './queue.ts';

/** Books what becomes of events in a queue in the numbers of its component. */
export function queueBooks(
  stats: ComponentStats,
  numbers: SinkStats,
  notReady: (subject: string, reason: string | null) => void,
): QueueBooks {
  const leave = (events: number): void => {
    stats.inFlight -= events;
    numbers.bufferedEvents -= events;
  };
  return {
    recovered(events) {
      stats.recovered += events;
      // At a start nothing has been given back yet: then they are an earlier process's.
      stats.takenUpAgain += Math.min(events, stats.returned - stats.takenUpAgain);
      stats.inFlight += events;
      numbers.bufferedEvents += events;
    },
    // They are in the books of the component already.
    adopted(events) {
      numbers.bufferedEvents += events;
    },
    discarded(events, reason) {
      if (reason === 'queue_damaged') countErrors(stats, reason, 1);
      countDiscarded(stats, events, reason, reason !== 'queue_damaged');
      leave(events);
    },
    returned(events) {
      stats.returned += events;
      leave(events);
    },
    damaged: (files) => countErrors(stats, 'queue_damaged', files),
    holds(bytes) {
      numbers.bufferedBytes = bytes;
    },
    notReady,
  };
}
