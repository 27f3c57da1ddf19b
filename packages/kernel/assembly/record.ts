// What the framers share: the call's parameters, the row per event, the text being written, and the partial lines of a stream.
import { copy } from './bytes';
import { endContent, openContents } from './contents';
import { CONST_AT, OUT_AT, OUT_END, ROWS_AT, SCRATCH_AT, SCRATCH_END } from './memory';

// Parameters at CONST_AT, written by src/frame.ts (the same numbers stand there), results behind them.
export const P_FORMAT: usize = CONST_AT;
export const P_INPUT_END: usize = CONST_AT + 4;
export const P_FINAL: usize = CONST_AT + 8;
export const P_CAP: usize = CONST_AT + 12;
export const P_LINE_LIMIT: usize = CONST_AT + 16;
export const P_PREFIX: usize = CONST_AT + 20; // 3 × (address, length): stdout, stderr, no stream
export const P_READ_TIME: usize = CONST_AT + 44; // address of 30 bytes
export const P_MEMBERS: usize = CONST_AT + 48; // address, length; a comma at the end unless empty
export const P_KEYS: usize = CONST_AT + 56; // address of count × (u32 length, bytes, padded to 4), count
export const P_READ_NANOS: usize = CONST_AT + 64;
export const P_OVERLONG: usize = CONST_AT + 68; // the input is the head of one line longer than the line limit
export const P_BASE: usize = CONST_AT + 72;
export const P_READ_SECONDS: usize = CONST_AT + 80;
export const P_OVERLONG_END: usize = CONST_AT + 88;
export const P_CONTENTS: usize = CONST_AT + 132; // address, 0: contents are not kept
export const P_YIELDS: usize = CONST_AT + 136; // 1: the last member gives way to one of the line with its key
export const P_SHORT: usize = CONST_AT + 140; // length of the members without it
const P_PREFIX_SHORT: usize = CONST_AT + 144; // as P_PREFIX, without it
export const R_ROWS: usize = CONST_AT + 96;
export const R_CONSUMED: usize = CONST_AT + 100;
export const R_LINES: usize = CONST_AT + 104;
export const R_MERGED: usize = CONST_AT + 108;
export const R_MISFITS: usize = CONST_AT + 112;
export const R_TRUNCATED: usize = CONST_AT + 116;
export const R_MORE: usize = CONST_AT + 120;
export const R_EMPTY: usize = CONST_AT + 124;
export const R_TEXT: usize = CONST_AT + 128;

// Rows as columns.
export const MAX_ROWS: usize = 1 << 17;
const ROW_START: usize = ROWS_AT;
const ROW_END: usize = ROW_START + 4 * MAX_ROWS;
const ROW_OFFSET: usize = ROW_END + 4 * MAX_ROWS;
const ROW_END_OFFSET: usize = ROW_OFFSET + 8 * MAX_ROWS;
const ROW_SECONDS: usize = ROW_END_OFFSET + 8 * MAX_ROWS;
const ROW_NANOS: usize = ROW_SECONDS + 8 * MAX_ROWS;
const ROW_FLAGS: usize = ROW_NANOS + 4 * MAX_ROWS;

export const OWN_TIME: u32 = 1;
export const MISFIT: u32 = 2;
export const TRUNCATED: u32 = 4;
export const OVERSIZE: u32 = 8;
export const MERGED: u32 = 16;
export const REPAIRED: u32 = 32;
export const YIELDED: u32 = 64;

export const NO_STREAM: usize = 2;

// A slot per stream holds the partial lines that wait for their end: a head at CONST_AT, the texts in SCRATCH.
const SLOTS: usize = CONST_AT + 256;
export const S_LINES: usize = 0;
export const S_CONTENT: usize = 4; // bytes of content
export const S_TIME: usize = 8; // bytes of time
export const S_OTHERS: usize = 12; // bytes of other members, each with a comma before it
export const S_FLAGS: usize = 16;
export const S_NANOS: usize = 20;
export const S_SECONDS: usize = 24;
export const S_OFFSET: usize = 32;
export const S_END_OFFSET: usize = 40;
export const S_OVERFLOW: usize = 48; // 1: content was left out, so what is kept is longer than the cap anyway
/** Other members that a slot can hold. */
export const MAX_OTHERS: usize = 65536;
/** Content kept beyond the cap, so that the character standing across it is whole: the longest is a pair of \u escapes. */
const SLACK: usize = 12;
const SLOT_TIME_BYTES: usize = 64;

/** Working space of skipValue, behind the slots. */
export const STACK: usize = SCRATCH_END - 4096;
/** Room for one un-escaped time or key. */
export const SMALL: usize = SCRATCH_END - 2048;
export const SMALL_END: usize = SCRATCH_END - 1024;

export let out: usize = OUT_AT;
let row: usize = 0;
let eventStart: usize = OUT_AT;

/** Resets the output for a call. */
export function openOutput(): void {
  out = OUT_AT;
  row = 0;
  openContents(load<u32>(P_CONTENTS));
  for (let at = R_ROWS; at <= R_TEXT; at += 4) store<u32>(at, 0);
}

/** Whether one more line of any length, and each pending partial, still fit. */
export function hasRoom(): bool {
  const extra = <usize>load<u32>(P_PREFIX + 4) + <usize>MAX_OTHERS + 1024;
  const worst = <usize>load<u32>(P_LINE_LIMIT) + 4 * (<usize>load<u32>(P_CAP) + extra);
  return row + 4 <= MAX_ROWS && OUT_END - out >= worst;
}

