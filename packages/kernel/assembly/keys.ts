// Member keys: hashed and compared as the text they stand for, so "\u0061" is "a". A lone surrogate escape is a code point of its own.
// A key is given by the address behind its opening quote and the address of its closing quote.
import { BACKSLASH, hex4, isHex4 } from './json';
import { passString } from './pass';

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const STEP: u64 = 0xff51_afd7_ed55_8ccd;

@inline
function absorb(h: u64, word: u64): u64 {
  h = (h ^ word) * STEP;
  return h ^ (h >> 29);
}

@inline
function finish(h: u64, length: u64): u64 {
  h = (h ^ length) * SEED;
  return h ^ (h >> 32);
}

/** 64-bit hash of the bytes [p, p + n), the same as hashBytes in src/paths.ts. */
@inline
export function hashBytes(p: usize, n: usize): u64 {
  let h = SEED;
  let rest = n;
  while (rest >= 8) {
    h = absorb(h, load<u64>(p));
    p += 8;
    rest -= 8;
  }
  if (rest) h = absorb(h, load<u64>(p) & (((<u64>1) << (<u64>rest * 8)) - 1));
  return finish(h, n);
}

/** Hash of a key that may hold escapes; equal for equal decoded keys. */
export function hashKey(p: usize, end: usize, escaped: bool): u64 {
  return escaped ? hashEscaped(p, end) : hashBytes(p, end - p);
}

let next: usize = 0;

/** The code point at `p`; `next` is set behind it. On damaged text the value is arbitrary, but `next` moves on. */
function codePointAt(p: usize): u32 {
  const a = <u32>load<u8>(p);
  if (a == BACKSLASH) return escapeAt(p);
  if (a < 0x80) {
    next = p + 1;
    return a;
  }
  const b = <u32>load<u8>(p, 1) & 63;
  if (a < 0xe0) {
    next = p + 2;
    return ((a & 31) << 6) | b;
  }
  const c = <u32>load<u8>(p, 2) & 63;
  if (a < 0xf0) {
    next = p + 3;
    return ((a & 15) << 12) | (b << 6) | c;
  }
  next = p + 4;
  return ((a & 7) << 18) | (b << 12) | (c << 6) | (<u32>load<u8>(p, 3) & 63);
}

/** The character that a one-letter escape stands for; the letter itself where it stands for itself. */
@inline
export function simpleEscape(c: u8): u8 {
  if (c == 110) return 10;
  if (c == 116) return 9;
  if (c == 114) return 13;
  if (c == 98) return 8;
  return c == 102 ? 12 : c;
}

function escapeAt(p: usize): u32 {
  const c = load<u8>(p, 1);
  next = p + 2;
  if (c != 117 || !isHex4(p + 2)) return simpleEscape(c);
  const high = hex4(p + 2);
  next = p + 6;
  if (high >> 10 != 54 || load<u16>(p, 6) != 0x755c || !isHex4(p + 8)) return high;
  const low = hex4(p + 8);
  if (low >> 10 != 55) return high;
  next = p + 12;
  return 0x1_0000 + ((high & 1023) << 10) + (low & 1023);
}

/** Bytes of code point `c` in UTF-8, first byte lowest; a lone surrogate takes the three bytes the scheme would give it. */
function utf8Of(c: u32): u32 {
  if (c < 0x80) return c;
  if (c < 0x800) return 0x80c0 | (c >> 6) | ((c & 63) << 8);
  if (c < 0x1_0000) return 0x80_80e0 | (c >> 12) | (((c >> 6) & 63) << 8) | ((c & 63) << 16);
  return 0x8080_80f0 | (c >> 18) | (((c >> 12) & 63) << 8) | (((c >> 6) & 63) << 16) | ((c & 63) << 24);
}

function utf8Length(c: u32): u32 {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x1_0000 ? 3 : 4;
}

function hashEscaped(p: usize, end: usize): u64 {
  let h = SEED;
  let word: u64 = 0;
  let length: u32 = 0;
  while (p < end) {
    const c = codePointAt(p);
    p = next;
    let bytes = utf8Of(c);
    for (let n = utf8Length(c); n > 0; n--) {
      word |= <u64>(bytes & 255) << ((length & 7) * 8);
      bytes >>= 8;
      if ((++length & 7) == 0) {
        h = absorb(h, word);
        word = 0;
      }
    }
  }
  if (length & 7) h = absorb(h, word);
  return finish(h, length);
}

/** Whether [p, p + n) and [q, q + n) hold the same bytes. */
@inline
export function sameBytes(p: usize, q: usize, n: usize): bool {
  while (n >= 8) {
    if (load<u64>(p) != load<u64>(q)) return false;
    p += 8;
    q += 8;
    n -= 8;
  }
  if (n == 0) return true;
  return ((load<u64>(p) ^ load<u64>(q)) & (((<u64>1) << (<u64>n * 8)) - 1)) == 0;
}

/** Whether two keys are the same text. */
export function sameKey(a: usize, aEnd: usize, b: usize, bEnd: usize): bool {
  if (aEnd - a == bEnd - b && sameBytes(a, b, aEnd - a)) return true;
  return (hasEscape(a, aEnd) || hasEscape(b, bEnd)) && orderOf(a, aEnd, b, bEnd) == 0;
}

function hasEscape(p: usize, end: usize): bool {
  while (p < end) if (load<u8>(p++) == BACKSLASH) return true;
  return false;
}

/** Negative, 0 or positive as key `a` comes before, equals or comes after key `b`, by code points. */
export function orderOf(a: usize, aEnd: usize, b: usize, bEnd: usize): i32 {
  while (a < aEnd && b < bEnd) {
    const ca = codePointAt(a);
    a = next;
    const cb = codePointAt(b);
    b = next;
    if (ca != cb) return ca < cb ? -1 : 1;
  }
  return <i32>(a < aEnd) - <i32>(b < bEnd);
}

/** Address of the closing quote of the key whose opening quote is at `at`. */
@inline
export function keyEnd(at: usize): usize {
  return passString(at + 1) - 1;
}

// Same numbers as UNKNOWN in src/types.ts.
const DOT: u32 = 1;
const BLANK: u32 = 2;

/** DOT when the key holds a dot, BLANK when it is empty or all spaces: Elasticsearch reads a dot as nesting and refuses blank names. */
export function keyFlags(p: usize, end: usize, escaped: bool): u32 {
  if (escaped || p == end || load<u8>(p) <= 32) return slowKeyFlags(p, end);
  while (p < end) {
    let dots = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(46)));
    if (end - p < 16) dots &= (1 << <i32>(end - p)) - 1;
    if (dots != 0) return DOT;
    p += 16;
  }
  return 0;
}

function slowKeyFlags(p: usize, end: usize): u32 {
  let flags = BLANK;
  while (p < end) {
    const c = codePointAt(p);
    p = next;
    if (c == 46) flags |= DOT;
    if (c > 32) flags &= ~BLANK;
  }
  return flags;
}

/** Hash of the path that goes from the path `parent` by a key with the hash `key`; the same as childHash in src/hash.ts. */
@inline
export function childHash(parent: u64, key: u64): u64 {
  return absorb(parent, key);
}

/** Where the key [p, end) goes on behind the text [prefix, prefixEnd), or 0 when it does not start with it. */
export function afterPrefix(p: usize, end: usize, prefix: usize, prefixEnd: usize): usize {
  while (prefix < prefixEnd) {
    if (p >= end) return 0;
    const wanted = codePointAt(prefix);
    prefix = next;
    if (codePointAt(p) != wanted) return 0;
    p = next;
  }
  return p;
}
