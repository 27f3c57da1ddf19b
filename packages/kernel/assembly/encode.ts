// Events → request bodies: one line per event, or Elasticsearch's bulk lines with an _id made of stream and position.
import { copy } from './bytes';
import { escapeInto } from './escape';
import { IN_AT, OUT_AT, OUT_END } from './memory';

// 256 × two hexadecimal digits, behind the shuffles of escape.ts.
const HEX_PAIRS: usize = 0x9000;

function digit(n: u32): u32 {
  return n < 10 ? 48 + n : 87 + n;
}

function fillHexPairs(): void {
  for (let n: u32 = 0; n < 256; n++) store<u16>(HEX_PAIRS + (n << 1), <u16>(digit(n >> 4) | (digit(n & 15) << 8)));
}
fillHexPairs();

const ID_HEAD: u64 = 0x223a2264695f222c; // ,"_id":"
const ID_HEAD_BYTES: usize = 8;
const OFFSET_DIGITS: usize = 12;
/** `"` behind the id, `}}\n` behind the action, `\n` behind the event. */
const TAIL_BYTES: usize = 4;

/**
 * Writes events as lines to the output region, as many as fit into `room` bytes; answers how many.
 * `rows`: count start addresses, then count end addresses (u32 each). `marks[i]` becomes base + the end of line i.
 */
export function encodeLines(count: i32, rows: usize, marks: usize, base: u32, room: u32): i32 {
  const limit = OUT_AT + min(<usize>room, OUT_END - OUT_AT);
  const ends = rows + (<usize>count << 2);
  let out = OUT_AT;
  for (let i = 0; i < count; i++) {
    const at = <usize>i << 2;
    const from = <usize>load<u32>(rows + at);
    const length = <usize>load<u32>(ends + at) - from;
    if (length + 1 > limit - out) return i;
    out = copy(out, from, length);
    store<u8>(out++, 10);
    store<u32>(marks + at, base + <u32>(out - OUT_AT));
  }
  return count;
}

@inline
function hexLength(n: u32): usize {
  return n == 0 ? 1 : (35 - <usize>clz(n)) >> 2;
}

// The first number that 12 hexadecimal digits cannot hold; a conversion of it, or of NaN, must not trap either.
const OFFSET_END: f64 = 281474976710656;

/** Writes 12 digits, zeros for what is no offset below 2^48. Answers the end. */
@inline
function putOffset(to: usize, position: f64): usize {
  const offset: u64 = position >= 0 && position < OFFSET_END ? <u64>position : 0;
  for (let shift: i64 = 40; shift >= 0; shift -= 8) {
    store<u16>(to, load<u16>(HEX_PAIRS + (<usize>((offset >> shift) & 255) << 1)));
    to += 2;
  }
  return to;
}

@inline
function putSub(to: usize, sub: u32): usize {
  store<u8>(to++, 46);
  for (let left = hexLength(sub); left > 0; left--) store<u8>(to++, <u8>digit((sub >> (<u32>(left - 1) << 2)) & 15));
  return to;
}

/**
 * As encodeLines, with an action line before each event, of a run of `rowsCount` events whose first `count` are wanted.
 * `columns`, one behind the other: f64 offset, u32 sub, u32 address of {u32 prefix address, u32 prefix length},
 * u32 address of {u32 id address, u32 id length} or 0 for no id.
 */
export function encodeBulk(count: i32, rowsCount: u32, rows: usize, columns: usize, marks: usize, base: u32, room: u32): i32 {
  const limit = OUT_AT + min(<usize>room, OUT_END - OUT_AT);
  const column = <usize>rowsCount << 2;
  const ends = rows + column;
  const subs = columns + 2 * column;
  const prefixes = subs + column;
  const ids = prefixes + column;
  let out = OUT_AT;
  for (let i = 0; i < count; i++) {
    const at = <usize>i << 2;
    const from = <usize>load<u32>(rows + at);
    const length = <usize>load<u32>(ends + at) - from;
    const prefix = <usize>load<u32>(prefixes + at);
    const id = <usize>load<u32>(ids + at);
    const sub = load<u32>(subs + at);
    let need = <usize>load<u32>(prefix, 4) + length + TAIL_BYTES;
    if (id != 0) need += ID_HEAD_BYTES + <usize>load<u32>(id, 4) + 2 + OFFSET_DIGITS + (sub != 0 ? 1 + hexLength(sub) : 0);
    if (need > limit - out) return i;
    out = copy(out, <usize>load<u32>(prefix), <usize>load<u32>(prefix, 4));
    if (id != 0) {
      store<u64>(out, ID_HEAD);
      out = copy(out + ID_HEAD_BYTES, <usize>load<u32>(id), <usize>load<u32>(id, 4));
      store<u8>(out, 45);
      out = putOffset(out + 1, load<f64>(columns + 2 * at));
      if (sub != 0) out = putSub(out, sub);
      store<u8>(out++, 34);
    }
    store<u32>(out, 0x0a7d7d); // }}\n
    out = copy(out + 3, from, length);
    store<u8>(out++, 10);
    store<u32>(marks + at, base + <u32>(out - OUT_AT));
  }
  return count;
}

/** Escapes the first `length` bytes of the input region into the output region; answers the bytes written. */
export function escapeInput(length: u32): u32 {
  return <u32>(escapeInto(IN_AT, IN_AT + <usize>length, OUT_AT, OUT_END) - OUT_AT);
}
