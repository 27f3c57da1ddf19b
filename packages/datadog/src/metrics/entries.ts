import type { ByteWriter, EncodedBatch, MetricBatch } from '@tailrace/core';

/** A data point as a body of the sink holds it: u32 length of the envelope (little-endian), envelope, record. */
interface Entry {
  readonly envelope: Uint8Array;
  readonly record: Uint8Array;
}

const HEADER = 4;

/** Appends data points until the writer is full; answers the first one left out. */
export function encodeEntries(batch: MetricBatch, from: number, to: number, out: ByteWriter): number {
  for (let i = from; i < to; i++) {
    const envelope = batch.envelopeOf(i);
    const record = batch.record(i);
    const entry = new Uint8Array(HEADER + envelope.length + record.length);
    new DataView(entry.buffer).setUint32(0, envelope.length, true);
    entry.set(envelope, HEADER);
    entry.set(record, HEADER + envelope.length);
    if (!out.append(entry)) return i;
  }
  return to;
}

/** The data points of a body, as views on its bytes. */
export function entriesOf({ bytes, entries, end }: EncodedBatch): Entry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  return Array.from({ length: entries }, (_, entry) => {
    const recordAt = start + HEADER + view.getUint32(start, true);
    const envelope = bytes.subarray(start + HEADER, recordAt);
    start = end(entry);
    return { envelope, record: bytes.subarray(recordAt, start) };
  });
}
