import type { EncodedBatch } from '@tailrace/core';

// An entry of a body is a comma and a JSON object; where old ones are looked for, with its time in front of it.

/** Bytes of an entry’s time: f64, milliseconds since 1970, little endian. */
export const TIME_BYTES = 8;

const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Memory for arrays that is used again: a new half megabyte for each request would keep the garbage collector busy. */
export interface ArrayPool {
  take(bytes: number): Buffer;
  give(array: Buffer): void;
}

/** Keeps at most so many pieces of memory. */
export function arrayPool(most: number): ArrayPool {
  const free: Buffer[] = [];
  return {
    take(bytes) {
      const kept = free.pop();
      if (kept && kept.buffer.byteLength >= bytes) return Buffer.from(kept.buffer, 0, bytes);
      // Somewhat larger, since the next one may be.
      return Buffer.from(Buffer.allocUnsafeSlow(bytes + (bytes >> 3)).buffer, 0, bytes);
    },
    give: (array) => void (free.length < most && free.push(array)),
  };
}

/** The JSON array of all entries of a body without times. */
export function arrayOf({ bytes }: EncodedBatch, pool: ArrayPool): Buffer {
  return closed([bytes], bytes.length, pool);
}

/** The entries of a body with times that are young enough. */
interface Young {
  readonly array: Buffer;
  /** Entries that are older than asked for, ascending. */
  readonly left: readonly number[];
}

/** The JSON array of the entries that are not older than `oldest`, in milliseconds since 1970. */
export function youngOf(body: EncodedBatch, oldest: number, pool: ArrayPool): Young {
  const { bytes, entries } = body;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [];
  const left: number[] = [];
  for (let entry = 0, at = 0; entry < entries; entry++) {
    const end = body.end(entry);
    if (view.getFloat64(at, true) < oldest) left.push(entry);
    else kept.push(bytes.subarray(at + TIME_BYTES, end));
    at = end;
  }
  const size = kept.reduce((sum, entry) => sum + entry.length, 0);
  return { array: closed(kept, size, pool), left };
}

/** The first comma becomes the bracket that opens the array. */
function closed(texts: readonly Uint8Array[], size: number, pool: ArrayPool): Buffer {
  const array = pool.take(Math.max(1, size) + 1);
  let at = 0;
  for (const text of texts) {
    array.set(text, at);
    at += text.length;
  }
  array[0] = OPEN;
  array[array.length - 1] = CLOSE;
  return array;
}
