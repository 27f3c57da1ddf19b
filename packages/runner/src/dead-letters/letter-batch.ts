import { type LogBatch, type LogColumns, path, type SourceContext, type Stream } from '@tailrace/core';
import type { StoredLetter } from './parse-letter.ts';

const timestamp = path('@timestamp');
const OWN_TIME = 1;

/** What of a letter goes into a batch. */
type LetterContent = Pick<StoredLetter, 'event' | 'time' | 'eventTime' | 'position'>;

/** The events of letters as a batch, with the places, ids and times that they had when they were refused. */
export function letterBatch(letters: readonly LetterContent[], newBatch: SourceContext['newBatch']): LogBatch {
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
    columns.flags[i] = eventTime?.own ? OWN_TIME : 0;
  }
  const batch = newBatch(joined(letters.map(({ event }) => event)), columns);
  for (const [i, { eventTime }] of letters.entries()) if (!eventTime) readTime(batch, i);
  return batch;
}

/** Letters of version 1 tell the time of the event only in the event itself. */
function readTime(batch: LogBatch, i: number): void {
  const text = batch.getText(i, timestamp);
  if (text !== undefined) batch.setText(i, timestamp, text);
}

function joined(texts: readonly string[]) {
  const pieces = texts.map((text) => Buffer.from(text));
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
