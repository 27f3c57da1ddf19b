import type { Events } from '@tailrace/kernel';
import { type Batch, eventId, type Frame, type Position, type Signal } from './batch.ts';
import { type Lineage, lineageAnew, lineageOf, selectLineage, Ticket } from './lineage.ts';
import type { LogColumns } from './log-batch.ts';
import { readRecordFrame, recordFrames } from './record-frame.ts';
import { gone, RELEASED as RELEASED_EVENTS } from './text-holders.ts';

/** Signals whose events are OTLP records. */
export type RecordSignal = Exclude<Signal, 'logs'>;

/**
 * Records as protobuf bytes, one after the other in an arena: of metrics a data point each (NumberDataPoint, HistogramDataPoint, …), of
 * traces a Span. What a record shares with its neighbours, its resource, scope and metric, is its envelope.
 */
export interface Records extends Events {
  /** As `packEnvelope` of @tailrace/telemetry gives them. */
  readonly envelopes: readonly Uint8Array[];
  /** Per record an index into `envelopes`; at least `length` entries. */
  readonly envelope: Uint32Array;
}

/** What stands beside each record. All columns have at least `length` entries. */
export type RecordColumns = Omit<LogColumns, 'flags'>;

/** What a batch takes beside its records: its columns' heads, lineage and ticket. */
const BATCH_BYTES = 6000;
const COLUMN_BYTES = 50;

/**
 * A batch of metrics or traces in the form OTLP gives them, so that nothing that OTLP knows, nor anything it will know, is lost between
 * a source and a sink that speak it.
 */
export class RecordBatch<S extends RecordSignal = RecordSignal> implements Batch {
  readonly signal: S;
  readonly length: number;
  readonly lineage: Lineage;
  readonly columns: RecordColumns;
  /** Memory it holds. */
  readonly bytes: number;
  #records: Records;

  constructor(signal: S, records: Records, columns: RecordColumns, lineage: Lineage) {
    this.signal = signal;
    this.length = records.length;
    this.#records = records;
    this.columns = columns;
    this.lineage = lineage;
    const shared = records.envelopes.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.bytes = BATCH_BYTES + records.text.byteLength + shared + this.length * COLUMN_BYTES;
  }

  /** A batch straight from a source, with a ticket of its own. */
  static fromSource<S extends RecordSignal>(signal: S, records: Records, columns: RecordColumns): RecordBatch<S> {
    return new RecordBatch(signal, records, columns, lineageOf(new Ticket(records.length)));
  }

  /** A batch from a frame of this signal that was stored; throws a FrameError. `mayRepeat`: its records may have been sent before. */
  static fromFrame<S extends RecordSignal>(signal: S, frame: Uint8Array, mayRepeat: boolean): RecordBatch<S> {
    const { records, columns } = readRecordFrame(frame);
    return RecordBatch.fromSource(signal, records, mayRepeat ? toRepeat(columns) : columns);
  }

  /** All records: what encoders work on. */
  records(): Records {
    return this.#records;
  }

  /** The bytes of one data point or span. */
  record(i: number): Uint8Array {
    const { text, start, end } = this.#records;
    return text.subarray(start[i]!, end[i]!);
  }

  /** What record `i` shares with others, packed. */
  envelopeOf(i: number): Uint8Array {
    const { envelopes, envelope } = this.#records;
    return envelopes[envelope[i]!]!;
  }

  /** The record as JSON, its bytes in base64, which is exact: {@link recordFromText} reads it, and the command shows it in words. */
  text(i: number): string {
    const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
    return JSON.stringify({ envelope: base64(this.envelopeOf(i)), record: base64(this.record(i)) });
  }

  position(i: number): Position {
    const { streams, stream, offset, endOffset, sub } = this.columns;
    return { stream: streams[stream[i]!]!, offset: offset[i]!, end: endOffset[i]!, sub: sub[i]! };
  }

  id(i: number): string {
    return eventId(this.position(i));
  }

