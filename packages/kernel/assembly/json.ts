// Scanning primitives for JSON text (RFC 8259). Every scanner trusts that a byte below 0x20 other than white space
// (the sentinel 0) stands at the end of the text: no rule of the grammar accepts one, so no scanner passes it.
// SIMD and word loads may read up to 16 bytes behind the sentinel; each region is padded for that.
import { MAX_DEPTH } from './memory';
import { scanString } from './string';

// Same numbers as ERR in src/types.ts.
export const ERR_NOT_JSON: u8 = 1;
export const ERR_NOT_UTF8: u8 = 2;
export const ERR_TOO_DEEP: u8 = 3;
export const ERR_TOO_LARGE: u8 = 4;
export const ERR_TOO_MANY_FIELDS: u8 = 5;
export const ERR_NOT_OBJECT: u8 = 6;

export const QUOTE: u8 = 34;
export const COMMA: u8 = 44;
export const COLON: u8 = 58;
export const BACKSLASH: u8 = 92;
export const OPEN_ARRAY: u8 = 91;
export const CLOSE_ARRAY: u8 = 93;
export const OPEN_OBJECT: u8 = 123;
export const CLOSE_OBJECT: u8 = 125;

/** Set to 1 by skipString when the string holds a backslash; a caller that cares sets it to 0 before. */
export let sawEscape: i32 = 0;
export function clearEscape(): void {
  sawEscape = 0;
}
export function noteEscape(): void {
  sawEscape = 1;
}

/** Why skipValue answered 0: ERR_NOT_JSON or ERR_TOO_DEEP. */
export let failure: u8 = 0;

@inline
export function isSpace(c: u8): bool {
  return c == 32 || c == 10 || c == 13 || c == 9;
}

/** The first byte at or after `p` that is not white space. */
@inline
export function skipSpace(p: usize): usize {
  let c = load<u8>(p);
  if (c > 32) return p;
  while (isSpace(c)) c = load<u8>(++p);
  return p;
}

@inline
export function isDigit(c: u8): bool {
  return <u32>c - 48 < 10;
}

@inline
export function isHex(c: u8): bool {
  return <u32>c - 48 < 10 || (<u32>c | 32) - 97 < 6;
}

/** Value of a hexadecimal digit that isHex accepts. */
@inline
export function hexValue(c: u8): u32 {
  return c < 58 ? <u32>c - 48 : (<u32>c | 32) - 87;
}

/** Whether `p` points at four hexadecimal digits. */
@inline
export function isHex4(p: usize): bool {
  return isHex(load<u8>(p)) && isHex(load<u8>(p, 1)) && isHex(load<u8>(p, 2)) && isHex(load<u8>(p, 3));
}

/** The code unit behind `\u`, `p` at its first digit. */
@inline
export function hex4(p: usize): u32 {
  return (hexValue(load<u8>(p)) << 12) | (hexValue(load<u8>(p, 1)) << 8) | (hexValue(load<u8>(p, 2)) << 4) | hexValue(load<u8>(p, 3));
}

// Bit c of the pair is set for each c that may follow a backslash, `u` aside: " / in the low word, \ b f n r t in the high one.
const ESCAPES_LOW: u64 = (1 << 34) | (1 << 47);
const ESCAPES_HIGH: u64 = (1 << 28) | (1 << 34) | (1 << 38) | (1 << 46) | (1 << 50) | (1 << 52);

/** Bytes that the escape at `p` (its backslash) takes: 2 or 6; 0 when it is none. */
@inline
export function escapeLength(p: usize): usize {
  const c = <u64>load<u8>(p, 1);
  if (c < 64) return (ESCAPES_LOW >> c) & 1 ? 2 : 0;
  if (c == 117) return isHex4(p + 2) ? 6 : 0;
  return c < 128 && (ESCAPES_HIGH >> (c - 64)) & 1 ? 2 : 0;
}

