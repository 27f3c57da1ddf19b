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
  /** Closes half of those that can be opened again, and keeps it so for a while: descriptors are short. */
  spare(): Promise<void>;
  /** `fresh` has taken over the open file of `tail`. */
  passOn(tail: Tail, fresh: Tail): void;
  readonly open: number;
}

/** Open files that are still at their path; those that were rotated away stay open beyond it, or they could not be found again. */
const MOST_OPEN = 128;
/** Compressed ones, beside the one that is read: each has a window and what was decompressed in memory. */
const MOST_COMPRESSED = 4;
/** How long fewer are kept open after descriptors were short, in milliseconds. */
const SPARING_MS = 60_000;

/** Creates an empty set of handles. */
export function createHandles(run: Run): Handles {
  // In the order of their last use.
  const open = new Set<Tail>();
  const sparing = { until: 0, most: MOST_OPEN };

  async function close(tail: Tail): Promise<void> {
    open.delete(tail);
    const { handle } = tail;
    tail.handle = null;
    await handle?.close();
  }
  async function keep(tail: Tail): Promise<void> {
    open.delete(tail);
    open.add(tail);
    await closeDownTo(Date.now() < sparing.until ? sparing.most : MOST_OPEN, tail);
    const compressed = [...open].filter((other) => other.compressed && other.goneSince === 0 && other !== tail);
    for (const other of compressed.slice(0, Math.max(0, compressed.length - MOST_COMPRESSED))) await close(other);
  }
  async function closeDownTo(most: number, used?: Tail): Promise<void> {
    for (const other of open) {
      if (open.size <= most) return;
      if (other.goneSince === 0 && other !== used) await close(other);
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
    async spare() {
      sparing.until = Date.now() + SPARING_MS;
      sparing.most = open.size >> 1;
      await closeDownTo(sparing.most);
    },
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
