import type { QueueFile, QueueFs } from './queue-fs.ts';
import { recordHeader } from './record.ts';
import { emptySegment, type Segment, segmentName } from './segment.ts';
import type { SegmentList } from './segment-list.ts';

/** A frame to store. */
export interface Storable {
  readonly frame: Uint8Array;
  readonly events: number;
}

/** Appends groups of frames to the last segment of a queue. */
export interface Appender {
  /** Resolves when the frames are durable; rejects with none of them stored. One at a time. */
  append(group: readonly Storable[]): Promise<void>;
  /** Bytes that the open segment takes; a group that needs more begins another. */
  readonly room: number;
  /** Ends the open segment, so that it can be removed. */
  seal(): Promise<void>;
}

/** An appender whose segments are closed when they reach so many bytes. Nothing is opened before the first group. */
export function appender(fs: QueueFs, folder: string, list: SegmentList, segmentBytes: number): Appender {
  let open: { segment: Segment; file: QueueFile } | null = null;

  async function opened(): Promise<{ segment: Segment; file: QueueFile }> {
    if (open && open.segment.bytes >= segmentBytes) await seal();
    if (open) return open;
    await fs.makeFolder(folder);
    const segment = emptySegment(folder, segmentName(list.next), false);
    open = { segment, file: await fs.open(segment.path, 'create') };
    return open;
  }
  async function seal(): Promise<void> {
    if (!open) return;
    const { segment, file } = open;
    open = null;
    await file.close().catch(() => undefined);
    list.seal(segment);
  }
  /**
   * After a failure nothing more goes to this file: what a failed sync leaves is unknown (Linux forgets the pages), and a later sync
   * would say that all is well.
   */
  async function giveUp(): Promise<void> {
    if (!open) return;
    const { segment, file } = open;
    await file.truncate(segment.bytes).catch(() => undefined);
    await seal();
    if (segment.bytes === 0) await fs.remove(segment.path).catch(() => undefined);
  }

  return {
    async append(group) {
      try {
        const { segment, file } = await opened();
        const parts = group.flatMap(({ frame, events }, k) => [recordHeader(list.next + k, events, frame), frame]);
        await file.write(parts, segment.bytes);
        await file.sync();
        if (segment.bytes === 0) await fs.syncFolder(folder);
        if (segment.bytes === 0) list.add(segment);
        const events = group.reduce((sum, storable) => sum + storable.events, 0);
        segment.bytes += parts.reduce((sum, part) => sum + part.length, 0);
        segment.left += events;
        segment.unread += events;
        list.next += group.length;
      } catch (error) {
        await giveUp();
        throw error;
      }
    },
    get room() {
      const used = open?.segment.bytes ?? 0;
      return used < segmentBytes ? segmentBytes - used : segmentBytes;
    },
    seal,
  };
}
