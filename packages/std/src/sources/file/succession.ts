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
  /** Whether another one waits for this. */
  isAwaited(tail: Tail): boolean;
  /** The tails as of the last change, those that others follow first. */
  readonly inOrder: readonly Tail[];
}

/** What a tail waits for. */
interface Wait {
  readonly earlier: Tail;
  /** How often that one had been read to its end when the wait began, and when that was, in Unix milliseconds. */
  readonly ends: number;
  readonly since: number;
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
  let before = new Map<Tail, Wait>();
  let inOrder: readonly Tail[] = [];
  const orderOf = ({ instance }: Tail): number => instance.record.order;
  // Before it is given up.
  const quietMs = Math.min(QUIET_MS, options.graceMs / 2);

  /** Read to its end since the next file is there; more can come, but then its writer goes on beside that of the next one. */
  function isDrained({ earlier, ends, since }: Wait): boolean {
    if ((earlier.dirty && earlier.ends === ends) || waits(earlier)) return false;
    if (!hasPartialLines(earlier) || io.once) return true;
    const now = Date.now();
    return now - earlier.grewAt >= quietMs || now - since >= options.graceMs;
  }
  function waits(tail: Tail): boolean {
    const wait = before.get(tail);
    if (!wait) return false;
    const { earlier } = wait;
    const isOver = tails.get(earlier.key) !== earlier || troubles.has(earlier);
    if (!isOver && !isDrained(wait)) return true;
    before.delete(tail);
    if (!isOver) handOver(registry, earlier, tail);
    return false;
  }

  return {
    arrange() {
      const known = before;
      before = new Map();
      inOrder = [...tails.values()].sort((a, b) => orderOf(a) - orderOf(b));
      const last = new Map<string, Tail>();
      for (const tail of inOrder) {
        const { home } = tail.instance.record;
        const earlier = last.get(home);
        last.set(home, tail);
        if (!earlier || earlier.handedOver || isBegun(tail)) continue;
        const wait = known.get(tail);
        before.set(tail, wait?.earlier === earlier ? wait : { earlier, ends: earlier.ends, since: Date.now() });
      }
    },
    waits,
    isAwaited: (tail) => [...before.values()].some(({ earlier }) => earlier === tail),
    get inOrder() {
      return inOrder;
    },
  };
}

/** Whether anything was read of it in this run. */
const isBegun = (tail: Tail): boolean => tail.framer !== null;
