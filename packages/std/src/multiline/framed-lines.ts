import { compilePaths, ESCAPED, FLAG, type Framed, kernel, locate, ROW, TYPE, TYPE_MASK } from '@tailrace/kernel';
import type { FramedLine, JoinedEvent } from './held-event.ts';

/** Reads what framers make of lines; the answer of one call is valid until the next. */
export interface LineReader {
  line(i: number): FramedLine;
  /** The line's stream as it stands in the event; empty without one. */
  stream(i: number): string;
  /** The content of a line that has one. */
  content(i: number): string;
}

const PATHS = compilePaths([['stream'], ['log']]);
const STREAM = 0;
const LOG = ROW;
const decoder = new TextDecoder();

/** Prepares reading. */
export function lineReader(): (framed: Framed) => LineReader {
  let table: Uint32Array | undefined;
  return (framed) => {
    table = locate(kernel(), framed, PATHS, table);
    const rows = table;
    const { text, start, end } = framed;
    const row = (i: number, path: number): number => i * ROW * PATHS.count + path;
    const isText = (at: number): boolean => (rows[at + 3]! & TYPE_MASK) === TYPE.string;
    return {
      line(i) {
        const at = row(i, LOG);
        const hasText = isText(at);
        return {
          text: text.subarray(start[i]!, end[i]!),
          // Without the quotes.
          from: hasText ? rows[at + 1]! + 1 - start[i]! : -1,
          to: hasText ? rows[at + 2]! - 1 - start[i]! : -1,
          offset: framed.offset[i]!,
          endOffset: framed.endOffset[i]!,
          seconds: framed.seconds[i]!,
          nanos: framed.nanos[i]!,
          flags: framed.flags[i]!,
        };
      },
      stream(i) {
        const at = row(i, STREAM);
        return isText(at) ? decoder.decode(text.subarray(rows[at + 1]! + 1, rows[at + 2]! - 1)) : '';
      },
      content(i) {
        const at = row(i, LOG);
        const from = rows[at + 1]!;
        const to = rows[at + 2]!;
        if ((rows[at + 3]! & ESCAPED) === 0) return decoder.decode(text.subarray(from + 1, to - 1));
        return JSON.parse(decoder.decode(text.subarray(from, to))) as string;
      },
    };
  };
}

/** The complete events of a call over `framed`, or of none, as a framer gives them. */
export function framedOf(
  events: readonly JoinedEvent[],
  framed: Framed | null,
  pendingFrom: number | undefined,
): Framed {
  const { length } = events;
  const start = new Uint32Array(length);
  const end = new Uint32Array(length);
  const text = new Uint8Array(sum(events, ({ pieces }) => sum(pieces, (piece) => piece.length)));
  let at = 0;
  for (const [i, { pieces }] of events.entries()) {
    start[i] = at;
    for (const piece of pieces) {
      text.set(piece, at);
      at += piece.length;
    }
    end[i] = at;
  }
  const lines = sum(events, (event) => event.lines);
  return {
    text,
    start,
    end,
    length,
    offset: Float64Array.from(events, ({ offset }) => offset),
    endOffset: Float64Array.from(events, ({ endOffset }) => endOffset),
    seconds: Float64Array.from(events, ({ seconds }) => seconds),
    nanos: Uint32Array.from(events, ({ nanos }) => nanos),
    flags: Uint8Array.from(events, ({ flags }) => flags),
    consumed: framed?.consumed ?? 0,
    more: framed?.more ?? false,
    lines: framed?.lines ?? 0,
    mergedLines: (framed?.mergedLines ?? 0) + lines - length,
    emptyLines: framed?.emptyLines ?? 0,
    misfits: framed?.misfits ?? 0,
    truncated: sum(events, ({ flags }) => Number((flags & FLAG.truncated) !== 0)),
    pendingFrom,
  };
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let all = 0;
  for (const item of items) all += of(item);
  return all;
}