/** A bit for each of the 16 bytes at `p` that ends a plain run inside a string: quote, backslash, control character. */
@inline
export function stringStops(v: v128): i32 {
  const quote = i8x16.eq(v, i8x16.splat(QUOTE));
  const slash = i8x16.eq(v, i8x16.splat(BACKSLASH));
  const control = i8x16.eq(v128.and(v, i8x16.splat(<i8>0xe0)), i8x16.splat(0));
  return i8x16.bitmask(v128.or(v128.or(quote, slash), control));
}

/** `p` behind the opening quote. Answers the position behind the closing quote, or 0 when the string is malformed. */
export function skipString(p: usize): usize {
  while (true) {
    const stops = stringStops(v128.load(p));
    if (stops == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(stops);
    const c = load<u8>(p);
    if (c == QUOTE) return p + 1;
    if (c != BACKSLASH) return 0;
    sawEscape = 1;
    // Where there is one escape there are many: JSON in JSON.
    const end = scanString(p);
    return end == 0 ? 0 : end + 1;
  }
}

/** `p` at a minus or digit. Answers the position behind the number, or 0. */
export function skipNumber(p: usize): usize {
  if (load<u8>(p) == 45) p++;
  if (load<u8>(p) == 48) {
    p++;
  } else {
    if (!isDigit(load<u8>(p))) return 0;
    while (isDigit(load<u8>(++p)));
  }
  if (load<u8>(p) == 46) {
    if (!isDigit(load<u8>(++p))) return 0;
    while (isDigit(load<u8>(++p)));
  }
  if ((load<u8>(p) | 32) == 101) {
    const sign = load<u8>(++p);
    if (sign == 43 || sign == 45) p++;
    if (!isDigit(load<u8>(p))) return 0;
    while (isDigit(load<u8>(++p)));
  }
  return p;
}

/** true, false, null or a number at `p`, of which `c` is the first byte. Answers the position behind it, or 0. */
@inline
export function skipPlain(p: usize, c: u8): usize {
  if (c == 116) return load<u32>(p) == 0x65757274 ? p + 4 : 0;
  if (c == 102) return load<u32>(p, 1) == 0x65736c61 ? p + 5 : 0;
  if (c == 110) return load<u32>(p) == 0x6c6c756e ? p + 4 : 0;
  return skipNumber(p);
}

/** `p` where a key must stand. Answers the position behind its colon, or 0. */
@inline
export function skipKey(p: usize): usize {
  if (load<u8>(p) != QUOTE) return 0;
  p = skipString(p + 1);
  if (p == 0) return 0;
  p = skipSpace(p);
  return load<u8>(p) == COLON ? p + 1 : 0;
}

/**
 * Validates the value at `p` (white space before it is skipped) and answers the position behind it, or 0 with `failure` set.
 * `stack` has room for MAX_DEPTH bytes; `outer` containers around the value count as open.
 */
export function skipValue(p: usize, stack: usize, outer: i32 = 0): usize {
  let depth: i32 = 0;
  let inObject = false;
  failure = ERR_NOT_JSON;
  while (true) {
    p = skipSpace(p);
    const c = load<u8>(p);
    if (c == QUOTE) {
      p = skipString(p + 1);
      if (p == 0) return 0;
    } else if (c == OPEN_OBJECT || c == OPEN_ARRAY) {
      if (depth + outer == MAX_DEPTH) {
        failure = ERR_TOO_DEEP;
        return 0;
      }
      const object = c == OPEN_OBJECT;
      p = skipSpace(p + 1);
      if (load<u8>(p) == (object ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        p++;
      } else {
        store<u8>(stack + depth, <u8>inObject);
        depth++;
        inObject = object;
        if (object) {
          p = skipKey(p);
          if (p == 0) return 0;
        }
        continue;
      }
    } else {
      p = skipPlain(p, c);
      if (p == 0) return 0;
    }
    // Behind a value: close containers until one goes on.
    while (true) {
      if (depth == 0) return p;
      p = skipSpace(p);
      const d = load<u8>(p++);
      if (d == COMMA) {
        if (!inObject) break;
        p = skipKey(skipSpace(p));
        if (p == 0) return 0;
        break;
      }
      if (d != (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return 0;
      depth--;
      inObject = <bool>load<u8>(stack + depth);
    }
  }
}
