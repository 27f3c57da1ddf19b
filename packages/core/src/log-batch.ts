import { compilePaths, type Events, FLAG, kernel, locate, ROW, TYPE } from '@tailrace/kernel';
import { type Batch, eventId, type Frame, type Position, type Stream } from './batch.ts';
import { parseTime } from './event-time.ts';
import { type Json, parseJson, parseNumber, printJson } from './json.ts';
import { type Lineage, lineageAnew, lineageOf, mergeLineage, selectLineage, Ticket } from './lineage.ts';
import { framesOf, readFrame } from './log-frame.ts';
import { objectEdits } from './object-edits.ts';
import { applyOverlay, type Edit } from './overlay.ts';
import type { Path } from './path.ts';
import { dropText, holdText, RELEASED } from './text-holders.ts';

/** What stands beside the text of each event. All columns have at least `length` entries. */
export interface LogColumns {
  readonly streams: readonly Stream[];
  /** Index into `streams`. */
  readonly stream: Uint16Array;
  /** Bytes in the stream: the event's first byte, and the first byte after it. */
  readonly offset: Float64Array;
  readonly endOffset: Float64Array;
  readonly sub: Uint32Array;
  /** Event time as Unix seconds and nanoseconds; the time of reading where `FLAG.ownTime` is not set. */
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  /** `FLAG` bits of the kernel. */
  readonly flags: Uint8Array;
}

/** What a batch takes beside its events, measured: its columns' heads, lineage and ticket. Of batches of single events it is nearly all. */
const BATCH_BYTES = 6000;
const OWN_TIME = 1;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * A batch of log events as JSON text: one immutable arena, offset columns, and an overlay of edits that is applied when the text is
 * next needed whole. Three doors, cheapest first: {@link LogBatch.get}, {@link LogBatch.set} and its kin, {@link LogBatch.object}.
 */
export class LogBatch implements Batch {
  readonly signal = 'logs';
  readonly length: number;
  readonly lineage: Lineage;
  #columns: LogColumns;
  #sharesColumns = true;
  #events: Events;
  #textBytes: number;
  #overlay: Map<number, Edit[]> | null = null;
  #objects: Map<number, { [key: string]: Json }> | null = null;
  readonly #tables = new Map<Path, Uint32Array>();

  constructor(events: Events, columns: LogColumns, lineage: Lineage) {
    this.length = events.length;
    this.#events = events;
    this.#textBytes = events.text.byteLength;
    holdText(events);
    this.#columns = columns;
    this.lineage = lineage;
  }

  /** A batch straight from a source, with a ticket of its own. */
  static fromSource(events: Events, columns: LogColumns): LogBatch {
    return new LogBatch(events, columns, lineageOf(new Ticket(events.length)));
  }

  /**
   * A batch from a frame that was stored; throws a FrameError. `mayRepeat`: its events may have been sent before, by this process or an
   * earlier one, so finding them at the target is expected.
   */
  static fromFrame(frame: Uint8Array, mayRepeat: boolean): LogBatch {
    const { events, columns } = readFrame(frame);
    if (!mayRepeat) return LogBatch.fromSource(events, columns);
    return LogBatch.fromSource(events, toRepeat(columns));
  }

  get columns(): LogColumns {
    this.#collectObjects();
    return this.#columns;
  }

  get bytes(): number {
    return BATCH_BYTES + this.#textBytes + this.length * 43;
  }

  // ---- the whole text -------------------------------------------------------------------------------------------------

