import type { Events } from './events.ts';
import type { Format } from './format.ts';
import { COLUMN, DOUBLE, SENTINEL, WORD } from './frame-layout.ts';
import { createTexts } from './frame-texts.ts';
import { copyOut, type Kernel, MAX_EVENT_BYTES, REGION } from './memory.ts';
import { type CarriedLines, createPartials } from './partials.ts';
import { ABOUT, keepResident, MOST_CONTENTS } from './resident.ts';

/**
 * Bits of Framed.flags. repaired: ill-formed UTF-8 became U+FFFD; oversize: the content was longer than the cap, so it is truncated; yielded: the
 * line's own member stands in the place of the one that yields.
 */
export const FLAG = {
  ownTime: 1,
  misfit: 2,
  truncated: 4,
  oversize: 8,
  merged: 16,
  repaired: 32,
  yielded: 64,
} as const;

/** How lines become events. */
export interface FramerOptions {
  readonly format: Format;
  /** Most bytes of one event's content, as it stands escaped in the event: 1 to MAX_EVENT_BYTES. A longer one is cut between characters. */
  readonly maxEventBytes: number;
  /** JSON members put into each event, e.g. `"kubernetes":{…},"docker":{…}`: no braces, may be empty; not @timestamp, stream or log. */
  readonly members?: Uint8Array;
  /** One more, behind those, left out where the line has a member with its key; that of the line stays, and the event has FLAG.yielded. */
  readonly yielding?: Uint8Array;
  /** Partial lines of the file before this one, framed with the same format: their events begin at offsets below 0. */
  readonly carried?: CarriedLines;
}

/** The events of one call, with their positions in the file and their times. */
export interface Framed extends Events {
  /** File offset of the first byte of the event's first line. */
  readonly offset: Float64Array;
  /** File offset behind the newline of the event's last line. */
  readonly endOffset: Float64Array;
  /** Time of the event, since 1970: its own with FLAG.ownTime, else the read time. */
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  readonly flags: Uint8Array;
  /** Bytes of the chunk used up; the rest has to be at the start of the next chunk. */
  readonly consumed: number;
  /** A region was full, or the chunk larger than one: call again with the rest at once. */
  readonly more: boolean;
  /** Physical lines read, empty ones aside: lines = length + mergedLines + lines waiting now − lines waiting before. */
  readonly lines: number;
  /** Lines that went into an event that another line began. */
  readonly mergedLines: number;
  readonly emptyLines: number;
  readonly misfits: number;
  readonly truncated: number;
  /** File offset of the first byte of the oldest line that waits for its end: reading again from there loses nothing. */
  readonly pendingFrom: number | undefined;
}

/** Turns the chunks of one file into events. */
export interface Framer {
  /** Frames the whole lines of a chunk that starts at file offset `base`. `final`: an unterminated last line counts as a line, and waiting partial lines are given out. */
  frame(chunk: Uint8Array, base: number, readTime: ReadTime, final?: boolean): Framed;
  readonly pendingBytes: number;
  readonly pendingLines: number;
  /** Takes out the partial lines that wait, for the file that goes on where this one ends, at offset `end`. */
  takeOut(end: number): CarriedLines | undefined;
}

/** When a chunk was read: whole seconds since 1970, and nanoseconds. */
export interface ReadTime {
  readonly seconds: number;
  readonly nanos: number;
}

// The head of a line longer than the limit: the rest of it is passed over until its newline comes.
interface Overlong {
  readonly head: Uint8Array;
  readonly offset: number;
}

const NOTHING = new Uint8Array(0);
const FORMATS: readonly Format[] = ['docker', 'cri', 'ndjson', 'text'];

/** What a line may hold beside content of the largest size, in bytes: docker's or CRI's own parts. */
const ENVELOPE_BYTES = 65_536;

