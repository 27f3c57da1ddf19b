import { join } from 'node:path';
import { type FolderState, readFolder, readSegments, type SegmentState } from './inspect.ts';
import type { QueueFs } from './queue-fs.ts';
import { finishRepairs, type Repair, repairPositions, repairSegment } from './salvage.ts';
import { emptySegment, firstOf, type Segment } from './segment.ts';

/** A queue as it was found, mended. */
export interface OpenedFolder {
  /** With events that wait, oldest first. */
  readonly segments: Segment[];
  /** Sequence number of the next record. */
  readonly next: number;
  /** Segments that are delivered, still to be removed. */
  readonly removed: readonly string[];
  readonly repairs: readonly Repair[];
}

/** Reads a queue's folder whole, whatever is in it; throws a StateError for what a later version has written. */
export async function openFolder(fs: QueueFs, folder: string): Promise<OpenedFolder> {
  await finishRepairs(fs, folder, await fs.list(folder));
  const state = await readFolder(fs, folder);
  const repairs: Repair[] = [];
  const segments: Segment[] = [];
  const removed = state.positions.removed.filter((name) => state.names.includes(name));
  let next = nextAfter(state);
  for await (const found of readSegments(fs, folder, state)) {
    for (const { sequence } of found.scan.records) next = Math.max(next, sequence + 1);
    const repair = found.damaged > 0 || found.unreadable ? await repairSegment(fs, folder, found) : null;
    if (repair) repairs.push(repair);
    else if (found.torn > 0 && found.waiting.length > 0) await cutTail(fs, join(folder, found.name), found);
    const segment = opened(folder, found, state, repair);
    if (segment.left > 0) segments.push(segment);
    else if (!repair) removed.push(found.name);
  }
  if (state.arePositionsDamaged) repairs.push(await repairPositions(fs, folder));
  return { segments, next, removed, repairs };
}

function opened(folder: string, found: SegmentState, { positions }: FolderState, repair: Repair | null): Segment {
  const segment = emptySegment(folder, found.name, true, positions.ended[found.name]);
  const events = found.waiting.reduce((sum, record) => sum + record.events, 0);
  segment.left = events;
  segment.unread = events;
  const saved = found.waiting.reduce((sum, { bytes }) => sum + bytes.length, 0);
  segment.bytes = repair?.movedTo ? saved : found.bytes - found.torn;
  return segment;
}

function nextAfter({ names, segments, positions }: FolderState): number {
  const ended = Object.values(positions.ended).flatMap((ranges) => ranges.map(([, to]) => to + 1));
  const named = [...segments, ...names.filter((name) => positions.removed.includes(name))].map((n) => firstOf(n) + 1);
  return Math.max(1, positions.next, ...ended, ...named);
}

async function cutTail(fs: QueueFs, path: string, { bytes, torn }: SegmentState): Promise<void> {
  try {
    const file = await fs.open(path, 'change');
    try {
      await file.truncate(bytes - torn);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch {
    // Nobody reads beyond the last whole record; it is cut at another start.
  }
}
