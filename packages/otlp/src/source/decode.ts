import { randomBytes } from 'node:crypto';
import type { Batch, SourceContext, Stream } from '@tailrace/core';
import { FLAG } from '@tailrace/kernel';
import { cutRequest, type Encoding, logEvents, type OtlpSignal, requestFromJson } from '@tailrace/telemetry';

/** The records of a request as a batch. */
export interface Decoded {
  /** `null`: there are none. */
  readonly batch: Batch | null;
  /** Records that were left out because they are too large. */
  readonly oversize: number;
  /** What to tell the sender about them. */
  readonly message: string;
}

/** Reads the body of a request; throws an OtlpError when it is none. */
export type Decoder = (signal: OtlpSignal, format: Encoding, body: Uint8Array) => Decoded;

/** What a decoder works with. */
export interface DecoderParts {
  readonly context: SourceContext;
  readonly maxEventBytes: number;
  /** What all records are positions of; its offsets count records. */
  readonly stream: Stream;
  /** The time of records that bring none. */
  now(): Time;
}

/** Unix seconds and nanoseconds. */
export interface Time {
  readonly seconds: number;
  readonly nanos: number;
}

/** What both a cut request and its log events have for each record. */
interface Columns {
  readonly start: Uint32Array;
  readonly end: Uint32Array;
  readonly length: number;
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
}

/** The stream of one run of a source: what came over the wire cannot be read again, so its id is drawn at random. */
export function freshStream(source: string): Stream {
  const id = randomBytes(12).toString('base64url');
  return { id, source, label: 'otlp', firstSeen: Math.floor(Date.now() / 1000), replayBelow: 0 };
}

/** The time of reading. */
export function readingTime(): Time {
  const milliseconds = Date.now();
  return { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1_000_000 };
}

/** The decoder of one run of a source. */
export function decoder({ context, maxEventBytes, stream, now }: DecoderParts): Decoder {
  const places = placer(stream);
  return (signal, format, body) => {
    const bytes = format === 'json' ? requestFromJson(signal, body) : body;
    const { batch, records } =
      signal === 'logs'
        ? logBatch(bytes, now(), maxEventBytes, places, context)
        : recordBatch(signal, bytes, now(), maxEventBytes, places, context);
    const kept = batch?.length ?? 0;
    const message =
      records === kept
        ? ''
        : `${records - kept} records have more than ${maxEventBytes} bytes each (max_event_bytes) and were left out`;
    return { batch, oversize: records - kept, message };
  };
}

/** Gives each record the next place in the stream. */
function placer(stream: Stream) {
  const streams = [stream];
  let next = 0;
  return (length: number) => {
    const offset = new Float64Array(length);
    const endOffset = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      offset[i] = next++;
      endOffset[i] = next;
    }
    return { streams, stream: new Uint16Array(length), offset, endOffset, sub: new Uint32Array(length) };
  };
}

type Places = ReturnType<typeof placer>;

function logBatch(body: Uint8Array, now: Time, maxBytes: number, places: Places, context: SourceContext) {
  const all = logEvents(body, now);
  const kept = withinLimit(all, maxBytes);
  const { length, seconds, nanos, start, end } = kept ? chosen(all, kept) : all;
  if (length === 0) return { batch: null, records: all.length };
  const flags = new Uint8Array(length);
  for (let i = 0; i < length; i++) flags[i] = all.ownTime[kept ? kept[i]! : i] === 1 ? FLAG.ownTime : 0;
  const placed = places(length);
  // Events without a time of their own are indexed by when they came, not by when the source began to run, which may be months ago.
  const streams = placed.streams.map((stream) => ({ ...stream, firstSeen: now.seconds }));
  const columns = { ...placed, streams, seconds, nanos, flags };
  const batch = context.newBatch({ text: all.text, start, end, length }, columns);
  return { batch, records: all.length };
}

function recordBatch(
  signal: 'metrics' | 'traces',
  body: Uint8Array,
  now: Time,
  maxBytes: number,
  places: Places,
  context: SourceContext,
) {
  const all = cutRequest(signal, body);
  const kept = withinLimit(all, maxBytes);
  const columns = kept ? chosen(all, kept) : all;
  const { start, end, length, seconds, nanos } = columns;
  if (length === 0) return { batch: null, records: all.length };
  const envelope = kept ? Uint32Array.from(kept, (i) => all.envelope[i]!) : all.envelope;
  setMissingTimes(columns, now);
  const records = { text: all.text, start, end, length, envelopes: all.envelopes, envelope };
  const batch = context.newRecordBatch(signal, records, { ...places(length), seconds, nanos });
  return { batch, records: all.length };
}

/** The records that are not too large, or `null` when none is. */
function withinLimit({ start, end, length }: Columns, maxBytes: number): Uint32Array | null {
  const kept = new Uint32Array(length);
  let count = 0;
  for (let i = 0; i < length; i++) if (end[i]! - start[i]! <= maxBytes) kept[count++] = i;
  return count === length ? null : kept.subarray(0, count);
}

function chosen(from: Columns, indices: Uint32Array): Columns {
  return {
    start: Uint32Array.from(indices, (i) => from.start[i]!),
    end: Uint32Array.from(indices, (i) => from.end[i]!),
    length: indices.length,
    seconds: Float64Array.from(indices, (i) => from.seconds[i]!),
    nanos: Uint32Array.from(indices, (i) => from.nanos[i]!),
  };
}

function setMissingTimes({ length, seconds, nanos }: Columns, now: Time): void {
  for (let i = 0; i < length; i++) {
    if (seconds[i] !== 0 || nanos[i] !== 0) continue;
    seconds[i] = now.seconds;
    nanos[i] = now.nanos;
  }
}
