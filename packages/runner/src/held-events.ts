import { type Batch, type Lineage, type Outcome, type Ticket, ticketAt } from '@tailrace/core';

/** How many events of each source batch a holding transform has taken and not given out. */
export interface HeldEvents {
  add(batch: Batch): void;
  rejected(batch: Batch, indices: Iterable<number>): void;
  /** False when the batch has more events of a source batch than are held. */
  leave(made: Batch): boolean;
  /** Settles all that are left; returns how many. */
  settleRest(outcome: Outcome): number;
}

/** Keeps count per ticket, because a transform that holds events back may drop them without a word. */
export function heldEvents(): HeldEvents {
  const held = new Map<Ticket, number>();
  const change = (ticket: Ticket, by: number): boolean => {
    const rest = (held.get(ticket) ?? 0) + by;
    if (rest === 0) held.delete(ticket);
    else held.set(ticket, rest);
    return rest >= 0;
  };
  return {
    add: (batch) => void each(batch.lineage, batch.length, (ticket, count) => change(ticket, count)),
    rejected(batch, indices) {
      for (const i of indices) change(ticketAt(batch.lineage, i), -1);
    },
    leave: (made) =>
      each(made.lineage, made.length, (ticket, count) => change(ticket, -count)) && leaveMerged(made.lineage, change),
    settleRest(outcome) {
      let sum = 0;
      for (const [ticket, count] of held) {
        ticket.settle(count, outcome);
        sum += count;
      }
      held.clear();
      return sum;
    },
  };
}

function each(lineage: Lineage, length: number, visit: (ticket: Ticket, count: number) => boolean): boolean {
  if (!lineage.ticketOf) return visit(lineage.tickets[0]!, length);
  for (let i = 0; i < length; i++) if (!visit(ticketAt(lineage, i), 1)) return false;
  return true;
}

/** The inputs that this transform merged; a batch that starts anew has the ones of earlier transforms only as tickets. */
function leaveMerged(lineage: Lineage, change: (ticket: Ticket, by: number) => boolean): boolean {
  for (const { inputs, tickets } of lineage.merged?.values() ?? []) {
    // The tickets of inputs come first; those that an input had brought along already were not counted on their own.
    for (let k = 0; k < inputs.length; k++) if (!change(tickets[k]!, -1)) return false;
  }
  return true;
}
