import { pause, within } from '../backoff.ts';
import type { OpenedFolder } from './open-folder.ts';
import { writePositions } from './positions.ts';
import type { QueueFs } from './queue-fs.ts';
import type { Ranges } from './ranges.ts';
import type { Segment } from './segment.ts';

/** How long the last write of the positions may take: a filesystem that hangs must not keep the process from ending. */
const CLOSE_MS = 5000;

/** The segments of an open queue and their positions on the disk. */
export interface SegmentList {
  /** Oldest first. */
  readonly all: readonly Segment[];
  /** Bytes of all of them. */
  readonly bytes: number;
  /** Sequence number of the next record. */
  next: number;
  add(segment: Segment): void;
  /** All events of a record have ended. */
  recordEnded(segment: Segment, sequence: number, events: number): void;
  /** Events of a segment that nobody will read. */
  lose(segment: Segment, events: number): void;
  /** Nothing more is appended to it. */
  seal(segment: Segment): void;
  remove(segment: Segment): void;
  /** Writes the positions a last time. */
  close(): Promise<void>;
}

interface Options {
  readonly fs: QueueFs;
  readonly folder: string;
  readonly opened: OpenedFolder;
  /** What was delivered reaches the disk within this time; after a kill that much is sent again. */
  readonly saveEveryMs: number;
  /** Hears that there is more room. */
  onRoom(): void;
  /** Hears once of a failure and, with `null`, of its end. */
  onFailure(error: Error | null): void;
}

/** Keeps the books of an opened folder; removes a sealed segment when the last of its events has ended. */
export function segmentList({ fs, folder, opened, saveEveryMs, onRoom, onFailure }: Options): SegmentList {
  const all = [...opened.segments];
  /** Segments that went, until that is durable; `true`: the file is gone. */
  const removed = new Map(opened.removed.map((name) => [name, false]));
  const removing = new Set<Promise<void>>();
  let { next } = opened;
  let isChanged = removed.size > 0 || opened.repairs.length > 0;
  let isClosed = false;
  let isFailing = false;
  const stop = new AbortController();
  let saving: Promise<void> | null = null;

  function unlink(name: string): void {
    const going = fs.remove(`${folder}/${name}`).then(
      () => void removed.set(name, true),
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') removed.set(name, true);
      },
    );
    removing.add(going);
    void going.then(() => {
      removing.delete(going);
      onRoom();
    });
  }
  async function save(): Promise<void> {
    for (const [name, isGone] of removed) if (!isGone) unlink(name);
    await Promise.all(removing);
    const gone = [...removed].filter(([, isGone]) => isGone).map(([name]) => name);
    const ended: Record<string, Ranges> = {};
    for (const segment of all) if (segment.ended.ranges.length > 0) ended[segment.name] = segment.ended.ranges;
    isChanged = false;
    try {
      await writePositions(fs, folder, { next, ended, removed: [...removed.keys()] });
      for (const name of gone) removed.delete(name);
      if (removed.size > 0) isChanged = true;
      if (isFailing) onFailure(null);
      isFailing = false;
    } catch (error) {
      isChanged = true;
      if (!isFailing) onFailure(error as Error);
      isFailing = true;
    }
  }
  /** One write a second as long as something changes. */
  async function saveWhileChanged(): Promise<void> {
    while (isChanged && !isClosed) {
      await pause(saveEveryMs, stop.signal);
      if (!isClosed) await save();
    }
    saving = null;
  }
  function changed(): void {
    isChanged = true;
    if (!isClosed) saving ??= saveWhileChanged();
  }
  function removeIfEnded(segment: Segment): void {
    if (segment.isSealed && segment.left === 0 && !segment.isDropped) remove(segment);
  }
  function remove(segment: Segment): void {
    const at = all.indexOf(segment);
    if (at < 0) return;
    all.splice(at, 1);
    removed.set(segment.name, false);
    unlink(segment.name);
    changed();
  }

  if (isChanged) changed();
  return {
    all,
    get bytes() {
      return all.reduce((sum, segment) => sum + segment.bytes, 0);
    },
    get next() {
      return next;
    },
    set next(value) {
      next = value;
    },
    add: (segment) => void all.push(segment),
    recordEnded(segment, sequence, events) {
      segment.left -= events;
      segment.ended.add(sequence);
      changed();
      removeIfEnded(segment);
    },
    lose(segment, events) {
      segment.unread -= events;
      segment.left -= events;
      removeIfEnded(segment);
    },
    seal(segment) {
      segment.isSealed = true;
      removeIfEnded(segment);
    },
    remove,
    async close() {
      isClosed = true;
      stop.abort();
      await saving;
      if (isChanged || removed.size > 0) await within(save(), CLOSE_MS);
    },
  };
}
