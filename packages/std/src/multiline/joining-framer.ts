import { FLAG, type Format, type Framed, type Framer, type ReadTime } from '@tailrace/kernel';
import { countBlankLines } from './blank-lines.ts';
import { framedOf, lineReader } from './framed-lines.ts';
import { alone, complete, detach, type FramedLine, type HeldEvent, type JoinedEvent } from './held-event.ts';
import type { Multiline } from './options.ts';
import { begun, joined } from './progress.ts';
import { COMPLETE } from './rules.ts';

/** How far an earlier run came with a file: what it gave out is not given out again. */
export interface JoinedBefore {
  /** Lines that end at or below this offset were given out, but for those of events that were held. */
  readonly doneTo: number;
  /** Where those events begin. */
  readonly held: readonly number[];
  /** Ends of lines behind which an event was given out because of the time. */
  readonly cuts: readonly number[];
}

/** A framer whose lines become events of several lines, per stream. */
export interface JoiningFramer extends Framer {
  /** What is given out when the file is read up to `position`: what an earlier run gave out behind it stays so. */
  givenOutAt(position: number): Pick<JoinedBefore, 'doneTo' | 'held'>;
  /** Milliseconds since 1970 when the first of them is complete for want of lines; `Infinity` when none waits. */
  readonly dueAt: number;
  /** Ends of the last lines of the events that are complete by then; of all at `Infinity`. */
  due(now: number): number[];
  /** Gives those events out. When the same bytes are read again, their ends have to be given as {@link JoinedBefore.cuts}. */
  giveOut(ends: readonly number[]): Framed;
  /** Whether reading again makes other events without the cut at this end. */
  isNeeded(cut: number): boolean;
  /** How often a limit ended an event, since this was asked last. */
  takeSplits(): number;
}

/** What stays of an event that was given out by time until the next line of its stream tells whether it would have joined. */
interface Parted {
  readonly event: HeldEvent;
  readonly end: number;
}

const NOTHING: JoinedBefore = { doneTo: 0, held: [], cuts: [] };
const NO_PART = new Uint8Array(0);