/** Writes the results of a call. */
export function closeOutput(consumed: usize): void {
  store<u32>(R_ROWS, <u32>row);
  store<u32>(R_CONSUMED, <u32>consumed);
  store<u32>(R_TEXT, <u32>(out - OUT_AT));
}

@inline
export function count(counter: usize, n: u32): void {
  store<u32>(counter, load<u32>(counter) + n);
}

@inline
export function moveOut(to: usize): void {
  out = to;
}

@inline
export function put(from: usize, length: usize): void {
  out = copy(out, from, length);
}

@inline
export function putByte(c: u8): void {
  store<u8>(out++, c);
}

/** Starts an event's text: `{"@timestamp":"<time>","stream":"…",<members>,"log":"`; YIELDED: without the member that gives way. */
@inline
export function openEvent(time: usize, timeLength: usize, stream: usize, flags: u32): void {
  eventStart = out;
  store<u64>(out, 0x656d697440227b); // {"@time
  store<u64>(out, 0x223a22706d617473, 7); // stamp":"
  out += 15;
  put(time, timeLength);
  const prefix = (flags & YIELDED ? P_PREFIX_SHORT : P_PREFIX) + 8 * stream;
  put(<usize>load<u32>(prefix), <usize>load<u32>(prefix, 4));
}

/** Starts an event whose text the caller writes from its first byte on. */
@inline
export function openBare(): void {
  eventStart = out;
}

/** Ends the event with its row. */
@inline
export function closeEvent(flags: u32, offset: f64, endOffset: f64, seconds: f64, nanos: u32): void {
  store<u32>(ROW_START + (row << 2), <u32>(eventStart - OUT_AT));
  store<u32>(ROW_END + (row << 2), <u32>(out - OUT_AT));
  store<f64>(ROW_OFFSET + (row << 3), offset);
  store<f64>(ROW_END_OFFSET + (row << 3), endOffset);
  store<f64>(ROW_SECONDS + (row << 3), seconds);
  store<u32>(ROW_NANOS + (row << 2), nanos);
  store<u8>(ROW_FLAGS + row, <u8>flags);
  if (flags & TRUNCATED) count(R_TRUNCATED, 1);
  endContent(row);
  row++;
}

@inline
export function slotOf(stream: usize): usize {
  return SLOTS + (stream << 6);
}

@inline
function slotText(stream: usize): usize {
  return SCRATCH_AT + stream * ((<usize>load<u32>(P_CAP) + MAX_OTHERS + 1024) & ~63);
}

@inline
export function slotTime(stream: usize): usize {
  return slotText(stream);
}

@inline
export function slotOthers(stream: usize): usize {
  return slotText(stream) + SLOT_TIME_BYTES;
}

@inline
export function slotContent(stream: usize): usize {
  return slotText(stream) + SLOT_TIME_BYTES + MAX_OTHERS + 64;
}

/** Starts a slot with the first partial line of an event. */
export function openSlot(stream: usize, time: usize, timeLength: usize, flags: u32, seconds: f64, nanos: u32, offset: f64): void {
  const slot = slotOf(stream);
  copy(slotTime(stream), time, timeLength);
  store<u32>(slot, 0, S_LINES);
  store<u32>(slot, 0, S_CONTENT);
  store<u32>(slot, <u32>timeLength, S_TIME);
  store<u32>(slot, 0, S_OTHERS);
  store<u32>(slot, flags, S_FLAGS);
  store<u32>(slot, nanos, S_NANOS);
  store<f64>(slot, seconds, S_SECONDS);
  store<f64>(slot, offset, S_OFFSET);
  store<u32>(slot, 0, S_OVERFLOW);
}

/** Adds one line's content to a slot; what is beyond the cap is left out. */
export function growSlot(stream: usize, from: usize, length: usize, endOffset: f64): void {
  const slot = slotOf(stream);
  const have = <usize>load<u32>(slot, S_CONTENT);
  const room = <usize>load<u32>(P_CAP) + SLACK - have;
  const taken = min(length, room);
  copy(slotContent(stream) + have, from, taken);
  store<u32>(slot, <u32>(have + taken), S_CONTENT);
  if (length > room) store<u32>(slot, 1, S_OVERFLOW);
  store<u32>(slot, load<u32>(slot, S_LINES) + 1, S_LINES);
  store<f64>(slot, endOffset, S_END_OFFSET);
}

/** Starts the event of a slot: head written, its content is the caller's. */
export function openSlotEvent(stream: usize): void {
  const slot = slotOf(stream);
  openEvent(slotTime(stream), <usize>load<u32>(slot, S_TIME), stream, load<u32>(slot, S_FLAGS));
}

/** Ends the event of a slot and empties it. */
export function closeSlotEvent(stream: usize, flags: u32): void {
  const slot = slotOf(stream);
  const lines = load<u32>(slot, S_LINES);
  if (lines > 1) flags |= MERGED;
  count(R_MERGED, lines - 1);
  closeEvent(
    flags | load<u32>(slot, S_FLAGS),
    load<f64>(slot, S_OFFSET),
    load<f64>(slot, S_END_OFFSET),
    load<f64>(slot, S_SECONDS),
    load<u32>(slot, S_NANOS),
  );
  store<u32>(slot, 0, S_LINES);
}
