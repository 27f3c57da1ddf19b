import { type Batch, batchFromFrame, FrameError } from '@tailrace/core';
import { pause } from '../backoff.ts';
import type { QueueFile, QueueFs } from './queue-fs.ts';
import { type QueueRecord, type Scan, scanRecords } from './record.ts';
import type { Segment } from './segment.ts';
import type { SegmentList } from './segment-list.ts';

/** A batch that was read back. */
export interface ReadBatch {
  readonly batch: Batch;
  readonly segment: Segment;
  readonly sequence: number;
  /** Memory it is counted with. */
  readonly bytes: number;
}

/** Reads batches ahead of the one who takes them. */
export interface ReadAhead {
  take(): ReadBatch | undefined;
  /** A batch that was taken needs no more memory. */
  free(bytes: number): void;
  /** There may be more to read. */
  wake(): void;
  /** Batches that nobody has taken. */
  readonly batches: number;
  /** Gives the batches that nobody has taken. */
  close(): Promise<readonly ReadBatch[]>;
}

interface Options {
  readonly fs: QueueFs;
  readonly list: SegmentList;
  /** Memory of batches that nobody has taken, and of these and the taken ones together. */
  readonly limits: { readonly ahead: number; readonly held: number };
  readonly retryMs: number;
  onBatch(): void;
  /** Events that cannot be read any more. */
  onLost(segment: Segment, events: number): void;
  onFailure(error: Error | null): void;
}

const CHUNK_BYTES = 256 * 1024;
/** A sector that fails so often is taken for lost. */
const TRIES_OF_BAD_SECTOR = 5;

/** Reads the records of a queue in order, each once. */
export function readAhead({ fs, list, limits, retryMs, onBatch, onLost, onFailure }: Options): ReadAhead {
  const ready: ReadBatch[] = [];
  let readyBytes = 0;
  let heldBytes = 0;
  let file: { segment: Segment; file: QueueFile } | null = null;
  let wanted = CHUNK_BYTES;
  let failures = 0;
  let reading: Promise<void> | null = null;
  const stop = new AbortController();

  const nextSegment = (): Segment | undefined => list.all.find((segment) => segment.readAt < segment.bytes);
  const hasRoom = (): boolean => readyBytes < limits.ahead && heldBytes < limits.held;

  async function closeFile(): Promise<void> {
    const old = file;
    file = null;
    await old?.file.close().catch(() => undefined);
  }
  async function fileOf(segment: Segment): Promise<QueueFile> {
    if (file?.segment === segment) return file.file;
    await closeFile();
    file = { segment, file: await fs.open(segment.path, 'read') };
    return file.file;
  }
  async function readAll(): Promise<void> {
    for (let segment = nextSegment(); segment && hasRoom() && !stop.signal.aborted; segment = nextSegment()) {
      try {
        await readOnce(segment);
        if (failures > 0) onFailure(null);
        failures = 0;
      } catch (error) {
        await failed(segment, error as NodeJS.ErrnoException);
      }
    }
    reading = null;
  }
  async function readOnce(segment: Segment): Promise<void> {
    const from = await fileOf(segment);
    const length = Math.min(wanted, segment.bytes - segment.readAt);
    const bytes = await from.read(segment.readAt, length);
    if (segment.isDropped || stop.signal.aborted) return;
    const isCutOff = bytes.length < length;
    const left = isCutOff ? 0 : segment.bytes - segment.readAt - bytes.length;
    const scan: Scan = scanRecords(bytes, left);
    for (const record of scan.records) if (!segment.ended.has(record.sequence)) hold(segment, record);
    segment.readAt = isCutOff ? segment.bytes : segment.readAt + scan.used;
    wanted = Math.max(CHUNK_BYTES, scan.needs);
    loseRest(segment);
    if (ready.length > 0) onBatch();
  }
  function hold(segment: Segment, record: QueueRecord): void {
    try {
      const batch = batchFromFrame(record.frame, segment.isRecovered);
      const { bytes } = batch;
      ready.push({ batch, segment, sequence: record.sequence, bytes });
      segment.unread -= batch.length;
      readyBytes += bytes;
      heldBytes += bytes;
    } catch (error) {
      // It stays among the unread, which are lost when the end is reached.
      if (!(error instanceof FrameError)) throw error;
    }
  }
  /** At the end of what is stored, events that were not found are damaged. */
  function loseRest(segment: Segment): void {
    if (segment.readAt >= segment.bytes && segment.unread > 0) onLost(segment, segment.unread);
  }
  async function failed(segment: Segment, error: NodeJS.ErrnoException): Promise<void> {
    await closeFile();
    if (segment.isDropped || stop.signal.aborted) return;
    const isBadSector = error.code === 'EIO' && failures + 1 >= TRIES_OF_BAD_SECTOR;
    if (isBadSector || error.code === 'ENOENT') {
      segment.readAt = segment.bytes;
      return loseRest(segment);
    }
    if (failures++ === 0) onFailure(error);
    await pause(retryMs, stop.signal);
  }
  function wake(): void {
    if (stop.signal.aborted || reading || !hasRoom() || !nextSegment()) return;
    reading = readAll();
  }

  return {
    take() {
      const first = ready.shift();
      if (!first) return undefined;
      readyBytes -= first.bytes;
      wake();
      return first;
    },
    free(bytes) {
      heldBytes -= bytes;
      wake();
    },
    wake,
    get batches() {
      return ready.length;
    },
    async close() {
      stop.abort();
      await reading;
      await closeFile();
      return ready.splice(0);
    },
  };
}
