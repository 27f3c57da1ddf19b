import { crc32 } from 'node:zlib';
import type { Events } from '@tailrace/kernel';
import type { Stream } from './batch.ts';
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
 * Layout, little endian: u32 magic, u16 version, u16 signal (0 logs), u32 events, u32 header bytes, u32 text bytes, u32 CRC-32 of
 * all the rest;
 * header (JSON: streams), padded to 8; f64 offset, end offset, seconds; u32 sub, nanos, text length; u16 stream; u8 flags; text.
 */
export function frameOf(events: Events, columns: LogColumns): Uint8Array {
  const n = events.length;
  const header = encoder.encode(JSON.stringify({ streams: columns.streams }));
  const headerSize = (header.length + 7) & ~7;
  let textSize = 0;
  for (let i = 0; i < n; i++) textSize += events.end[i]! - events.start[i]!;
  const frame = new Uint8Array(24 + headerSize + n * 39 + textSize);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint32(8, n, true);
  view.setUint32(12, header.length, true);
  view.setUint32(16, textSize, true);
  frame.set(header, 24);
  let at = 24 + headerSize;
  const put = (column: Float64Array | Uint32Array | Uint16Array | Uint8Array) => {
    const bytes = new Uint8Array(column.buffer, column.byteOffset, n * column.BYTES_PER_ELEMENT);
    frame.set(bytes, at);
    at += bytes.length;
  };
  for (const column of [columns.offset, columns.endOffset, columns.seconds, columns.sub, columns.nanos]) put(column);
  put(Uint32Array.from({ length: n }, (_, i) => events.end[i]! - events.start[i]!));
  put(columns.stream);
  put(columns.flags);
  for (let i = 0; i < n; i++) {
    frame.set(events.text.subarray(events.start[i]!, events.end[i]!), at);
    at += events.end[i]! - events.start[i]!;
  }
  view.setUint32(CHECKSUM_AT, checksum(frame), true);
  return frame;
}

function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(CHECKSUM_AT + 4), crc32(frame.subarray(0, CHECKSUM_AT)));
}

/** Reads {@link frameOf}'s record; throws {@link FrameError}. */
export function readFrame(frame: Uint8Array): { events: Events; columns: LogColumns } {
  const copy = new Uint8Array(frame); // slice of a Buffer would be a view
  const view = new DataView(copy.buffer);
  if (copy.length < 24 || view.getUint32(0, true) !== MAGIC) throw new FrameError('not a batch frame');
  const version = view.getUint16(4, true);
  if (version > VERSION)
    throw new FrameError(`frame version ${version} is newer than ${VERSION}: use a newer tailrace`);
  const [n, headerSize, textSize] = [view.getUint32(8, true), view.getUint32(12, true), view.getUint32(16, true)];
  let at = 24 + ((headerSize + 7) & ~7);
  if (copy.length !== at + n * 39 + textSize) throw new FrameError('a frame of the wrong length');
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