/** Lets the events of `framer`, which reads `format`, be joined: those with text in `log`, not the objects of NDJSON. */
export function joiningFramer(
  framer: Framer,
  format: Format,
  multiline: Multiline,
  before: JoinedBefore = NOTHING,
): JoiningFramer {
  /** By stream: stdout, stderr, or none. */
  const held = new Map<string, HeldEvent>();
  const parted = new Map<string, Parted>();
  const cuts = new Set(before.cuts);
  const resumed = new Set(before.held);
  const live = new Set<string>();
  const blanks = format === 'text' || format === 'ndjson' ? countBlankLines() : null;
  let splits = 0;
  const read = lineReader();
  /** What the framer itself has waiting. */
  let partialsFrom: number | undefined;

  function isSettled(stream: string, { offset, endOffset }: FramedLine): boolean {
    if (endOffset > before.doneTo || live.has(stream)) return false;
    if (!resumed.delete(offset)) return true;
    live.add(stream);
    return false;
  }
  function end(stream: string, out: JoinedEvent[]): void {
    const event = held.get(stream);
    if (!event) return;
    held.delete(stream);
    out.push(complete(event));
  }
  /** Empty lines that the framer passed over are lines of the event that waits, if its rules say so. */
  function takeBlanks(stream: string, count: number, out: JoinedEvent[]): void {
    for (let left = count; left > 0; left--) {
      const event = held.get(stream);
      if (!event) return;
      const next = joined(multiline, event.progress, '', 0);
      if (typeof next !== 'string') {
        event.progress = next;
        event.parts.push(NO_PART);
      }
      if (typeof next === 'string' || next.state === COMPLETE) end(stream, out);
    }
  }
  function take(stream: string, line: FramedLine, text: string, now: number, out: JoinedEvent[]): void {
    const bytes = line.to - line.from;
    const event = held.get(stream);
    const next = event ? joined(multiline, event.progress, text, bytes) : 'apart';
    if (next === 'full') splits++;
    if (event && typeof next !== 'string') {
      event.progress = next;
      event.parts.push(line.text.subarray(line.from, line.to));
      event.endOffset = line.endOffset;
      event.flags |= line.flags & ~FLAG.ownTime;
      event.lines++;
      event.touched = now;
    } else {
      end(stream, out);
      const progress = begun(multiline, text, bytes);
      const { endOffset, flags } = line;
      if (progress.state === COMPLETE) out.push(alone(line));
      else held.set(stream, { first: line, parts: [], copied: -1, progress, endOffset, flags, lines: 1, touched: now });
    }
    if (held.get(stream)?.progress.state === COMPLETE || cuts.has(line.endOffset)) end(stream, out);
  }
  /** A cut after which a line of another event comes changed nothing. */
  function checkParted(stream: string, isApart: (event: HeldEvent) => boolean): void {
    const last = parted.get(stream);
    if (!last) return;
    parted.delete(stream);
    if (isApart(last.event)) cuts.delete(last.end);
  }
  function pendingFrom(): number | undefined {
    const offsets = [...held.values()].map(({ first }) => first.offset);
    if (partialsFrom !== undefined) offsets.push(partialsFrom);
    return offsets.length === 0 ? undefined : Math.min(...offsets);
  }
  const isJoinable = ({ to, flags }: FramedLine): boolean =>
    to >= 0 && (format !== 'ndjson' || (flags & FLAG.misfit) !== 0);

  function frame(chunk: Uint8Array, base: number, readTime: ReadTime, final?: boolean): Framed {
    const framed = framer.frame(chunk, base, readTime, final);
    const now = readTime.seconds * 1000 + readTime.nanos / 1e6;
    const lines = read(framed);
    const out: JoinedEvent[] = [];
    blanks?.begin(chunk, base);
    for (let i = 0; i < framed.length; i++) {
      const stream = lines.stream(i);
      const line = lines.line(i);
      const empty = blanks?.before(line.offset, line.endOffset) ?? 0;
      // With the end of the file comes what no earlier run gave out: a line without its end.
      if (!final && isSettled(stream, line)) continue;
      takeBlanks(stream, empty, out);
      if (isJoinable(line)) {
        const text = lines.content(i);
        const bytes = line.to - line.from;
        checkParted(stream, ({ progress }) => empty === 0 && joined(multiline, progress, text, bytes) === 'apart');
        take(stream, line, text, now, out);
      } else {
        checkParted(stream, () => true);
        end(stream, out);
        out.push(alone(line));
      }
    }
    blanks?.end(base + framed.consumed);
    for (const event of held.values()) detach(event);
    partialsFrom = framed.pendingFrom;
    return framedOf(out, framed, pendingFrom());
  }

  return {
    frame,
    takeOut: (at) => framer.takeOut(at),
    get pendingLines() {
      return framer.pendingLines;
    },
    get pendingBytes() {
      return [...held.values()].reduce((sum, { progress }) => sum + progress.bytes, framer.pendingBytes);
    },
    givenOutAt(position) {
      const waiting = [...held.values()].map(({ first }) => first.offset);
      if (position >= before.doneTo) return { doneTo: position, held: waiting };
      return { doneTo: before.doneTo, held: [...waiting, ...resumed] };
    },
    get dueAt() {
      return Math.min(...[...held.values()].map(({ touched }) => touched + multiline.timeoutMs));
    },
    due: (now) =>
      [...held.values()].filter(({ touched }) => touched + multiline.timeoutMs <= now).map((event) => event.endOffset),
    giveOut(ends) {
      const out: JoinedEvent[] = [];
      for (const [stream, event] of held) {
        if (!ends.includes(event.endOffset)) continue;
        end(stream, out);
        cuts.add(event.endOffset);
        parted.set(stream, { event, end: event.endOffset });
      }
      return framedOf(out, null, pendingFrom());
    },
    isNeeded: (cut) => cuts.has(cut),
    takeSplits() {
      const count = splits;
      splits = 0;
      return count;
    },
  };
}
