import { join } from 'node:path';
import type { SegmentState } from './inspect.ts';
import { POSITIONS_FILE } from './positions.ts';
import { type QueueFs, writeWhole } from './queue-fs.ts';
import { segmentNames } from './segment.ts';

/** The folder, inside that of a queue, that damaged files are moved to. */
export const QUARANTINE = 'quarantine';
const PART = '.salvaged';

/** Something that was wrong with a queue's files and what was done about it. */
export interface Repair {
  readonly file: string;
  /** Bytes that were no record; `null`: of the whole file. */
  readonly damagedBytes: number | null;
  /** Events of the file that were saved. */
  readonly savedEvents: number;
  /** Where the file is now; `null` when it could not be moved, so that it is read around the damage. */
  readonly movedTo: string | null;
  /** Why it could not be moved. */
  readonly problem: string | null;
}

/**
 * Moves a damaged segment to the quarantine and puts the records that can be read in its place. In this order a crash at any point leaves
 * either the damaged file in its place or the saved records: see {@link finishRepairs}.
 */
export async function repairSegment(fs: QueueFs, folder: string, segment: SegmentState): Promise<Repair> {
  const path = join(folder, segment.name);
  const saved = segment.waiting.map(({ bytes }) => bytes);
  const savedEvents = segment.waiting.reduce((sum, { events }) => sum + events, 0);
  const repair = { file: segment.name, damagedBytes: segment.unreadable ? null : segment.damaged, savedEvents };
  let movedTo: string;
  try {
    if (saved.length > 0) await writeWhole(fs, path + PART, saved);
    movedTo = await quarantine(fs, folder, segment.name);
  } catch (error) {
    await fs.remove(path + PART).catch(() => undefined);
    return { ...repair, movedTo: null, problem: (error as Error).message };
  }
  if (saved.length > 0) await fs.rename(path + PART, path);
  await fs.syncFolder(folder);
  return { ...repair, movedTo, problem: null };
}

/** Moves positions that cannot be read to the quarantine. */
export async function repairPositions(fs: QueueFs, folder: string): Promise<Repair> {
  const repair = { file: POSITIONS_FILE, damagedBytes: null, savedEvents: 0 };
  try {
    return { ...repair, movedTo: await quarantine(fs, folder, POSITIONS_FILE), problem: null };
  } catch (error) {
    return { ...repair, movedTo: null, problem: (error as Error).message };
  }
}

/** Ends repairs that a crash interrupted, if it can: records whose damaged file is in the quarantine take its place, others are not needed. */
export async function finishRepairs(fs: QueueFs, folder: string, names: readonly string[]): Promise<void> {
  const segments = new Set(segmentNames(names));
  for (const part of names.filter((name) => name.endsWith(PART))) {
    const name = part.slice(0, -PART.length);
    const finished = segments.has(name)
      ? fs.remove(join(folder, part))
      : fs.rename(join(folder, part), join(folder, name));
    // On a disk that takes nothing now another start does it.
    await finished.catch(() => undefined);
  }
}

async function quarantine(fs: QueueFs, folder: string, name: string): Promise<string> {
  const to = join(folder, QUARANTINE);
  await fs.makeFolder(to);
  // The saved records have to be there, durably, before the file leaves.
  await fs.syncFolder(folder);
  const path = join(to, `${name}.${new Date().toISOString().replace(/[:.]/g, '-')}`);
  await fs.rename(join(folder, name), path);
  await fs.syncFolder(to);
  return path;
}
