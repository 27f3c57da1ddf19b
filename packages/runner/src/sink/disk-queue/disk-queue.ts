import { type Batch, settleRange } from '@tailrace/core';
import type { SinkSettings } from '../../options.ts';
import { pause } from '../backoff.ts';
import { type PendingFrame, type QueueBooks, type SinkQueue, signal } from '../queue.ts';
import { appender } from './append.ts';
import type { OpenedFolder } from './open-folder.ts';
import type { QueueFs } from './queue-fs.ts';
import { type ReadBatch, readAhead } from './read-ahead.ts';
import { RECORD_HEADER } from './record.ts';
import { segmentList } from './segment-list.ts';

/** A record is at most so long, so that damage costs little; an event that alone needs more has a record of its own. */
const RECORD_BYTES = 64 * 1024;
const SEGMENT_BYTES = { least: RECORD_BYTES, most: 8 * 1024 * 1024 };
/** Bytes of one write, and of frames that may wait for the next one before sources do. */
const GROUP_BYTES = 4 * 1024 * 1024;
/** Memory for batches that nobody has taken, and with those that requests hold. */
const AHEAD_BYTES = 1024 * 1024;
const HELD_BYTES = 16 * 1024 * 1024;
/** How often positions are written and what failed is tried again, in milliseconds. */
const TIMING = { save: 1000, retry: 1000 };

/** What of the options of `queue` a disk queue works with. */
export interface DiskLimits {
  readonly maxBytes: number;
  readonly whenFull: SinkSettings['queue']['when_full'];
}

interface Options {
  readonly fs: QueueFs;
  readonly folder: string;
  readonly opened: OpenedFolder;
  readonly limits: DiskLimits;
  readonly books: QueueBooks;
  /** Frames that the queue before this one could not store. */
  readonly inherited: readonly PendingFrame[];
  readonly timing?: typeof TIMING;
}

/** An open disk queue; `close` gives the frames that it could not store. */
export interface DiskQueue extends Omit<SinkQueue, 'close'> {
  close(hasSuccessor: boolean): Promise<readonly PendingFrame[]>;
}

