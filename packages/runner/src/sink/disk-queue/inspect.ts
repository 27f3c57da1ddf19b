import { join } from 'node:path';
import { FrameError, frameSignal } from '@tailrace/core';
import { StateError } from '../../state/checkpoints.ts';
import { type Positions, readPositions } from './positions.ts';
import { type QueueFs, readWhole } from './queue-fs.ts';
import { rangeSet } from './ranges.ts';
import { beginsRecord, NewerRecord, type QueueRecord, type Scan, scanRecords } from './record.ts';
import { segmentNames } from './segment.ts';

/** What is in a segment's file. */
export interface SegmentState {
  readonly name: string;
  readonly bytes: number;
  readonly scan: Scan;
  /** Records whose events have not ended. */
  readonly waiting: readonly QueueRecord[];
  /** Bytes that a process did not finish writing: they were never acknowledged. */
  readonly torn: number;
  /** Other bytes that are no record. */
  readonly damaged: number;
  /** The file could not be read at all. */
  readonly unreadable: Error | null;
}

/** What the folder of a queue holds besides its segments. */
export interface FolderState {
  readonly names: readonly string[];
  readonly segments: readonly string[];
  readonly positions: Positions;
  readonly arePositionsDamaged: boolean;
}

const NOTHING_ENDED: Positions = { next: 1, ended: {}, removed: [] };

/** Lists a queue's folder; changes nothing. Throws a {@link StateError} for what a later version has written. */
export async function readFolder(fs: QueueFs, folder: string): Promise<FolderState> {
  const names = await fs.list(folder);
  const found = await orUnreadable(readPositions(fs, folder));
  const positions = found instanceof Error || found === null ? NOTHING_ENDED : found;
  const removed = new Set(positions.removed);
  return {
    names,
    segments: segmentNames(names).filter((name) => !removed.has(name)),
    positions,
    arePositionsDamaged: found instanceof Error || found === null,
  };
}

/** Reads a whole segment; changes nothing. `isLast`: a process may have been stopped while it wrote there. */
async function readSegment(
  fs: QueueFs,
  folder: string,
  name: string,
  { positions }: FolderState,
  isLast: boolean,
): Promise<SegmentState> {
  const bytes = await orUnreadable(readWhole(fs, join(folder, name)).catch(emptyIfGone));
  if (bytes instanceof Error) {
    const scan = { records: [], used: 0, needs: 0, damaged: 0, torn: 0 };
    return { name, bytes: 0, scan, waiting: [], torn: 0, damaged: 0, unreadable: bytes };
  }
  const scan = scanned(join(folder, name), bytes);
  const ended = rangeSet(positions.ended[name]);
  const waiting = scan.records.filter(({ sequence }) => !ended.has(sequence));
  const torn = isLast && isUnfinished(bytes, scan) ? scan.torn : 0;
  return { name, bytes: bytes.length, scan, waiting, torn, damaged: scan.damaged - torn, unreadable: null };
}

/** All segments of a folder, one in memory at a time. */
export async function* readSegments(fs: QueueFs, folder: string, state: FolderState): AsyncGenerator<SegmentState> {
  const last = state.segments.at(-1);
  for (const name of state.segments) yield await readSegment(fs, folder, name, state, name === last);
}

function scanned(path: string, bytes: Buffer): Scan {
  try {
    const scan = scanRecords(bytes);
    for (const { frame } of scan.records) frameSignal(frame);
    return scan;
  } catch (error) {
    if (!(error instanceof NewerRecord || error instanceof FrameError)) throw error;
    throw new StateError(`${path}: ${error.message.replace(/: use a newer tailrace$/, '')}. Use the newer tailrace.`);
  }
}

/** What stands at the end is the beginning of a record, or zeros: a filesystem adds them when power fails. */
function isUnfinished(bytes: Buffer, { torn }: Scan): boolean {
  if (torn === 0) return false;
  const tail = bytes.subarray(bytes.length - torn);
  return tail.every((byte) => byte === 0) || beginsRecord(tail);
}

/** A process that uses the queue may have removed the file meanwhile: all of it was delivered. */
function emptyIfGone(error: NodeJS.ErrnoException): Buffer {
  if (error.code === 'ENOENT') return Buffer.alloc(0);
  throw error;
}

/** EIO is what a disk says of a bad sector: damage like any other. */
async function orUnreadable<T>(reading: Promise<T>): Promise<T | Error> {
  try {
    return await reading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EIO') return error as Error;
    throw error;
  }
}
