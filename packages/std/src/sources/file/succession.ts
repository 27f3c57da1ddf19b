import { handOver, hasPartialLines } from './carry.ts';
import type { Run } from './options.ts';
import type { Registry } from './registry.ts';
import type { Tail } from './tail.ts';
import type { Troubles } from './troubles.ts';

/** Keeps the files of one log in order: after a rotation the old one is read to its end before the new one is begun. */
export interface Succession {
  /** Looks which files follow each other; after each change of the set. */
  arrange(): void;
  /** Whether a tail has to wait for the file before it. When that ends in partial lines, this one gets them as its turn comes. */
  waits(tail: Tail): boolean;
  /** The tails as of the last change, those that others follow first. */
  readonly inOrder: readonly Tail[];
}

/** How long a file that ends in partial lines must have been quiet, in milliseconds, before the next one is taken for their place. */
const QUIET_MS = 1000;

/** Creates the order of `tails`. */
export function createSuccession(
  { io, options }: Run,
  registry: Registry,
  tails: ReadonlyMap<string, Tail>,
  troubles: Troubles,
): Succession {
  const before = new Map<Tail, Tail>();
  let inOrder: readonly Tail[] = [];
  const orderOf = ({ instance }: Tail): number => instance.record.order;
  // Before it is given up.
  const quietMs = Math.min(QUIET_MS, options.graceMs / 2);

  function isDrained(tail: Tail): boolean {
    if (tail.dirty || waits(tail)) return false;
    if (!hasPartialLines(tail) || io.once) return true;
    return Date.now() - tail.grewAt >= quietMs;
  }
  function waits(tail: Tail): boolean {
    const earlier = before.get(tail);
    if (!earlier) return false;
    const isOver = tails.get(earlier.key) !== earlier || troubles.has(earlier);
    if (!isOver && !isDrained(earlier)) return true;
    before.delete(tail);
    if (!isOver) handOver(registry, earlier, tail);
    return false;
  }

  return {
    arrange() {
      before.clear();
      inOrder = [...tails.values()].sort((a, b) => orderOf(a) - orderOf(b));
      const last = new Map<string, Tail>();
      for (const tail of inOrder) {
        const { home } = tail.instance.record;
        const earlier = last.get(home);
        last.set(home, tail);
        if (earlier && !earlier.handedOver && !isBegun(tail)) before.set(tail, earlier);
      }
    },
    waits,
    get inOrder() {
      return inOrder;
    },
  };
}

/** Whether anything was read of it in this run. */
const isBegun = (tail: Tail): boolean => tail.framer !== null;
