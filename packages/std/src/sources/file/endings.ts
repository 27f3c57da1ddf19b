import { hasPartialLines } from './carry.ts';
import { isSystemError } from './find.ts';
import type { Parts } from './parts.ts';
import type { Tail } from './tail.ts';
import { followCopy } from './truncation.ts';

/** Gives up tails whose files are gone, when they were read to their ends. */
export interface Endings {
  /** Those that gave nothing for the time of grace. */
  endGone(): Promise<void>;
  /** Reads a tail to its end and gives up on it. */
  end(tail: Tail): Promise<void>;
  /** Gives up on a tail whose file was replaced by something that is not its own. */
  abandon(tail: Tail): Promise<void>;
}

/** Creates the endings; `step` reads on in a tail, true when there may be more; `untaken` are paths of files that are no tails yet. */
export function createEndings(
  parts: Parts,
  step: (tail: Tail) => Promise<boolean>,
  untaken: ReadonlySet<string>,
): Endings {
  const { run, tails, registry, handles, reader, succession, troubles, incidents } = parts;
  const { io, options } = run;

  async function end(tail: Tail): Promise<void> {
    const isCurrent = (): boolean => tails.get(tail.key) === tail;
    while (isCurrent() && (await step(tail)));
    if (io.signal.aborted || !isCurrent()) return;
    if (await isFoundAgain(tail)) return io.once ? end(tail) : undefined;
    const isUnread = tail.compressed ? tail.dirty && tail.ends === 0 : tail.most > tail.position;
    const isLost = tail.goneSince !== 0 && tail.handle === null && isUnread;
    if (isLost || tail.handle?.damage) tellLoss(tail);
    await giveOutRest(tail);
    await leave(tail);
  }
  async function abandon(tail: Tail): Promise<void> {
    if (tail.most > tail.position) tellLoss(tail);
    await reader.finish(tail, true);
    await leave(tail);
  }
  function tellLoss({ path, most, position, handle }: Tail): void {
    incidents.tell('file_lost', path, Math.max(0, most - position), handle?.damage);
  }
  /** Its file was closed and went away: what rotation made of it may be there. */
  async function isFoundAgain(tail: Tail): Promise<boolean> {
    if (tail.goneSince === 0 || tail.handle !== null) return false;
    try {
      if (!(await followCopy(parts, tail))) return false;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      troubles.with(tail, error);
      // It is looked for again, unless this was the last time.
      return !io.once;
    }
    succession.arrange();
    return true;
  }
  async function giveOutRest(tail: Tail): Promise<void> {
    try {
      await reader.finish(tail, tail.handle === null);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      troubles.with(tail, error);
      await reader.finish(tail, true);
    }
  }
  async function leave(tail: Tail): Promise<void> {
    troubles.over(tail);
    await handles.close(tail);
    tails.delete(tail.key);
    succession.arrange();
    const goneSince = Math.floor(tail.goneSince / 1000);
    if (goneSince !== 0) registry.update(tail.instance, { ended: true, size: tail.position, goneSince });
    registry.release(tail.instance);
  }

  return {
    end,
    abandon,
    async endGone() {
      for (const tail of [...tails.values()]) {
        if (tail.goneSince === 0 || succession.waits(tail) || (tail.dirty && (await step(tail)))) continue;
        // The file that goes on with its half lines is there, but nobody has looked into it, or nobody could until now.
        if (succession.isAwaited(tail) || (hasPartialLines(tail) && untaken.has(tail.path))) continue;
        if (Math.max(tail.goneSince, tail.grewAt) + options.graceMs <= Date.now()) await end(tail);
      }
    },
  };
}
