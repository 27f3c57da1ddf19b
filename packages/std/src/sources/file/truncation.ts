import { goOnIn, startOver } from './open.ts';
import type { Parts } from './parts.ts';
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
  const fresh = await startOver(run, registry, tail);
  handles.passOn(tail, fresh);
  tails.set(fresh.key, fresh);
  const isCopied = await followCopy(parts, tail);
  const kind = fresh.size < position ? 'file_truncated' : 'file_rewritten';
  incidents.tell(kind, tail.path, isCopied ? 0 : Math.max(0, most - position));
  if (!isCopied) {
    await parts.reader.finish(tail, true);
    registry.remove(tail.instance);
  }
  succession.arrange();
  await untilStored(run, registry);
}

/** Lets a tail that has lost its file go on in a copy of it, compressed or not; false when there is none. */
export async function followCopy({ run, registry, handles, tails }: Parts, tail: Tail): Promise<boolean> {
  const tracker = createTracker(run.births, registry, tails);
  const { copies } = await tracker.whereabouts({ ...tail.instance.record, ...pointOf(tail) });
  for (const copy of copies) {
    if (!(await goOnIn(run, registry, tail, copy))) continue;
    tails.set(tail.key, tail);
    await handles.keep(tail);
    return true;
  }
  return false;
}
