import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Batch, batchFromFrame, FrameError } from '@tailrace/core';
import { StateError } from '../../state/checkpoints.ts';
import { lockDataDir } from '../../state/lock.ts';
import { type FolderState, readFolder, readSegments, type SegmentState } from './inspect.ts';
import { openFolder } from './open-folder.ts';
import { POSITIONS_FILE } from './positions.ts';
import { diskFs } from './queue-fs.ts';
import { QUARANTINE, type Repair } from './salvage.ts';

/** One file of a queue, as `tailrace queue inspect` shows it. Sizes are bytes. */
export interface QueueFileReport {
  readonly file: string;
  readonly bytes: number;
  /** Records whose events wait for delivery, and those events. */
  readonly records: number;
  readonly events: number;
  /** Records that are delivered. */
  readonly delivered_records: number;
  readonly damaged_bytes: number;
  /** Of a record that was never finished. */
  readonly unfinished_bytes: number;
  /** Why the file cannot be read; `null` when it can. */
  readonly unreadable: string | null;
}

/** What is in the folder of a disk queue. */
export interface QueueReport {
  readonly folder: string;
  readonly files: readonly QueueFileReport[];
  readonly events: number;
  readonly bytes: number;
  readonly damaged_files: number;
  /** True: it is not known what was delivered, so all of it would be sent again. */
  readonly positions_damaged: boolean;
  /** Files that were set aside before. */
  readonly quarantined: readonly string[];
}

/** Says what a queue holds; changes nothing. Throws a {@link StateError} for a folder that is no queue. */
export async function inspectQueue(dir: string): Promise<QueueReport> {
  const { folder, state } = await queueAt(dir);
  const files: QueueFileReport[] = [];
  for await (const segment of readSegments(diskFs, folder, state)) files.push(fileReport(segment));
  const sum = (of: (file: QueueFileReport) => number): number => files.reduce((all, file) => all + of(file), 0);
  return {
    folder,
    files,
    events: sum(({ events }) => events),
    bytes: sum(({ bytes }) => bytes),
    damaged_files: sum((file) => Number(file.damaged_bytes > 0 || file.unreadable !== null)),
    positions_damaged: state.arePositionsDamaged,
    quarantined: (await diskFs.list(join(folder, QUARANTINE))).sort(),
  };
}

function fileReport({ name, bytes, scan, waiting, torn, damaged, unreadable }: SegmentState): QueueFileReport {
  return {
    file: name,
    bytes,
    records: waiting.length,
    events: waiting.reduce((sum, { events }) => sum + events, 0),
    delivered_records: scan.records.length - waiting.length,
    damaged_bytes: damaged,
    unfinished_bytes: torn,
    unreadable: unreadable?.message ?? null,
  };
}

/** The events that wait in a queue, oldest first, batch by batch; `onDamage` hears of bytes that cannot be read. Changes nothing. */
export async function* queuedBatches(
  dir: string,
  onDamage: (file: string, bytes: number) => void,
): AsyncGenerator<Batch> {
  const { folder, state } = await queueAt(dir);
  for await (const segment of readSegments(diskFs, folder, state)) {
    if (segment.damaged > 0 || segment.unreadable) onDamage(join(folder, segment.name), segment.damaged);
    for (const { frame, bytes } of segment.waiting) {
      const batch = readable(frame);
      if (batch) yield batch;
      else onDamage(join(folder, segment.name), bytes.length);
    }
  }
}

function readable(frame: Uint8Array): Batch | null {
  try {
    return batchFromFrame(frame, true);
  } catch (error) {
    if (error instanceof FrameError) return null;
    throw error;
  }
}

/**
 * Does what a start would do: saves what can be read of damaged files and moves them to the quarantine. Throws a {@link StateError} for
 * a folder that is no queue, or whose data_dir a process uses.
 */
export async function repairQueue(dir: string): Promise<readonly Repair[]> {
  const { folder } = await queueAt(dir);
  const dataDir = dirname(dirname(folder));
  // A queue that was copied to somewhere else belongs to nobody.
  const lock = basename(dirname(folder)) === 'queues' ? await lockDataDir(dataDir) : null;
  try {
    return (await openFolder(diskFs, folder)).repairs;
  } finally {
    await lock?.release();
  }
}

async function queueAt(dir: string): Promise<{ folder: string; state: FolderState }> {
  const folder = resolve(dir);
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    throw new StateError(error.code === 'ENOENT' ? `${dir}: there is no such folder` : `${dir}: ${error.message}`);
  });
  if (!found.isDirectory()) throw new StateError(`${dir}: is no folder; name the one of a sink, data_dir/queues/ID`);
  const names = await diskFs.list(folder);
  const queues = names.includes('queues') ? await diskFs.list(join(folder, 'queues')) : names;
  const isQueue = names.length === 0 || names.some((name) => isOfQueue(name));
  if (isQueue) return { folder, state: await readFolder(diskFs, folder) };
  const inside = await Promise.all(queues.map(async (name) => ((await holdsQueue(folder, names, name)) ? name : '')));
  const known = inside.filter((name) => name !== '').join(', ');
  const hint =
    known === '' ? 'name the one of a sink, data_dir/queues/ID' : `it has those of ${known}: name one of them`;
  throw new StateError(`${dir}: is not the folder of a queue; ${hint}`);
}

async function holdsQueue(folder: string, names: readonly string[], name: string): Promise<boolean> {
  const path = names.includes('queues') ? join(folder, 'queues', name) : join(folder, name);
  return (await diskFs.list(path).catch(() => [])).some((inner) => isOfQueue(inner));
}

function isOfQueue(name: string): boolean {
  return name === POSITIONS_FILE || name === QUARANTINE || /\.seg(\.salvaged)?$/.test(name);
}
