import { crc32 } from 'node:zlib';
import type { Events } from '@tailrace/kernel';
import type { Frame, Stream } from './batch.ts';
import type { LogColumns } from './log-batch.ts';

const MAGIC = 0x4252_4c54; // "TLRB"
const VERSION = 1;
const CHECKSUM_AT = 20;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A frame that this version cannot read: damaged, or written by a newer one. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/**
 * The events as frames of at most `maxBytes` (an event that alone needs more has a frame of its own). Layout, little endian: u32 magic,
 * u16 version, u16 signal (0 logs), u32 events, u32 header bytes, u32 text bytes, u32 CRC-32 of all the rest;
 * header (JSON: the streams of these events), padded to 8; f64 offset, end offset, seconds; u32 sub, nanos, text length; u16 stream;
 * u8 flags; text.
 */
export function framesOf(events: Events, columns: LogColumns, maxBytes: number): Frame[] {
  const frames: Frame[] = [];
  const headerBytes = columns.streams.map((stream) => encoder.encode(JSON.stringify(stream)).length + 1);
  const { start, end, length } = events;
  const { stream } = columns;
  for (let from = 0; from < length; ) {
    const chosen = new Map<number, number>();
    let size = FIXED_BYTES;
    let to = from;
    for (let last = -1; to < length; to++) {
      let more = COLUMN_BYTES + end[to]! - start[to]!;
      if (stream[to] !== last && !chosen.has(stream[to]!)) more += headerBytes[stream[to]!]!;
      if (size + more > maxBytes && to > from) break;
      size += more;
      last = stream[to]!;
      if (!chosen.has(last)) chosen.set(last, chosen.size);
    }
    frames.push({ bytes: frameOf(events, columns, from, to, chosen), events: to - from });
    from = to;
  }
  return frames;
}

/** Bytes of a frame without events and streams: the fixed part, the header around the streams, and most padding. */
const FIXED_BYTES = 24 + encoder.encode(JSON.stringify({ streams: [] })).length + 7;
const COLUMN_BYTES = 39;

/** The frame of events `[from, to)`; `chosen` says which streams they have, and the place of each in the header. */
function frameOf(
  events: Events,
  columns: LogColumns,
  from: number,
  to: number,
  chosen: ReadonlyMap<number, number>,
): Uint8Array {
  const n = to - from;
  const header = encoder.encode(JSON.stringify({ streams: [...chosen.keys()].map((k) => columns.streams[k]!) }));
  const headerSize = (header.length + 7) & ~7;
  const { lengths, textSize } = lengthsOf(events, from, to);
  const frame = new Uint8Array(24 + headerSize + n * COLUMN_BYTES + textSize);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint32(8, n, true);
  view.setUint32(12, header.length, true);
  view.setUint32(16, textSize, true);
  frame.set(header, 24);
  let at = 24 + headerSize;
  const put = (column: Float64Array | Uint32Array | Uint16Array | Uint8Array) => {
    frame.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += column.byteLength;
  };
  const { offset, endOffset, seconds, sub, nanos, stream, flags } = columns;
  for (const column of [offset, endOffset, seconds, sub, nanos]) put(column.subarray(from, to));
  put(lengths);
  put(stream.subarray(from, to).map((k) => chosen.get(k)!));
  put(flags.subarray(from, to));
  putTexts(events, from, to, frame, at);
  view.setUint32(CHECKSUM_AT, checksum(frame), true);
  return frame;
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

/** Throws a {@link FrameError} when a frame, whose bytes are as they were written, is of a version or kind that this one cannot read. */
export function checkFrameVersion(frame: Uint8Array): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 24 || view.getUint32(0, true) !== MAGIC) throw new FrameError('not a batch frame');
  const version = view.getUint16(4, true);
  if (version > VERSION)
    throw new FrameError(`frame version ${version} is newer than ${VERSION}: use a newer tailrace`);
  const signal = view.getUint16(6, true);
  if (signal !== 0) throw new FrameError(`frames of signal ${signal} are not known: use a newer tailrace`);
}

/** Reads one of {@link framesOf}'s frames, whose bytes its texts go on using; throws {@link FrameError}. */
export function readFrame(frame: Uint8Array): { events: Events; columns: LogColumns } {
  checkFrameVersion(frame);
  const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength); // slice of a Buffer would be a view
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [n, headerSize, textSize] = [view.getUint32(8, true), view.getUint32(12, true), view.getUint32(16, true)];
  const columnsAt = 24 + ((headerSize + 7) & ~7);
  const textAt = columnsAt + n * COLUMN_BYTES;
  if (bytes.length !== textAt + textSize) throw new FrameError('a frame of the wrong length');
  if (view.getUint32(CHECKSUM_AT, true) !== checksum(bytes))
    throw new FrameError('a damaged frame: its checksum differs');
  const { streams } = readHeader(bytes.subarray(24, 24 + headerSize));
  // The widest come first, so that each column is aligned where the one before it ends.
  const { buffer } = bytes.slice(columnsAt, textAt);
  const f64 = (k: number) => new Float64Array(buffer, k * 8 * n, n);
  const u32 = (k: number) => new Uint32Array(buffer, (24 + k * 4) * n, n);
  const stream = new Uint16Array(buffer, 36 * n, n);
  const columns = {
    ...{ streams, stream, offset: f64(0), endOffset: f64(1), seconds: f64(2) },
    ...{ sub: u32(0), nanos: u32(1), flags: new Uint8Array(buffer, 38 * n, n) },
  };
  const events = eventsOf(bytes.subarray(textAt), u32(2));
  if ((events.end[n - 1] ?? 0) !== textSize || stream.some((s) => s >= streams.length))
    throw new FrameError('a frame that contradicts itself');
  return { events, columns };
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

function readHeader(bytes: Uint8Array): { streams: Stream[] } {
  try {
    return JSON.parse(decoder.decode(bytes)) as { streams: Stream[] };
  } catch {
    throw new FrameError('a frame whose header is no JSON');
  }
}
