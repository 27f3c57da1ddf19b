import { type Opened, startOver } from './open.ts';
import type { Parts } from './parts.ts';
import { goOnIn, openCopy } from './resume.ts';
import { createTracker } from './rotated.ts';
import { untilStored } from './stored.ts';
import { pointOf, type Tail } from './tail.ts';

/**
 * What was read of a tail's open file is not in it any more: the tail goes on in a copy, if copytruncate made one, and the file itself is a
 * new one, stored before it is read.
 */
export async function replaceContent(parts: Parts, tail: Tail): Promise<void> {
  const { run, registry, handles, tails, incidents, succession } = parts;
  const { most, position } = tail;
  // What can fail for want of a descriptor comes first: the tail stays as it is then, and this is tried again.
  const copy = await findCopy(parts, tail);
  const fresh = await startOver(run, registry, tail);
  handles.passOn(tail, fresh);
  tails.set(fresh.key, fresh);
  const kind = fresh.size < position ? 'file_truncated' : 'file_rewritten';
  incidents.tell(kind, tail.path, copy ? 0 : Math.max(0, most - position));
  if (copy) await take(parts, tail, copy);
  else {
    await parts.reader.finish(tail, true);
    registry.remove(tail.instance);
  }
  succession.arrange();
  await untilStored(run, registry);
}

/** Lets a tail whose file is gone go on in a copy of it, compressed or not; false when there is none. */
export async function followCopy(parts: Parts, tail: Tail): Promise<boolean> {
  const copy = await findCopy(parts, tail);
  if (!copy) return false;
  parts.tails.delete(tail.key);
  await take(parts, tail, copy);
  return true;
}

interface Copy {
  readonly path: string;
  readonly opened: Opened;
}

async function findCopy({ run, registry, tails }: Parts, tail: Tail): Promise<Copy | null> {
  const tracker = createTracker(run.births, registry, tails);
  const { copies } = await tracker.whereabouts({ ...tail.instance.record, ...pointOf(tail) });
  for (const found of copies) {
    const opened = await openCopy(run, registry, tail, found);
    if (opened) return { path: found.path, opened };
  }
  return null;
}

async function take({ registry, tails, handles }: Parts, tail: Tail, { path, opened }: Copy): Promise<void> {
  goOnIn(registry, tail, path, opened);
  tails.set(tail.key, tail);
  await handles.keep(tail);
}
