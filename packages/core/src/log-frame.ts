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
  for (let from = 0; from < events.length; ) {
    const streams = streamsFrom(columns);
    let size = FIXED_BYTES + streams.add(from) + eventBytes(events, from);
    let to = from + 1;
    for (; to < events.length; to++) {
      size += streams.add(to) + eventBytes(events, to);
      if (size > maxBytes) break;
    }
    frames.push({ bytes: frameOf(events, columns, from, to), events: to - from });
    from = to;
  }
  return frames;
}

/** Bytes of a frame without events: the fixed part, the header's frame and its padding. */
const FIXED_BYTES = 24 + encoder.encode(JSON.stringify({ streams: [] })).length + 7;
const COLUMN_BYTES = 39;

function eventBytes(events: Events, i: number): number {
  return COLUMN_BYTES + events.end[i]! - events.start[i]!;
}

/** Measures what the streams of more and more events take in a header: `add` gives the bytes that event `i` brings. */
function streamsFrom({ stream, streams }: LogColumns): { add(i: number): number } {
  const known = new Set<number>();
  return {
    add(i) {
      const of = stream[i]!;
      if (known.has(of)) return 0;
      known.add(of);
      return encoder.encode(JSON.stringify(streams[of])).length + 1;
    },
  };
}

/** The streams of events `[from, to)`, and for each of these events the index of its own. */
function usedStreams(
  { stream, streams }: LogColumns,
  from: number,
  to: number,
): { used: Stream[]; index: Uint16Array } {
  const places = new Map<number, number>();
  const index = new Uint16Array(to - from);
  for (let i = from; i < to; i++) {
    const place = places.get(stream[i]!) ?? places.size;
    places.set(stream[i]!, place);
    index[i - from] = place;
  }
  return { used: [...places.keys()].map((k) => streams[k]!), index };
}

function frameOf(events: Events, columns: LogColumns, from: number, to: number): Uint8Array {
  const n = to - from;
  const { used, index } = usedStreams(columns, from, to);
  const header = encoder.encode(JSON.stringify({ streams: used }));
  const headerSize = (header.length + 7) & ~7;
  const lengths = Uint32Array.from({ length: n }, (_, k) => events.end[from + k]! - events.start[from + k]!);
  const textSize = lengths.reduce((sum, length) => sum + length, 0);
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
  const { offset, endOffset, seconds, sub, nanos, flags } = columns;
  for (const column of [offset, endOffset, seconds, sub, nanos]) put(column.subarray(from, to));
  put(lengths);
  put(index);
  put(flags.subarray(from, to));
  for (let i = from; i < to; i++) {
    frame.set(events.text.subarray(events.start[i]!, events.end[i]!), at);
    at += events.end[i]! - events.start[i]!;
  }
  view.setUint32(CHECKSUM_AT, checksum(frame), true);
  return frame;
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

/** Reads one of {@link framesOf}'s frames; throws {@link FrameError}. */
export function readFrame(frame: Uint8Array): { events: Events; columns: LogColumns } {
  checkFrameVersion(frame);
  const copy = new Uint8Array(frame); // slice of a Buffer would be a view
  const view = new DataView(copy.buffer);
  const [n, headerSize, textSize] = [view.getUint32(8, true), view.getUint32(12, true), view.getUint32(16, true)];
  let at = 24 + ((headerSize + 7) & ~7);
  if (copy.length !== at + n * COLUMN_BYTES + textSize) throw new FrameError('a frame of the wrong length');
  if (view.getUint32(CHECKSUM_AT, true) !== checksum(copy))
    throw new FrameError('a damaged frame: its checksum differs');
  const { streams } = readHeader(copy.subarray(24, 24 + headerSize));
  const take = <T>(make: (buffer: ArrayBuffer, from: number, length: number) => T, width: number): T => {
    const bytes = copy.slice(at, at + n * width);
    at += n * width;
    return make(bytes.buffer, 0, n);
  };
  const f64 = () => take((buffer, from, length) => new Float64Array(buffer, from, length), 8);
  const u32 = () => take((buffer, from, length) => new Uint32Array(buffer, from, length), 4);
  const [offset, endOffset, seconds] = [f64(), f64(), f64()];
  const [sub, nanos, lengths] = [u32(), u32(), u32()];
  const stream = take((buffer, from, length) => new Uint16Array(buffer, from, length), 2);
  const flags = take((buffer, from, length) => new Uint8Array(buffer, from, length), 1);
  const start = new Uint32Array(n);
  const end = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    start[i] = i === 0 ? 0 : end[i - 1]!;
    end[i] = start[i]! + lengths[i]!;
  }
  const columns = { streams, stream, offset, endOffset, sub, seconds, nanos, flags };
  if ((end[n - 1] ?? 0) !== textSize || stream.some((s) => s >= streams.length))
    throw new FrameError('a frame that contradicts itself');
  return { events: { text: copy.subarray(at), start, end, length: n }, columns };
}

function readHeader(bytes: Uint8Array): { streams: Stream[] } {
  try {
    return JSON.parse(decoder.decode(bytes)) as { streams: Stream[] };
  } catch {
    throw new FrameError('a frame whose header is no JSON');
  }
}