  time(i: number): bigint {
    return BigInt(this.columns.seconds[i]!) * 1_000_000_000n + BigInt(this.columns.nanos[i]!);
  }

  select(indices: ArrayLike<number>): RecordBatch<S> {
    const from = this.columns;
    const records = chosenRecords(this.#records, indices);
    const columns: RecordColumns = {
      streams: from.streams,
      stream: pick(from.stream, new Uint16Array(indices.length), indices),
      offset: pick(from.offset, new Float64Array(indices.length), indices),
      endOffset: pick(from.endOffset, new Float64Array(indices.length), indices),
      sub: pick(from.sub, new Uint32Array(indices.length), indices),
      seconds: pick(from.seconds, new Float64Array(indices.length), indices),
      nanos: pick(from.nanos, new Uint32Array(indices.length), indices),
    };
    return new RecordBatch(this.signal, records, columns, selectLineage(this.lineage, indices));
  }

  fork(): RecordBatch<S> {
    return new RecordBatch(this.signal, this.#records, this.columns, lineageAnew(this.lineage));
  }

  forkToRepeat(): RecordBatch<S> {
    return new RecordBatch(this.signal, this.#records, toRepeat(this.columns), lineageAnew(this.lineage));
  }

  release(): void {
    this.#records = RELEASED;
  }

  toFrames(maxBytes: number): Frame[] {
    return recordFrames(this.signal, this.#records, this.columns, maxBytes);
  }
}

/** Data points of metrics. */
export type MetricBatch = RecordBatch<'metrics'>;
/** Spans. */
export type TraceBatch = RecordBatch<'traces'>;

/** What {@link RecordBatch.text} holds exactly; `undefined` when the text is not of that form. */
export function recordFromText(text: string): { envelope: Uint8Array; record: Uint8Array } | undefined {
  const { envelope, record } = JSON.parse(text) as { envelope?: unknown; record?: unknown };
  if (typeof envelope !== 'string' || typeof record !== 'string') return undefined;
  return {
    envelope: new Uint8Array(Buffer.from(envelope, 'base64')),
    record: new Uint8Array(Buffer.from(record, 'base64')),
  };
}

/** Stands in the place of a released batch's records. */
const RELEASED: Records = Object.defineProperties({} as Records, {
  ...Object.getOwnPropertyDescriptors(RELEASED_EVENTS),
  envelopes: { get: gone },
  envelope: { get: gone },
});

/** The same columns, of records that may have been sent before. */
function toRepeat(columns: RecordColumns): RecordColumns {
  const streams = columns.streams.map((stream) => ({ ...stream, replayBelow: Number.MAX_SAFE_INTEGER }));
  return { ...columns, streams };
}

function pick<T extends { [i: number]: number }>(from: T, to: T, indices: ArrayLike<number>): T {
  for (let k = 0; k < indices.length; k++) to[k] = from[indices[k]!]!;
  return to;
}

/** The chosen records, copied together with the envelopes they need, so that a queue does not hold what nobody needs. */
function chosenRecords({ text, start, end, envelopes, envelope }: Records, indices: ArrayLike<number>): Records {
  const kept = new Map<number, number>();
  const length = indices.length;
  const out = { start: new Uint32Array(length), end: new Uint32Array(length), envelope: new Uint32Array(length) };
  let size = 0;
  for (let k = 0; k < length; k++) size += end[indices[k]!]! - start[indices[k]!]!;
  const copy = new Uint8Array(size);
  for (let k = 0, at = 0; k < length; k++) {
    const i = indices[k]!;
    copy.set(text.subarray(start[i]!, end[i]!), at);
    out.start[k] = at;
    at += end[i]! - start[i]!;
    out.end[k] = at;
    if (!kept.has(envelope[i]!)) kept.set(envelope[i]!, kept.size);
    out.envelope[k] = kept.get(envelope[i]!)!;
  }
  return { ...out, text: copy, length, envelopes: [...kept.keys()].map((k) => envelopes[k]!) };
}