  /** The events as text, edits applied: what kernel operations and sinks work on. */
  events(): Events {
    this.#collectObjects();
    if (this.#overlay) {
      const edited = applyOverlay(this.#events, this.#overlay);
      holdText(edited);
      dropText(this.#events);
      this.#events = edited;
      this.#overlay = null;
      this.#tables.clear();
    }
    return this.#events;
  }

  /** The same events with new text (the result of a kernel operation, one to one and in order). */
  withEvents(events: Events): LogBatch {
    if (events.length !== this.length) throw new RangeError(`${events.length} texts for ${this.length} events`);
    return new LogBatch(events, this.#shareColumns(), this.lineage);
  }

  text(i: number): string {
    const { text, start, end } = this.#current(i);
    return decoder.decode(text.subarray(start, end));
  }

  // ---- door 1: read one member ----------------------------------------------------------------------------------------

  /**
   * The member at `where`: `undefined` when it is missing, integers beyond 2^53 as `bigint`, objects and arrays parsed.
   */
  get(i: number, where: Path): Json | undefined {
    const text = this.getText(i, where);
    return text === undefined ? undefined : parseMember(text);
  }

  /** The member at `where` as the JSON text that stands in the event. */
  getText(i: number, where: Path): string | undefined {
    this.#collectObject(i);
    if (this.#overlay?.has(i)) return locateOne(this.#current(i), where);
    const table = this.table(where);
    if ((table[i * ROW + 3]! & 15) === TYPE.missing) return undefined;
    return decoder.decode(this.#events.text.subarray(table[i * ROW + 1]!, table[i * ROW + 2]!));
  }

  /** The kernel's table for one path over all events, without the edits of the overlay: `ROW` integers per event. */
  table(where: Path): Uint32Array {
    let table = this.#tables.get(where);
    if (!table) {
      table = locate(kernel(), this.#events, compilePaths([where.steps]));
      this.#tables.set(where, table);
    }
    return table;
  }

  // ---- door 2: edits --------------------------------------------------------------------------------------------------

  /** Sets a member, making the objects on the way; `undefined` removes it. */
  set(i: number, where: Path, value: unknown): void {
    if (value === undefined) this.remove(i, where);
    else this.setText(i, where, printJson(value));
  }

  /** Sets a member to JSON text that the caller vouches for. */
  setText(i: number, where: Path, text: string): void {
    if (where.steps.length === 1 && where.steps[0] === '@timestamp') this.#setTime(i, text);
    this.#edit(i, { steps: where.steps, value: encoder.encode(text) });
  }

  /** The event's time follows an `@timestamp` that stands in its text already: in texts given to {@link withEvents}. */
  followTime(i: number, time: string): void {
    this.#setTime(i, JSON.stringify(time));
  }

  remove(i: number, where: Path): void {
    this.#edit(i, { steps: where.steps, value: null });
  }

  /** Moves a member; what stands at `to` is replaced. Nothing happens when `from` is missing. */
  rename(i: number, from: Path, to: Path): void {
    const text = this.getText(i, from);
    if (text === undefined) return;
    this.remove(i, from);
    this.setText(i, to, text);
  }

  // ---- door 3: an object ----------------------------------------------------------------------------------------------

  /** The event as a plain object to read and change; what was changed is written back as edits, the rest keeps its bytes. */
  object(i: number): { [key: string]: Json } {
    const known = this.#objects?.get(i);
    if (known) return known;
    const object = parseJson(this.text(i)) as { [key: string]: Json };
    this.#objects ??= new Map();
    this.#objects.set(i, object);
    return object;
  }

  // ---- identity and time ----------------------------------------------------------------------------------------------

  position(i: number): Position {
    const { streams, stream, offset, endOffset, sub } = this.columns;
    return { stream: streams[stream[i]!]!, offset: offset[i]!, end: endOffset[i]!, sub: sub[i]! };
  }

  id(i: number): string {
    return eventId(this.position(i));
  }

  /** Event time in nanoseconds since 1970. */
  time(i: number): bigint {
    return BigInt(this.columns.seconds[i]!) * 1_000_000_000n + BigInt(this.columns.nanos[i]!);
  }

  /** Whether the event brought its own time; if not, `time` is when it was read. */
  hasOwnTime(i: number): boolean {
    return (this.columns.flags[i]! & OWN_TIME) !== 0;
  }

  /** Unix seconds that name the event's index: the same at every reading of the same bytes. */
  indexSeconds(i: number): number {
    if (this.hasOwnTime(i)) return this.columns.seconds[i]!;
    return this.columns.streams[this.columns.stream[i]!]!.firstSeen;
  }

  // ---- new batches from this one --------------------------------------------------------------------------------------

  select(indices: ArrayLike<number>): LogBatch {
    const events = this.events();
    const pick = <T extends { [i: number]: number }>(from: T, to: T): T => {
      for (let k = 0; k < indices.length; k++) to[k] = from[indices[k]!]!;
      return to;
    };
    const count = indices.length;
    const texts = compact({
      text: events.text,
      start: pick(events.start, new Uint32Array(count)),
      end: pick(events.end, new Uint32Array(count)),
      length: count,
    });
    const from = this.columns;
    const columns: LogColumns = {
      streams: from.streams,
      stream: pick(from.stream, new Uint16Array(count)),
      offset: pick(from.offset, new Float64Array(count)),
      endOffset: pick(from.endOffset, new Float64Array(count)),
      sub: pick(from.sub, new Uint32Array(count)),
      seconds: pick(from.seconds, new Float64Array(count)),
      nanos: pick(from.nanos, new Uint32Array(count)),
      flags: pick(from.flags, new Uint8Array(count)),
    };
    return new LogBatch(texts, columns, selectLineage(this.lineage, indices));
  }

  /**
   * New events made from events of this batch: event k has the JSON text `texts[k]` and comes from input `from[k]`. Inputs that are
   * named more than once are splits: their sub-index keeps the ids apart.
   */
  derive(from: ArrayLike<number>, texts: readonly string[]): LogBatch {
    const batch = this.select(from);
    const uses = new Map<number, number>();
    for (let k = 0; k < from.length; k++) uses.set(from[k]!, (uses.get(from[k]!) ?? 0) + 1);
    const ordinals = new Map<number, number>();
    for (let k = 0; k < from.length; k++) {
      if (uses.get(from[k]!) === 1) continue;
      const ordinal = (ordinals.get(from[k]!) ?? 0) + 1;
      ordinals.set(from[k]!, ordinal);
      batch.columns.sub[k] = subIndex(batch.columns.sub[k]!, ordinal);
    }
    return batch.withEvents(joinTexts(texts.map((text) => encoder.encode(text))));
  }

  /** One event made of several, with the place and time of the first; `text` is its JSON text. */
  merge(indices: readonly number[], text: string): LogBatch {
    const first = this.select(indices.slice(0, 1));
    first.columns.endOffset[0] = Math.max(...indices.map((i) => this.columns.endOffset[i]!));
    // Events that are none of these can stand between them.
    first.columns.flags[0]! |= FLAG.merged;
    return new LogBatch(joinTexts([encoder.encode(text)]), first.columns, mergeLineage(this.lineage, indices));
  }

  fork(): LogBatch {
    return new LogBatch(this.events(), this.#shareColumns(), lineageAnew(this.lineage));
  }

  forkToRepeat(): LogBatch {
    return new LogBatch(this.events(), toRepeat(this.#shareColumns()), lineageAnew(this.lineage));
  }

  release(): void {
    if (this.#events === RELEASED) return;
    dropText(this.#events);
    this.#events = RELEASED;
    this.#overlay = null;
    this.#objects = null;
    this.#tables.clear();
  }

  toFrames(maxBytes: number): Frame[] {
    return framesOf(this.events(), this.columns, maxBytes);
  }

  // ---- inside ---------------------------------------------------------------------------------------------------------

  #edit(i: number, edit: Edit): void {
    this.#collectObject(i);
    this.#overlay ??= new Map();
    const edits = this.#overlay.get(i);
    if (edits) edits.push(edit);
    else this.#overlay.set(i, [edit]);
  }

  /** One event's text with its edits. */
  #current(i: number): { text: Uint8Array; start: number; end: number } {
    this.#collectObject(i);
    const { text, start, end } = this.#events;
    const edits = this.#overlay?.get(i);
    if (!edits) return { text, start: start[i]!, end: end[i]! };
    const one = { text, start: Uint32Array.of(start[i]!), end: Uint32Array.of(end[i]!), length: 1 };
    const patched = applyOverlay(one, new Map([[0, edits]]));
    return { text: patched.text, start: patched.start[0]!, end: patched.end[0]! };
  }

  #setTime(i: number, text: string): void {
    const time = parseTime(text);
    if (!time) return;
    if (this.#sharesColumns) {
      const { seconds, nanos, flags } = this.#columns;
      this.#columns = { ...this.#columns, seconds: seconds.slice(), nanos: nanos.slice(), flags: flags.slice() };
      this.#sharesColumns = false;
    }
    this.#columns.seconds[i] = time.seconds;
    this.#columns.nanos[i] = time.nanos;
    this.#columns.flags[i]! |= OWN_TIME;
  }

  /** The columns for another batch: whoever changes a time next makes a copy first. */
  #shareColumns(): LogColumns {
    const { columns } = this;
    this.#sharesColumns = true;
    return columns;
  }

  #collectObjects(): void {
    if (this.#objects) for (const i of [...this.#objects.keys()]) this.#collectObject(i);
    this.#objects = null;
  }

  /** Turns what was changed in an object that was handed out into edits. */
  #collectObject(i: number): void {
    const object = this.#objects?.get(i);
    if (!object) return;
    this.#objects!.delete(i);
    const before = parseJson(this.text(i)) as { [key: string]: Json };
    for (const edit of objectEdits(before, object)) {
      if (edit.value === undefined) this.remove(i, edit.path);
      else this.set(i, edit.path, edit.value);
    }
  }
}

/** The same columns, of events that may have been sent before. */
function toRepeat(columns: LogColumns): LogColumns {
  const streams = columns.streams.map((stream) => ({ ...stream, replayBelow: Number.MAX_SAFE_INTEGER }));
  return { ...columns, streams };
}

function subIndex(parent: number, ordinal: number): number {
  const sub = parent * 65_536 + ordinal;
  if (ordinal > 65_535 || sub > 0xffff_ffff)
    throw new RangeError('an event was split more than twice, or into more than 65,535');
  return sub;
}

/** Copies the texts together when they are a small part of their arena, so that a queue does not hold what nobody needs. */
function compact(events: Events): Events {
  let used = 0;
  for (let i = 0; i < events.length; i++) used += events.end[i]! - events.start[i]!;
  if (used * 2 > events.text.byteLength) return events;
  const pieces = Array.from({ length: events.length }, (_, i) =>
    events.text.subarray(events.start[i]!, events.end[i]!),
  );
  return joinTexts(pieces);
}

/** Texts one after the other in an arena of their own. */
export function joinTexts(pieces: readonly Uint8Array[]): Events {
  const text = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  const start = new Uint32Array(pieces.length);
  const end = new Uint32Array(pieces.length);
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    start[i] = at;
    text.set(piece, at);
    at += piece.length;
    end[i] = at;
  }
  return { text, start, end, length: pieces.length };
}

function locateOne(event: { text: Uint8Array; start: number; end: number }, where: Path): string | undefined {
  const one = { text: event.text, start: Uint32Array.of(event.start), end: Uint32Array.of(event.end), length: 1 };
  const table = locate(kernel(), one, compilePaths([where.steps]));
  if ((table[3]! & 15) === TYPE.missing) return undefined;
  return decoder.decode(event.text.subarray(table[1]!, table[2]!));
}

function parseMember(text: string): Json {
  const first = text.charCodeAt(0);
  if (first === 0x2d || (first >= 0x30 && first <= 0x39)) return parseNumber(text);
  return first === 0x7b || first === 0x5b ? parseJson(text) : (JSON.parse(text) as Json);
}
