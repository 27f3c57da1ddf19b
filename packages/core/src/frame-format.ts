import { crc32 } from 'node:zlib';
import type { Events } from '@tailrace/kernel';
import type { Frame, Signal, Stream } from './batch.ts';

const MAGIC = 0x4252_4c54; // "TLRB"
const VERSION = 1;
const CHECKSUM_AT = 20;
const FIXED = 24;
/** In the order of their numbers in a frame. */
const SIGNALS: readonly Signal[] = ['logs', 'metrics', 'traces'];
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A frame that this version cannot read: damaged, or written by a newer one. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

type Column = Float64Array | Uint32Array | Uint16Array | Uint8Array;

/** What a frame holds beside the texts of its events: a header that is JSON, and columns, the widest first. */
export interface FrameContent {
  readonly signal: Signal;
  readonly header: object;
  /** Of the events in the frame alone; a column of text lengths is put in at `lengthsAt`. */
  readonly columns: readonly Column[];
  readonly lengthsAt: number;
}

/**
 * A frame of events `[from, to)`. Layout, little endian: u32 magic, u16 version, u16 signal (0 logs, 1 metrics, 2 traces), u32 events,
 * u32 header bytes, u32 text bytes, u32 CRC-32 of all the rest; header (JSON), padded to 8; the columns; the texts.
 */
export function writeFrame(events: Events, from: number, to: number, content: FrameContent): Frame {
  const header = encoder.encode(JSON.stringify(content.header));
  const headerSize = (header.length + 7) & ~7;
  const { lengths, textSize } = lengthsOf(events, from, to);
  const columns = [
    ...content.columns.slice(0, content.lengthsAt),
    lengths,
    ...content.columns.slice(content.lengthsAt),
  ];
  const columnSize = columns.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const frame = new Uint8Array(FIXED + headerSize + columnSize + textSize);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint16(6, SIGNALS.indexOf(content.signal), true);
  view.setUint32(8, to - from, true);
  view.setUint32(12, header.length, true);
  view.setUint32(16, textSize, true);
  frame.set(header, FIXED);
  let at = FIXED + headerSize;
  for (const column of columns) {
    frame.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  }
  putTexts(events, from, to, frame, at);
  view.setUint32(CHECKSUM_AT, checksum(frame), true);
  return { bytes: frame, events: to - from };
}

/** Bytes of a frame without events, whose header is `empty`, with most padding. */
export function frameBytes(empty: object): number {
  return FIXED + encoder.encode(JSON.stringify(empty)).length + 7;
}

/** Bytes that a value takes as an item of a list in a header. */
export function headerItemBytes(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length + 1;
}

/** A thing that events share and that stands once in a frame's header: how long it is there, and which one each event has. */
export interface Shared {
  readonly bytes: readonly number[];
  readonly of: ArrayLike<number>;
}

/**
 * Where frames of at most `maxBytes` end, as many events in each as fit, at least one; per frame and per shared thing a map from its
 * index in the batch to that in the frame.
 */
export function cutFrames(
  { start, end, length }: Events,
  { fixedBytes, eventBytes, maxBytes }: { fixedBytes: number; eventBytes: number; maxBytes: number },
  shared: readonly Shared[],
): { from: number; to: number; chosen: ReadonlyMap<number, number>[] }[] {
  const cuts: { from: number; to: number; chosen: ReadonlyMap<number, number>[] }[] = [];
  for (let from = 0; from < length; ) {
    const chosen = shared.map(() => new Map<number, number>());
    let size = fixedBytes;
    let to = from;
    for (; to < length; to++) {
      // Neighbours mostly share all, so that the maps are seldom asked.
      const isNew = to === from || shared.some(({ of }) => of[to] !== of[to - 1]);
      const more = eventBytes + end[to]! - start[to]! + (isNew ? missingBytes(shared, chosen, to) : 0);
      if (size + more > maxBytes && to > from) break;
      size += more;
      if (isNew)
        for (const [k, { of }] of shared.entries())
          if (!chosen[k]!.has(of[to]!)) chosen[k]!.set(of[to]!, chosen[k]!.size);
    }
    cuts.push({ from, to, chosen });
    from = to;
  }
  return cuts;
}

/** What event `i` shares with others, as far as the frame does not have it. */
function missingBytes(shared: readonly Shared[], chosen: readonly ReadonlyMap<number, number>[], i: number): number {
  let bytes = 0;
  for (const [k, thing] of shared.entries()) if (!chosen[k]!.has(thing.of[i]!)) bytes += thing.bytes[thing.of[i]!]!;
  return bytes;
}