/** Creates the framer of one file; throws a RangeError or TypeError when an option is no good. */
export function createFramer(k: Kernel, options: FramerOptions): Framer {
  const { format, maxEventBytes: cap } = options;
  if (!Number.isInteger(cap) || cap < 1 || cap > MAX_EVENT_BYTES) {
    throw new RangeError(`maxEventBytes: must be a whole number from 1 to ${MAX_EVENT_BYTES}, not ${cap}`);
  }
  const lineLimit = cap + ENVELOPE_BYTES;
  const texts = createTexts(options.members ?? NOTHING, options.yielding ?? NOTHING);
  const partials = createPartials(cap, options.carried);
  let overlong: Overlong | undefined;

  function run(bytes: Uint8Array, base: number, readTime: ReadTime, final: boolean, overlongEnd?: number): Framed {
    // Contents of an earlier call stand where this one's chunk goes.
    k.resident = null;
    const end = REGION.input.at + bytes.length;
    k.bytes.set(bytes, REGION.input.at);
    k.bytes.fill(0, end, end + SENTINEL);
    texts.load(k, readTime);
    partials.load(k);
    k.words[WORD.format] = FORMATS.indexOf(format);
    k.words[WORD.inputEnd] = end;
    k.words[WORD.final] = Number(final);
    k.words[WORD.cap] = cap;
    k.words[WORD.lineLimit] = lineLimit;
    k.words[WORD.contents] = k.opensLogs && bytes.length <= MOST_CONTENTS ? ABOUT.contents.at : 0;
    k.words[WORD.overlong] = Number(overlongEnd !== undefined);
    k.doubles[DOUBLE.base] = base;
    k.doubles[DOUBLE.overlongEnd] = overlongEnd ?? 0;
    k.wasm.frame();
    partials.save(k);
    return read(k, partials.from);
  }

  // A line that was longer than the limit ends somewhere in this chunk, or goes on.
  function passOver(line: Overlong, chunk: Uint8Array, base: number, readTime: ReadTime, final: boolean): Framed {
    const newline = chunk.indexOf(10);
    if (newline < 0 && !final)
      return { ...run(chunk.subarray(0, 0), base, readTime, false), consumed: chunk.length, ...waiting(line) };
    const end = newline < 0 ? chunk.length : newline + 1;
    const bytes = new Uint8Array(line.head.length + 1);
    bytes.set(line.head);
    bytes[line.head.length] = 10;
    overlong = undefined;
    const framed = run(bytes, line.offset, readTime, final && end === chunk.length, base + end);
    return { ...framed, consumed: end, more: end < chunk.length };
  }

  const waiting = (line: Overlong): { pendingFrom: number } => ({
    pendingFrom: Math.min(line.offset, partials.from ?? line.offset),
  });

  return {
    frame(chunk, base, readTime, final = false) {
      if (overlong !== undefined) return passOver(overlong, chunk, base, readTime, final);
      const part = chunk.subarray(0, REGION.input.size);
      const whole = part.length === chunk.length;
      const framed = run(part, base, readTime, final && whole);
      const { consumed } = framed;
      if (framed.more || part.length - consumed <= lineLimit) return { ...framed, more: framed.more || !whole };
      overlong = { head: new Uint8Array(part.subarray(consumed, consumed + lineLimit)), offset: base + consumed };
      return { ...framed, consumed: part.length, more: !whole, ...waiting(overlong) };
    },
    get pendingBytes() {
      return partials.bytes + (overlong?.head.length ?? 0);
    },
    get pendingLines() {
      return partials.lines;
    },
    takeOut: partials.takeOut,
  };
}

function read(k: Kernel, pendingFrom: number | undefined): Framed {
  const length = k.words[WORD.rows]!;
  const words = (at: number): Uint32Array => k.words.slice(at >>> 2, (at >>> 2) + length);
  const doubles = (at: number): Float64Array => k.doubles.slice(at >>> 3, (at >>> 3) + length);
  const text = copyOut(k, REGION.output.at, REGION.output.at + k.words[WORD.text]!);
  const start = words(COLUMN.start);
  const end = words(COLUMN.end);
  keepResident(k, text, REGION.output.at, k.words[WORD.contents] === 0 ? null : { kind: 'contents', start, end });
  return {
    text,
    start,
    end,
    length,
    offset: doubles(COLUMN.offset),
    endOffset: doubles(COLUMN.endOffset),
    seconds: doubles(COLUMN.seconds),
    nanos: words(COLUMN.nanos),
    flags: k.bytes.slice(COLUMN.flags, COLUMN.flags + length),
    consumed: k.words[WORD.consumed]!,
    more: k.words[WORD.more] === 1,
    lines: k.words[WORD.lines]!,
    mergedLines: k.words[WORD.merged]!,
    emptyLines: k.words[WORD.empty]!,
    misfits: k.words[WORD.misfits]!,
    truncated: k.words[WORD.truncated]!,
    pendingFrom,
  };
}
