import { FLAG } from '@tailrace/kernel';
import type { Progress } from './progress.ts';

/** A line as it comes from the framer: an event of its own until it is joined. */
export interface FramedLine {
  /** The event's JSON text; a view. */
  readonly text: Uint8Array;
  /** Where the content stands in it, without its quotes. */
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  readonly endOffset: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly flags: number;
}

/** An event that waits for further lines. */
export interface HeldEvent {
  first: FramedLine;
  /** The contents of the lines behind the first, as they stand escaped; empty ones are lines too. */
  parts: Uint8Array[];
  /** How many parts are copies of their own; -1: not even the first line is. */
  copied: number;
  progress: Progress;
  endOffset: number;
  flags: number;
  /** Lines of the input; an empty line that the framer passed over is none. */
  lines: number;
  /** Milliseconds since 1970 when the last line was read. */
  touched: number;
}

/** A complete event, in pieces. */
export interface JoinedEvent {
  readonly pieces: readonly Uint8Array[];
  readonly offset: number;
  readonly endOffset: number;
  readonly seconds: number;
  readonly nanos: number;
  readonly flags: number;
  readonly lines: number;
}

const LINE_FEED = Buffer.from('\\n');

/** A line that is an event as it is. */
export function alone({ text, offset, endOffset, seconds, nanos, flags }: FramedLine): JoinedEvent {
  return { pieces: [text], offset, endOffset, seconds, nanos, flags, lines: 1 };
}

/** The event of a held one: the first line's, with the contents of all. Empty lines at its end belong to it, but not to its text. */
export function complete({ first, parts, endOffset, flags, lines }: HeldEvent): JoinedEvent {
  let last = parts.length;
  while (last > 0 && parts[last - 1]!.length === 0) last--;
  const { text, to, offset, seconds, nanos } = first;
  const pieces = [text.subarray(0, to)];
  for (const part of parts.slice(0, last)) pieces.push(LINE_FEED, part);
  pieces.push(text.subarray(to));
  // Lines of another stream can stand between those of the event.
  return { pieces, offset, endOffset, seconds, nanos, flags: lines > 1 ? flags | FLAG.merged : flags, lines };
}

/** Copies what the event views, so that it can outlive the text of a call. */
export function detach(event: HeldEvent): void {
  if (event.copied < 0) event.first = { ...event.first, text: new Uint8Array(event.first.text) };
  for (let k = Math.max(0, event.copied); k < event.parts.length; k++) event.parts[k] = new Uint8Array(event.parts[k]!);
  event.copied = event.parts.length;
}