/** An opened frame; its texts go on using the frame's bytes. */
export interface OpenedFrame {
  readonly header: { readonly streams: Stream[]; readonly [key: string]: unknown };
  readonly events: Events;
  /** All columns but that of the lengths, one after the other, in memory of their own. */
  readonly columns: ColumnReader;
}

/** Reads columns in the order that they were written in. */
export interface ColumnReader {
  f64(): Float64Array;
  u32(): Uint32Array;
  u16(): Uint16Array;
  u8(): Uint8Array;
}

/** Which signal a frame, whose bytes are as they were written, is of; throws a {@link FrameError} when this version cannot read it. */
export function frameSignal(frame: Uint8Array): Signal {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < FIXED || view.getUint32(0, true) !== MAGIC) throw new FrameError('not a batch frame');
  const version = view.getUint16(4, true);
  if (version > VERSION)
    throw new FrameError(`frame version ${version} is newer than ${VERSION}: use a newer tailrace`);
  const signal = SIGNALS[view.getUint16(6, true)];
  if (!signal) throw new FrameError(`frames of signal ${view.getUint16(6, true)} are not known: use a newer tailrace`);
  return signal;
}

/** Opens a frame; `columnBytes`: of one event, the length of its text among them, which begins at `lengthsAt`. Throws {@link FrameError}. */
export function openFrame(frame: Uint8Array, columnBytes: number, lengthsAt: number): OpenedFrame {
  frameSignal(frame);
  const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength); // slice of a Buffer would be a view
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [n, headerSize, textSize] = [view.getUint32(8, true), view.getUint32(12, true), view.getUint32(16, true)];
  const columnsAt = FIXED + ((headerSize + 7) & ~7);
  const textAt = columnsAt + n * columnBytes;
  if (bytes.length !== textAt + textSize) throw new FrameError('a frame of the wrong length');
  if (view.getUint32(CHECKSUM_AT, true) !== checksum(bytes))
    throw new FrameError('a damaged frame: its checksum differs');
  const header = readHeader(bytes.subarray(FIXED, FIXED + headerSize));
  const { buffer } = bytes.slice(columnsAt, textAt);
  const events = eventsOf(bytes.subarray(textAt), new Uint32Array(buffer, lengthsAt * n, n));
  if ((events.end[n - 1] ?? 0) !== textSize) throw new FrameError('a frame that contradicts itself');
  return { header, events, columns: columnReader(buffer, n, lengthsAt * n) };
}

/** Whether each of these indices is below `count`. */
export function areBelow(indices: Uint16Array | Uint32Array, count: number): boolean {
  return !(indices as Uint32Array).some((index) => index >= count);
}

// The widest come first, so that each column is aligned where the one before it ends.
function columnReader(buffer: ArrayBuffer, n: number, lengthsAt: number): ColumnReader {
  let at = 0;
  const next = (width: number): number => {
    if (at === lengthsAt) at += 4 * n;
    const here = at;
    at += width * n;
    return here;
  };
  return {
    f64: () => new Float64Array(buffer, next(8), n),
    u32: () => new Uint32Array(buffer, next(4), n),
    u16: () => new Uint16Array(buffer, next(2), n),
    u8: () => new Uint8Array(buffer, next(1), n),
  };
}

function lengthsOf({ start, end }: Events, from: number, to: number): { lengths: Uint32Array; textSize: number } {
  const lengths = new Uint32Array(to - from);
  let textSize = 0;
  for (let i = from; i < to; i++) {
    const length = end[i]! - start[i]!;
    lengths[i - from] = length;
    textSize += length;
  }
  return { lengths, textSize };
}

/** Copies the texts one after the other; those that stand so already at once. */
function putTexts({ text, start, end }: Events, from: number, to: number, frame: Uint8Array, at: number): void {
  for (let i = from, next = from; i < to; i = next) {
    for (next = i + 1; next < to && start[next] === end[next - 1]; ) next++;
    frame.set(text.subarray(start[i]!, end[next - 1]!), at);
    at += end[next - 1]! - start[i]!;
  }
}

function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(CHECKSUM_AT + 4), crc32(frame.subarray(0, CHECKSUM_AT)));
}

function eventsOf(text: Uint8Array, lengths: Uint32Array): Events {
  const { length } = lengths;
  const start = new Uint32Array(length);
  const end = new Uint32Array(length);
  for (let i = 0, at = 0; i < length; i++) {
    start[i] = at;
    at += lengths[i]!;
    end[i] = at;
  }
  return { text, start, end, length };
}

function readHeader(bytes: Uint8Array): OpenedFrame['header'] {
  try {
    return JSON.parse(decoder.decode(bytes)) as OpenedFrame['header'];
  } catch {
    throw new FrameError('a frame whose header is no JSON');
  }
}