/** Batches in segments on the disk: events settle as soon as they are durable here, and are read back for the sink. */
export function diskQueue({ fs, folder, opened, limits, books, inherited, timing = TIMING }: Options): DiskQueue {
  const { maxBytes, whenFull } = limits;
  const segmentBytes = Math.min(SEGMENT_BYTES.most, Math.max(SEGMENT_BYTES.least, Math.ceil(maxBytes / 16)));
  const pending: PendingFrame[] = [...inherited];
  const taken = new WeakMap<Batch, ReadBatch>();
  const arrivals = signal();
  const rooms = signal();
  const stop = new AbortController();
  let pendingBytes = pending.reduce((sum, { frame }) => sum + frame.length, 0);
  let isStuck = false;
  let isFailing = false;
  let writing: Promise<void> | null = null;
  const tell = (subject: string, what: string) => (error: Error | null) =>
    books.notReady(subject, error && `queue_failed: ${error.message}; ${what}`);
  const list = segmentList({
    fs,
    folder,
    opened,
    saveEveryMs: timing.save,
    onRoom: write,
    onFailure: tell('queue positions', 'delivery goes on, a restart would send again'),
  });
  const store = appender(fs, folder, list, segmentBytes);
  const onReadFailure = tell('queue reads', 'what is stored waits');
  const onWriteFailure = tell('queue writes', 'sources wait');
  const ahead = readAhead({
    fs,
    list,
    limits: { ahead: AHEAD_BYTES, held: HELD_BYTES },
    retryMs: timing.retry,
    onBatch: () => arrivals.fire(),
    onLost(segment, events) {
      list.lose(segment, events);
      books.discarded(events, 'queue_damaged');
      arrivals.fire();
    },
    onFailure: onReadFailure,
  });

  const sizeOf = ({ frame }: PendingFrame): number => RECORD_HEADER + frame.length;
  const holds = (): void => books.holds(list.bytes + pendingBytes);
  function settle({ lineage, from, events }: PendingFrame, outcome: 'delivered' | 'discarded' | 'errored'): void {
    settleRange(lineage, from, from + events, outcome);
  }
  /** Removes the oldest segment, for `drop_oldest`; what of it is under way goes on. False when there is none. */
  async function dropOldest(): Promise<boolean> {
    const oldest = list.all[0];
    if (!oldest) return false;
    if (!oldest.isSealed) await store.seal();
    const lost = oldest.unread;
    oldest.isDropped = true;
    list.lose(oldest, lost);
    list.remove(oldest);
    if (lost > 0) books.discarded(lost, 'queue_full_drop_oldest');
    return true;
  }
  /** Makes room for so many bytes by the rule of `when_full`; false when there is none. */
  async function makeRoom(bytes: number): Promise<boolean> {
    while (list.bytes + bytes > maxBytes) {
      const last = list.all.at(-1);
      // An empty queue takes what is larger than itself, or it would stand still for ever.
      if (!last) return true;
      if (last.left === 0 && !last.isSealed) await store.seal();
      else if (whenFull !== 'drop_oldest' || !(await dropOldest())) return false;
    }
    return true;
  }
  /** Takes the frames that are written together. */
  async function nextGroup(): Promise<PendingFrame[]> {
    const group: PendingFrame[] = [];
    let bytes = 0;
    for (let first = pending[0]; first && !stop.signal.aborted; first = pending[0]) {
      const size = sizeOf(first);
      if (group.length > 0 && (bytes + size > GROUP_BYTES || bytes + size > store.room)) break;
      if (!(await makeRoom(bytes + size))) {
        if (whenFull !== 'drop_newest' || group.length > 0) break;
        books.discarded(first.events, 'queue_full_drop_newest');
        settle(first, 'discarded');
        forget(first);
        continue;
      }
      bytes += size;
      group.push(first);
      forget(first);
    }
    return group;
  }
  function forget(first: PendingFrame): void {
    pending.shift();
    pendingBytes -= first.frame.length;
  }
  async function storeGroup(group: readonly PendingFrame[]): Promise<void> {
    try {
      await store.append(group);
      if (isFailing) onWriteFailure(null);
      isFailing = false;
    } catch (error) {
      pending.unshift(...group);
      pendingBytes += group.reduce((sum, { frame }) => sum + frame.length, 0);
      isStuck = true;
      if (!isFailing) onWriteFailure(error as Error);
      isFailing = true;
      await pause(timing.retry, stop.signal);
      return;
    }
    isStuck = false;
    for (const frame of group) settle(frame, 'delivered');
    ahead.wake();
  }
  async function writeAll(): Promise<void> {
    // What comes within this turn is one group.
    await Promise.resolve();
    while (pending.length > 0 && !stop.signal.aborted) {
      const group = await nextGroup();
      if (group.length === 0) {
        // With drop_newest frames never wait for room: those that are there now came after the last one had been dropped.
        isStuck = pending.length > 0 && whenFull !== 'drop_newest';
        if (isStuck) break;
        continue;
      }
      await storeGroup(group);
      holds();
      if (!isFull()) rooms.fire();
    }
    holds();
    writing = null;
    if (!isFull()) rooms.fire();
  }
  function write(): void {
    holds();
    if (pending.length > 0 && !stop.signal.aborted) writing ??= writeAll();
  }
  function isFull(): boolean {
    return isStuck || pendingBytes >= GROUP_BYTES;
  }

  books.recovered(list.all.reduce((sum, segment) => sum + segment.left, 0));
  if (pending.length > 0) books.adopted(pending.reduce((sum, { events }) => sum + events, 0));
  books.damaged(opened.repairs.length);
  write();
  ahead.wake();
  return {
    put(batch) {
      let from = 0;
      for (const { bytes: frame, events } of batch.toFrames(RECORD_BYTES - RECORD_HEADER)) {
        pending.push({ frame, events, lineage: batch.lineage, from });
        pendingBytes += frame.length;
        from += events;
      }
      // Who gave it may give it once more in this turn.
      queueMicrotask(() => batch.release());
      write();
    },
    room: () => (isFull() && !stop.signal.aborted ? rooms.wait() : null),
    take() {
      const read = ahead.take();
      if (!read) return undefined;
      taken.set(read.batch, read);
      return read.batch;
    },
    ended(batch, isWhole) {
      const read = taken.get(batch);
      if (!read) return;
      taken.delete(batch);
      if (isWhole && !read.segment.isDropped) list.recordEnded(read.segment, read.sequence, batch.length);
      ahead.free(read.bytes);
      write();
    },
    comesAgain: (batch) => taken.get(batch)?.segment.isDropped !== true,
    arrival: () => (ahead.batches > 0 ? Promise.resolve() : arrivals.wait()),
    wake: () => arrivals.fire(),
    get isStored() {
      return pending.length === 0 && !writing;
    },
    get isEmpty() {
      if (pending.length > 0 || writing || ahead.batches > 0) return false;
      return list.all.every((segment) => segment.unread === 0);
    },
    isDurable: true,
    async close(hasSuccessor) {
      stop.abort();
      await writing;
      for (const { batch, segment } of await ahead.close()) {
        if (segment.isDropped) books.discarded(batch.length, 'queue_full_drop_oldest');
        else books.returned(batch.length);
      }
      books.returned(list.all.reduce((sum, segment) => sum + segment.unread, 0));
      await store.seal();
      await list.close();
      rooms.fire();
      arrivals.fire();
      const rest = pending.splice(0);
      pendingBytes = 0;
      // What is left is counted by the queue that opens the folder next.
      books.holds(0);
      if (hasSuccessor) return rest;
      for (const frame of rest) settle(frame, 'errored');
      books.returned(rest.reduce((sum, { events }) => sum + events, 0));
      return [];
    },
  };
}
