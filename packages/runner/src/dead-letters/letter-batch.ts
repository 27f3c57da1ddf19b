import {
  type Batch,
  type LogBatch,
  type LogColumns,
  path,
  type RecordSignal,
  recordFromText,
  type SourceContext,
  type Stream,
} from '@tailrace/core';
import type { StoredLetter } from './parse-letter.ts';

const timestamp = path('@timestamp');
const OWN_TIME = 1;
/** A letter does not say whether its event was merged of several lines, which others can stand between; so it counts as one. */
const MERGED = 16;

/** What of a letter goes into a batch. */
type LetterContent = Pick<StoredLetter, 'event' | 'time' | 'eventTime' | 'position'>;

/** The events of letters of one signal as a batch, with the places, ids and times that they had when they were refused. */
export function signalBatch(letters: readonly StoredLetter[], context: SourceContext): Batch {
  const signal = letters[0]?.signal ?? 'logs';
  return signal === 'logs' ? letterBatch(letters, context.newBatch) : recordBatch(signal, letters, context);
}

function recordBatch(signal: RecordSignal, letters: readonly StoredLetter[], { newRecordBatch }: SourceContext): Batch {
  const read = letters.map(({ event }) => recordFromText(event)!);
  const keys = read.map(({ envelope }) => Buffer.from(envelope).toString('latin1'));
  const envelopes = new Map(keys.map((key, i) => [key, read[i]!.envelope]));
  const indexOf = new Map([...envelopes.keys()].map((key, k) => [key, k]));
  const records = {
    ...joined(read.map(({ record }) => record)),
    envelopes: [...envelopes.values()],
    envelope: Uint32Array.from(keys, (key) => indexOf.get(key)!),
  };
  return newRecordBatch(signal, records, columnsOf(letters));
}

/** As {@link signalBatch}, of logs. */
export function letterBatch(letters: readonly LetterContent[], newBatch: SourceContext['newBatch']): LogBatch {
  const batch = newBatch(joined(letters.map(({ event }) => Buffer.from(event))), columnsOf(letters));
  for (const [i, { eventTime }] of letters.entries()) if (!eventTime) readTime(batch, i);
  return batch;
}

function columnsOf(letters: readonly LetterContent[]): LogColumns {
  const { length } = letters;
  const streams: Stream[] = [];
  const indexOf = new Map<string, number>();
  const columns: LogColumns = {
    streams,
    stream: new Uint16Array(length),
    offset: new Float64Array(length),
    endOffset: new Float64Array(length),
    sub: new Uint32Array(length),
    seconds: new Float64Array(length),
    nanos: new Uint32Array(length),
    flags: new Uint8Array(length),
  };
  for (const [i, { position, eventTime, time }] of letters.entries()) {
    const { stream, offset, end, sub } = position;
    // Letters of version 1 do not know when a stream was first seen: the same id may come with and without.
    const key = JSON.stringify([stream.id, stream.firstSeen, stream.source, stream.label]);
    const known = indexOf.get(key) ?? streams.push(stream) - 1;
    indexOf.set(key, known);
    columns.stream[i] = known;
    columns.offset[i] = offset;
    columns.endOffset[i] = end;
    columns.sub[i] = sub;
    columns.seconds[i] = eventTime?.seconds ?? Math.floor(Date.parse(time) / 1000);
    columns.nanos[i] = eventTime?.nanos ?? 0;
    columns.flags[i] = MERGED | (eventTime?.own ? OWN_TIME : 0);
  }
  return columns;
}

/** Letters of version 1 tell the time of the event only in the event itself. */
function readTime(batch: LogBatch, i: number): void {
  const text = batch.getText(i, timestamp);
  if (text !== undefined) batch.setText(i, timestamp, text);
}

function joined(pieces: readonly Uint8Array[]) {
  const start = new Uint32Array(pieces.length);
  const end = new Uint32Array(pieces.length);
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    start[i] = at;
    at += piece.length;
    end[i] = at;
  }
  return { text: new Uint8Array(Buffer.concat(pieces)), start, end, length: pieces.length };
}
