import type { Batch, ByteWriter, EncodedBatch, LogBatch, Position, RecordBatch, Signal } from '@tailrace/core';

/**
 * One entry of a body, between `encode` and `send` of this process: u8 version, u8 flags (of the kernel), u16 zero, u32 nanoseconds,
 * f64 Unix seconds, all little-endian, and the event. A log event is its JSON text; a record is u32 length of its envelope, the envelope, the
 * record.
 */
const VERSION = 1;
const HEAD_BYTES = 16;
const LENGTH_BYTES = 4;

/** Events on their way into the store; all lists have `length` entries. */
export interface Arrivals {
  readonly signal: Signal;
  readonly length: number;
  readonly positions: readonly Position[];
  /** `FLAG` bits of the kernel; 0 for records. */
  readonly flags: Uint8Array;
  /** Event time in microseconds since 1970. */
  readonly micros: Float64Array;
  /** The JSON text of a log event; what {@link recordOf} takes apart of a record. */
  readonly payloads: readonly Uint8Array[];
}

/** Appends events `[from, to)` until the writer is full; answers the first that did not fit. */
export function encodeEntries(batch: Batch, from: number, to: number, out: ByteWriter): number {
  return batch.signal === 'logs'
    ? encodeLogs(batch as LogBatch, from, to, out)
    : encodeRecords(batch as RecordBatch, from, to, out);
}

function encodeLogs(batch: LogBatch, from: number, to: number, out: ByteWriter): number {
  const { text, start, end } = batch.events();
  const { flags, seconds, nanos } = batch.columns;
  const view = new DataView(out.bytes.buffer, out.bytes.byteOffset);
  for (let i = from; i < to; i++) {
    const at = out.used;
    const size = HEAD_BYTES + end[i]! - start[i]!;
    if (!hasRoom(out, size)) return i;
    putHead(view, at, flags[i]!, seconds[i]!, nanos[i]!);
    out.bytes.set(text.subarray(start[i], end[i]), at + HEAD_BYTES);
    finish(out, size);
  }
  return to;
}

function encodeRecords(batch: RecordBatch, from: number, to: number, out: ByteWriter): number {
  const { seconds, nanos } = batch.columns;
  const view = new DataView(out.bytes.buffer, out.bytes.byteOffset);
  for (let i = from; i < to; i++) {
    const at = out.used;
    const envelope = batch.envelopeOf(i);
    const record = batch.record(i);
    const size = HEAD_BYTES + LENGTH_BYTES + envelope.length + record.length;
    if (!hasRoom(out, size)) return i;
    putHead(view, at, 0, seconds[i]!, nanos[i]!);
    view.setUint32(at + HEAD_BYTES, envelope.length, true);
    out.bytes.set(envelope, at + HEAD_BYTES + LENGTH_BYTES);
    out.bytes.set(record, at + HEAD_BYTES + LENGTH_BYTES + envelope.length);
    finish(out, size);
  }
  return to;
}

function hasRoom(out: ByteWriter, size: number): boolean {
  return out.entries < out.marks.length && out.used + size <= out.bytes.length;
}

function putHead(view: DataView, at: number, flags: number, seconds: number, nanos: number): void {
  view.setUint8(at, VERSION);
  view.setUint8(at + 1, flags);
  view.setUint16(at + 2, 0, true);
  view.setUint32(at + 4, nanos, true);
  view.setFloat64(at + 8, seconds, true);
}

function finish(out: ByteWriter, size: number): void {
  out.used += size;
  out.marks[out.entries++] = out.used;
}

/** The entries of a body; payloads are views of its bytes. */
export function decodeEntries(body: EncodedBatch): Arrivals {
  const { bytes, entries: length, signal } = body;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = new Uint8Array(length);
  const micros = new Float64Array(length);
  const positions: Position[] = [];
  const payloads: Uint8Array[] = [];
  for (let i = 0, at = 0; i < length; i++) {
    const end = body.end(i);
    if (view.getUint8(at) !== VERSION) throw new RangeError(`entry ${i} of a body has the format ${view.getUint8(at)}`);
    flags[i] = view.getUint8(at + 1);
    micros[i] = microsOf(view.getFloat64(at + 8, true), view.getUint32(at + 4, true));
    positions.push(body.position(i));
    payloads.push(bytes.subarray(at + HEAD_BYTES, end));
    at = end;
  }
  return { signal, length, positions, flags, micros, payloads };
}

/** Years 1 to 9999, which JavaScript and DuckDB both can hold and print. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z') * 1000;
const LATEST = Date.parse('9999-12-31T23:59:59.999Z') * 1000;

function microsOf(seconds: number, nanos: number): number {
  return Math.min(Math.max(seconds * 1e6 + Math.floor(nanos / 1000), EARLIEST), LATEST);
}

/** A data point or span as {@link encodeEntries} wrote it. */
export function recordOf(payload: Uint8Array): { readonly envelope: Uint8Array; readonly record: Uint8Array } {
  const size = new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
  const at = LENGTH_BYTES + size;
  return { envelope: payload.subarray(LENGTH_BYTES, at), record: payload.subarray(at) };
}

const decoder = new TextDecoder();

/** A body as people read it: the log events, one JSON text a line; records in base64, as dead letters hold them. */
export function bodyText(body: EncodedBatch): string {
  const { signal, payloads } = decodeEntries(body);
  if (signal === 'logs') return payloads.map((payload) => `${decoder.decode(payload)}\n`).join('');
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const lines = payloads
    .map(recordOf)
    .map(({ envelope, record }) => ({ envelope: base64(envelope), record: base64(record) }));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
