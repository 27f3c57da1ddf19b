import type { ByteWriter, EncodedBatch, RecordBatch } from '@tailrace/core';

/** Bytes of the number before each entry's envelope. */
const LENGTH_BYTES = 4;

/**
 * Appends records to a body until it is full, each one as an entry that can be sent alone: the length of its envelope (32 bits,
 * little-endian), the packed envelope, the record. Answers the first record left out.
 */
export function encodeRecords(batch: RecordBatch, from: number, to: number, out: ByteWriter): number {
  const { text, start, end, envelopes, envelope } = batch.records();
  const view = new DataView(out.bytes.buffer, out.bytes.byteOffset, out.bytes.byteLength);
  for (let i = from; i < to; i++) {
    const shared = envelopes[envelope[i]!]!;
    const recordAt = out.used + LENGTH_BYTES + shared.length;
    const after = recordAt + end[i]! - start[i]!;
    if (out.entries === out.marks.length || after > out.bytes.length) return i;
    view.setUint32(out.used, shared.length, true);
    out.bytes.set(shared, out.used + LENGTH_BYTES);
    out.bytes.set(text.subarray(start[i]!, end[i]!), recordAt);
    out.used = after;
    out.marks[out.entries++] = after;
  }
  return to;
}

/** Where the entries of a body stand in its bytes, three numbers for each: its envelope's start, its record's start and end. */
export function placesOf({ bytes, entries, end }: EncodedBatch): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places = new Uint32Array(3 * entries);
  for (let entry = 0, at = 0; entry < entries; entry++) {
    const envelopeAt = at + LENGTH_BYTES;
    places[3 * entry] = envelopeAt;
    places[3 * entry + 1] = envelopeAt + view.getUint32(at, true);
    at = end(entry);
    places[3 * entry + 2] = at;
  }
  return places;
}
