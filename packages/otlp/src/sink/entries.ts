import type { ByteWriter, EncodedBatch, RecordBatch } from '@tailrace/core';
import type { Entry } from '@tailrace/telemetry';

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

/** The entries of a body, as views on it; those that follow each other with equal envelopes share one. */
export function entriesOf({ bytes, entries, end }: EncodedBatch): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read: Entry[] = [];
  let envelope = bytes.subarray(0, 0);
  for (let entry = 0, at = 0; entry < entries; entry++) {
    const envelopeAt = at + LENGTH_BYTES;
    const recordAt = envelopeAt + view.getUint32(at, true);
    const own = bytes.subarray(envelopeAt, recordAt);
    if (Buffer.compare(envelope, own) !== 0) envelope = own;
    at = end(entry);
    read.push({ envelope, record: bytes.subarray(recordAt, at) });
  }
  return read;
}
