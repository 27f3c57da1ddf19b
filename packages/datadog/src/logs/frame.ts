import type { EncodedBatch } from '@tailrace/core';

/** Bytes in front of each entry’s JSON text: f64 time in milliseconds since 1970, little endian. */
export const HEAD_BYTES = 8;

const OPEN = 0x5b;
const CLOSE = 0x5d;
const COMMA = 0x2c;

/** The entries of a body as a JSON array. */
interface Framed {
  readonly array: Uint8Array;
  /** How many entries are in it. */
  readonly count: number;
  /** Entries that were left out because they are older than asked for, ascending. */
  readonly left: readonly number[];
}

/** The JSON array of all entries that are not older than `oldest`, in milliseconds since 1970. */
export function arrayOf(body: EncodedBatch, oldest: number): Framed {
  const { bytes, entries } = body;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const array = new Uint8Array(bytes.length - entries * HEAD_BYTES + entries + 1);
  const left: number[] = [];
  let used = 0;
  for (let entry = 0, at = 0; entry < entries; entry++) {
    const start = at + HEAD_BYTES;
    const end = body.end(entry);
    if (view.getFloat64(at, true) < oldest) {
      left.push(entry);
    } else {
      array[used] = used === 0 ? OPEN : COMMA;
      array.set(bytes.subarray(start, end), used + 1);
      used += 1 + end - start;
    }
    at = end;
  }
  array[used++] = CLOSE;
  return { array: array.subarray(0, used), count: entries - left.length, left };
}
