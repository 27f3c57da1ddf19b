import { type Batch, type ErrorCode, eventId, LogBatch, type Position } from '@tailrace/core';
import { timeText } from './times.ts';

/** One refused event. */
export interface DeadLetter {
  readonly component: string;
  readonly code: ErrorCode;
  readonly message: string;
  /** The batch as the refusing component received it, and the event in it. */
  readonly batch: Batch;
  readonly index: number;
}

/**
 * Version of a stored letter, which each line carries as `format`. Version 1 had no such member, nor `event_time`, `own_time` and
 * `first_seen`.
 */
export const FORMAT = 2;

/** What is said about the event of a letter; the same members in a file and in a sink. */
function about({ component, code, message, batch, index }: DeadLetter, position: Position): object {
  const { stream, offset, end, sub } = position;
  const { source, label, id, firstSeen } = stream;
  return {
    component,
    code,
    message,
    signal: batch.signal,
    event_time: timeText(batch.time(index)),
    own_time: batch instanceof LogBatch ? batch.hasOwnTime(index) : true,
    position: { source, label, stream: id, first_seen: firstSeen, offset, end, sub },
  };
}

/** The event as JSON text in one line: a line break in JSON stands between its tokens, so a space says the same. */
function eventText({ batch, index }: DeadLetter): string {
  return batch.text(index).replace(/[\r\n]+/g, ' ');
}

/** The letter as a line of an NDJSON file, without its newline: what a person needs to judge it and `replay` to send it again. */
export function letterLine(letter: DeadLetter, time: Date): string {
  const position = letter.batch.position(letter.index);
  const head = { format: FORMAT, time: time.toISOString(), ...about(letter, position), _id: eventId(position) };
  return `${JSON.stringify(head).slice(0, -1)},"event":${eventText(letter)}}`;
}

/**
 * The letter as an event for a sink. The refused event is text in it: as an object it would meet the same mapping that refused it, and
 * `_id` is no member that Elasticsearch takes inside a document.
 */
export function letterEvent(letter: DeadLetter, time: Date): string {
  const position = letter.batch.position(letter.index);
  const at = time.toISOString();
  const head = { '@timestamp': at, format: FORMAT, time: at, ...about(letter, position) };
  return JSON.stringify({ ...head, event_id: eventId(position), event: eventText(letter) });
}

/** A letter that a sink refused, as the line it would have been in a file; `by` says who refused it and why. */
export function refusedLetterLine(text: string, by: { component: string; code: string; message: string }): string {
  const { '@timestamp': _, event_id: id, event, ...head } = JSON.parse(text) as Record<string, unknown>;
  return `${JSON.stringify({ ...head, _id: id, refused_by: by }).slice(0, -1)},"event":${String(event)}}`;
}
