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
  const held = counts();
  /** What held events had been merged from before they came here: no events of their own, but to be settled with them. */
  const brought = counts();
  return {
    add({ lineage, length }) {
      each(lineage, length, held.change);
      for (const { tickets } of lineage.merged?.values() ?? []) for (const ticket of tickets) brought.change(ticket, 1);
    },
    rejected({ lineage }, indices) {
      for (const i of indices) {
        held.change(ticketAt(lineage, i), -1);
        for (const ticket of lineage.merged?.get(i)?.tickets ?? []) brought.change(ticket, -1);
      }
    },
    leave: ({ lineage, length }) =>
      each(lineage, length, (ticket, count) => held.change(ticket, -count)) && leaveMerged(lineage, held, brought),
    settleRest(outcome) {
      brought.settle(outcome);
      return held.settle(outcome);
    },
  };
}

interface Counts {
  /** False when there were fewer. */
  change(ticket: Ticket, by: number): boolean;
  /** Settles all; returns how many. */
  settle(outcome: Outcome): number;
}

function counts(): Counts {
  const all = new Map<Ticket, number>();
  return {
    change(ticket, by) {
      const rest = (all.get(ticket) ?? 0) + by;
      if (rest === 0) all.delete(ticket);
      else all.set(ticket, rest);
      return rest >= 0;
    },
    settle(outcome) {
      let sum = 0;
      for (const [ticket, count] of all) {
        ticket.settle(count, outcome);
        sum += count;
      }
      all.clear();
      return sum;
    },
  };
}

function each(lineage: Lineage, length: number, visit: (ticket: Ticket, count: number) => boolean): boolean {
  if (!lineage.ticketOf) return visit(lineage.tickets[0]!, length);
  for (let i = 0; i < length; i++) if (!visit(ticketAt(lineage, i), 1)) return false;
  return true;
}

/** The inputs that this transform merged, and what they and the others had brought along. */
function leaveMerged(lineage: Lineage, held: Counts, brought: Counts): boolean {
  for (const { inputs, tickets } of lineage.merged?.values() ?? []) {
    // The tickets of inputs come first.
    for (const [k, ticket] of tickets.entries())
      if (!(k < inputs.length ? held : brought).change(ticket, -1)) return false;
  }
  return true;
}
