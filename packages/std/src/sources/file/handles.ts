import { openAgain } from './open.ts';
import type { Run } from './options.ts';
import type { Tail } from './tail.ts';

/** The open files, not too many at once. */
export interface Handles {
  /** Opens a tail's file if it is not; `false`: its path leads to another file now. */
  ensure(tail: Tail): Promise<boolean>;
  /** A tail came with an open file. */
  keep(tail: Tail): Promise<void>;
  close(tail: Tail): Promise<void>;
  /** `fresh` has taken over the open file of `tail`. */
  passOn(tail: Tail, fresh: Tail): void;
  readonly open: number;
}

/** Open files that are still at their path; those that were rotated away stay open beyond it, or they could not be found again. */
const MOST_OPEN = 128;

/** Creates an empty set of handles. */
export function createHandles(run: Run): Handles {
  // In the order of their last use.
  const open = new Set<Tail>();

  async function close(tail: Tail): Promise<void> {
    open.delete(tail);
    const { handle } = tail;
    tail.handle = null;
    await handle?.close();
  }
  async function keep(tail: Tail): Promise<void> {
    open.delete(tail);
    open.add(tail);
    for (const other of open) {
      if (open.size <= MOST_OPEN) return;
      if (other.goneSince === 0 && !other.handle?.compressed && other !== tail) await close(other);
    }
  }

  return {
    async ensure(tail) {
      if (tail.handle === null && !(await openAgain(run, tail))) return false;
      await keep(tail);
      return true;
    },
    keep,
    close,
    passOn(tail, fresh) {
      open.delete(tail);
      open.add(fresh);
      tail.handle = null;
    },
    get open() {
      return open.size;
    },
  };
}
