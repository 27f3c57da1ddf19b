import { eventId, type Position, recordFromText, type Signal } from '@tailrace/core';
import { FORMAT } from './letter.ts';
import { memberText } from './member-text.ts';
import { parseTimeText } from './times.ts';

/** A letter as it was read back. */
export interface StoredLetter {
  /** When the event was refused, in RFC 3339. */
  readonly time: string;
  readonly component: string;
  /** One of the table of error codes, or of another version's. */
  readonly code: string;
  readonly message: string;
  readonly signal: Signal;
  readonly position: Position;
  /** Time of the event; `null` in letters of version 1, which did not keep it. */
  readonly eventTime: { readonly seconds: number; readonly nanos: number; readonly own: boolean } | null;
  /** `_id` of the event in Elasticsearch. */
  readonly id: string;
  /** The event, byte for byte as the refusing component received it; of metrics and traces what `recordFromText` reads. */
  readonly event: string;
}

/** A line of a file: a letter, or why it is none. */
export type ParsedLetter = { readonly letter: StoredLetter } | { readonly letter?: undefined; readonly damage: string };

/** Whatever a line holds, this never throws. */
export function parseLetter(line: string): ParsedLetter {
  const stored = parseObject(line);
  if (typeof stored === 'string') return { damage: stored };
  const { format = 1, time, component, code, message } = stored;
  if (typeof format !== 'number') return { damage: '"format" is no number' };
  if (format > FORMAT) {
    return { damage: `format ${format} was written by a newer tailrace; this one reads up to ${FORMAT}` };
  }
  if (!isText(component) || !isText(code) || !isText(message) || component === '')
    return { damage: 'no dead letter: "component", "code" or "message" is missing' };
  if (!isText(time) || Number.isNaN(Date.parse(time))) return { damage: 'no dead letter: "time" is no time' };
  const { signal = 'logs' } = stored;
  if (!isSignal(signal)) return { damage: `signal ${JSON.stringify(signal)} is unknown` };
  const position = readPosition(stored['position'], time);
  if (!position) return { damage: 'no dead letter: "position" is missing or damaged' };
  const event = readEvent(line, stored['event']);
  if (event === undefined) return { damage: 'no dead letter: "event" is no object' };
  if (signal !== 'logs' && !recordFromText(event))
    return { damage: `no dead letter: "event" lacks the bytes of a record of ${signal}` };
  const letter = { time, component, code, message, signal, position, event };
  return { letter: { ...letter, id: eventId(position), eventTime: readTime(stored) } };
}

/** The object that a text holds, or what is wrong with it. */
function parseObject(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : 'no JSON object';
  } catch (error) {
    return `no JSON: ${(error as Error).message}`;
  }
}

/** Letters that come from a sink hold the event as text. */
function readEvent(line: string, value: unknown): string | undefined {
  if (isObject(value)) return memberText(line, 'event');
  return isText(value) && typeof parseObject(value) === 'object' ? value : undefined;
}

function readPosition(value: unknown, time: string): Position | undefined {
  if (!isObject(value)) return undefined;
  const { source, label, stream: id, first_seen: firstSeen = Math.floor(Date.parse(time) / 1000) } = value;
  const { offset, end, sub } = value;
  // The encoder of Elasticsearch's ids counts on their width.
  if (!isText(id) || !/^[A-Za-z0-9_-]{16}$/.test(id) || !isText(source) || !isText(label)) return undefined;
  if (!isCount(offset) || !isCount(end) || !isCount(sub) || sub > 0xffff_ffff) return undefined;
  if (typeof firstSeen !== 'number') return undefined;
  // It may have been stored by an earlier replay, so finding it there is no conflict.
  const stream = { id, source, label, firstSeen, replayBelow: Number.MAX_SAFE_INTEGER };
  return { stream, offset, end, sub };
}

function readTime({ event_time: text, own_time: own }: Record<string, unknown>): StoredLetter['eventTime'] {
  const time = isText(text) ? parseTimeText(text) : undefined;
  return time ? { ...time, own: own === true } : null;
}

function isSignal(value: unknown): value is Signal {
  return value === 'logs' || value === 'metrics' || value === 'traces';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
