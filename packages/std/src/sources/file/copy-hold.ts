import { open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Found } from './find.ts';
import { identityKey, identityOf } from './identity.ts';
import type { Run } from './options.ts';
import { isRotatedName } from './rotated-name.ts';
import { PRINT_BYTES, type Tail } from './tail.ts';

/** What a file that nobody knows is: a log of its own, perhaps a copy of one (wait), or a copy of which all was read in the original. */
export type Judgement = 'new' | 'wait' | 'read';

/** Holds back files that begin as copies of one that is being read: copytruncate makes the copy first and truncates then. */
export type CopyHold = (found: Found) => Promise<Judgement>;

interface Held {
  readonly original: Tail;
  readonly key: string;
  readonly since: number;
  /** It was seen to hold what the original held, before that was truncated. */
  readonly compared: boolean;
}

/** Creates an empty hold; a file that is no copy of a truncated one after the time of grace is a log of its own. */
export function createCopyHold({ births, io, options }: Run, tails: ReadonlyMap<string, Tail>): CopyHold {
  const held = new Map<string, Held>();

  async function heldFor(found: Found): Promise<Held | null> {
    for (const tail of tails.values()) {
      const { home } = tail.instance.record;
      if (tail.goneSince !== 0 || dirname(home) !== dirname(found.path)) continue;
      if (!isRotatedName(basename(home), basename(found.path))) continue;
      const compared = await isCopy(found, tail);
      // A truncation that was seen in the same scan as the copy: reading the log finds out whether it goes on in there.
      const isCutShort = !tail.compressed && tail.size < tail.position;
      if (compared || isCutShort) return { original: tail, key: tail.key, since: Date.now(), compared };
    }
    return null;
  }

  return async (found) => {
    if (io.once) return 'new';
    const key = identityKey(identityOf(found.stats, births));
    const known = held.get(key);
    if (known && tails.get(known.key) !== known.original) {
      held.delete(key);
      return known.compared ? 'read' : 'new';
    }
    // Not compared again: that the original is another one by now can be the truncation.
    const hold = known ?? (await heldFor(found));
    if (!hold || Date.now() - hold.since > options.graceMs) {
      held.delete(key);
      return 'new';
    }
    held.set(key, hold);
    return 'wait';
  };
}

/** Whether a file holds, at its beginning and its end, what the original holds there. */
async function isCopy({ path, stats }: Found, original: Tail): Promise<boolean> {
  const size = Number(stats.size);
  const [copied, source] = await Promise.all([path, original.place].map((file) => ends(file, size)));
  return copied !== null && source !== null && Buffer.compare(copied!, source!) === 0;
}

async function ends(path: string, size: number): Promise<Buffer | null> {
  const handle = await open(path, 'r').catch(() => null);
  if (!handle) return null;
  try {
    const length = Math.min(size, PRINT_BYTES);
    const bytes = Buffer.alloc(2 * length);
    const head = await handle.read(bytes, 0, length, 0);
    const end = await handle.read(bytes, length, length, size - length);
    return head.bytesRead + end.bytesRead === bytes.length ? bytes : null;
  } finally {
    await handle.close();
  }
}
