// The inside of JSON strings that carry JSON themselves, where every sixth byte is an escape: 64 bytes at a time.
import { bits64 } from './find';
import { BACKSLASH, QUOTE, escapeLength, hex4, isHex4 } from './json';
import { simpleEscape } from './keys';

/** Set by scanString when the string holds bytes from 0x80 on: their UTF-8 is still to be checked. */
export let nonAscii: bool = false;

const ODD: u64 = 0xaaaa_aaaa_aaaa_aaaa;

/**
 * Of 64 bytes with a bit in `slashes` for each backslash: which of them escape the byte behind, and, in the other bits, which bytes
 * are escaped. `carry`: 1 when the first byte is escaped by what is before it. Subtracting the starts of the runs from the odd positions
 * lets the borrow run through each run of backslashes, and so tells the odd ones from the even ones.
 */
@inline
export function escapeCodes(slashes: u64, carry: u64): u64 {
  const starts = slashes & ~carry;
  return (((starts << 1) | ODD) - starts) ^ ODD;
}

/** `p` behind the opening quote. Answers the position of the closing quote, or 0 when the string is malformed. */
export function scanString(p: usize): usize {
  const quote = i8x16.splat(QUOTE);
  const slash = i8x16.splat(BACKSLASH);
  const space = i8x16.splat(32);
  let firstEscaped: u64 = 0;
  nonAscii = false;
  while (true) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    const quotes = bits64(i8x16.eq(a, quote), i8x16.eq(b, quote), i8x16.eq(c, quote), i8x16.eq(d, quote));
    const slashes = bits64(i8x16.eq(a, slash), i8x16.eq(b, slash), i8x16.eq(c, slash), i8x16.eq(d, slash));
    const codes = escapeCodes(slashes, firstEscaped);
    const escaped = codes ^ (slashes | firstEscaped);
    firstEscaped = (codes & slashes) >> 63;
    const end = quotes & ~escaped;
    const inside = end == 0 ? <u64>-1 : (end & (0 - end)) - 1;
    // Signed: below 32 are the control characters and everything from 0x80 on.
    const odd = bits64(i8x16.lt_s(a, space), i8x16.lt_s(b, space), i8x16.lt_s(c, space), i8x16.lt_s(d, space)) & inside;
    if (odd != 0) {
      if ((odd & ~bits64(a, b, c, d)) != 0) return 0;
      nonAscii = true;
    }
    let rare = escaped & inside & ~(quotes | slashes);
    while (rare != 0) {
      if (escapeLength(p + <usize>ctz(rare) - 1) == 0) return 0;
      rare &= rare - 1;
    }
    if (end != 0) return p + <usize>ctz(end);
    p += 64;
  }
}

// An odd number of backslashes ends at `p` (the address of the last one), looking back no further than `first`.
function opensEscape(p: usize, first: usize): bool {
  let count = 0;
  while (p >= first && load<u8>(p) == BACKSLASH) {
    count++;
    p--;
  }
  return (count & 1) == 1;
}

/** Bytes that the escape of `code` (written `\letter` or `\u000X`) takes at the end of [p, end): 2, 6 or 0 when another text stands there. */
export function trailingEscape(p: usize, end: usize, letter: u8, code: u32): usize {
  if (end - p >= 2 && load<u8>(end - 1) == letter && opensEscape(end - 2, p)) return 2;
  if (end - p < 6 || load<u8>(end - 5) != 117 || !isHex4(end - 4) || hex4(end - 4) != code) return 0;
  return opensEscape(end - 6, p) ? 6 : 0;
}

/** The largest n ≤ cap so that [p, p + n) of the valid string text at `p` ends between characters: not inside an escape, a surrogate pair or a UTF-8 sequence. */
export function cutAt(p: usize, end: usize, cap: usize): usize {
  const first = p;
  while (p < end) {
    const c = load<u8>(p);
    let length: usize = c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (c == BACKSLASH) length = escapeUnit(p, end);
    if (p + length - first > cap) return p - first;
    p += length;
  }
  return end - first;
}

function escapeUnit(p: usize, end: usize): usize {
  if (load<u8>(p, 1) != 117) return 2;
  if (end - p < 12 || (hex4(p + 2) & 0xfc00) != 0xd800) return 6;
  return load<u16>(p, 6) == 0x755c && (hex4(p + 8) & 0xfc00) == 0xdc00 ? 12 : 6;
}

/** Un-escapes the valid string text [p, end) into [to, limit) as UTF-8 (a lone surrogate becomes U+FFFD); answers the end, or 0 when it does not fit. */
export function unescapeInto(p: usize, end: usize, to: usize, limit: usize): usize {
  const slash = i8x16.splat(BACKSLASH);
  while (p < end) {
    if (limit - to < 4) return 0;
    const c = load<u8>(p);
    if (c != BACKSLASH) {
      if (end - p < 16 || limit - to < 16) {
        store<u8>(to++, c);
        p++;
        continue;
      }
      const v = v128.load(p);
      const slashes = i8x16.bitmask(i8x16.eq(v, slash));
      v128.store(to, v);
      const n = <usize>(slashes == 0 ? 16 : ctz(slashes));
      p += n;
      to += n;
      continue;
    }
    const letter = load<u8>(p, 1);
    if (letter != 117) {
      store<u8>(to++, simpleEscape(letter));
      p += 2;
      continue;
    }
    const length = escapeUnit(p, end);
    to = putCode(to, length == 12 ? pairAt(p) : unitAt(p));
    p += length;
  }
  return to;
}

/** The code point of the surrogate pair whose first escape is at `p`. */
function pairAt(p: usize): u32 {
  return 0x10000 + ((hex4(p + 2) & 0x3ff) << 10) + (hex4(p + 8) & 0x3ff);
}

/** The code point of the escape at `p`; U+FFFD for a lone surrogate. */
function unitAt(p: usize): u32 {
  const code = hex4(p + 2);
  return (code & 0xf800) == 0xd800 ? 0xfffd : code;
}

function putCode(to: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(to, <u8>code);
    return to + 1;
  }
  if (code < 0x800) {
    store<u8>(to, <u8>(0xc0 | (code >> 6)));
    store<u8>(to, <u8>(0x80 | (code & 63)), 1);
    return to + 2;
  }
  if (code < 0x10000) {
    store<u8>(to, <u8>(0xe0 | (code >> 12)));
    store<u8>(to, <u8>(0x80 | ((code >> 6) & 63)), 1);
    store<u8>(to, <u8>(0x80 | (code & 63)), 2);
    return to + 3;
  }
  store<u8>(to, <u8>(0xf0 | (code >> 18)));
  store<u8>(to, <u8>(0x80 | ((code >> 12) & 63)), 1);
  store<u8>(to, <u8>(0x80 | ((code >> 6) & 63)), 2);
  store<u8>(to, <u8>(0x80 | (code & 63)), 3);
  return to + 4;
}
