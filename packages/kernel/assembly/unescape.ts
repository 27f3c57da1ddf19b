// Takes the escapes out of a JSON string, 64 bytes at a time: the strings unpacked here carry JSON themselves, so nearly every
// escape is \" or \\ and means "leave the backslash out".
import { BACKSLASH, escapeLength, hex4, QUOTE } from './json';
import { bits64 } from './find';
import { simpleEscape } from './keys';
import { escapeCodes } from './string';

/** Set by unescape: the end of the text written; whether bytes from 0x80 on were copied as they stood. */
export let textEnd: usize = 0;
export let sawHighBytes: bool = false;

// 256 rows of 8 bytes below the constants region: the lanes of 8 bytes that stay when those whose bit is set are left out.
const LANES: usize = 0xa000;

function fillLanes(): void {
  for (let mask: usize = 0; mask < 256; mask++) {
    let to = LANES + (mask << 3);
    for (let lane: usize = 0; lane < 8; lane++) if (!((mask >> lane) & 1)) store<u8>(to++, <u8>lane);
  }
}
fillLanes();

/** Copies `n` (at most 64) bytes to `o` without those whose bit is set in `drop`; may write 15 bytes more. */
@inline
function squeeze(o: usize, p: usize, n: usize, drop: u64): usize {
  let rest = <isize>n;
  while (rest > 0) {
    const mask = <usize>drop & 255;
    v128.store(o, i8x16.swizzle(v128.load(p), v128.load64_zero(LANES + (mask << 3))));
    o += min<isize>(rest, 8) - popcnt(mask);
    p += 8;
    rest -= 8;
    drop >>= 8;
  }
  return o;
}

/** Writes the 8 bytes at `p` + `k` without those in `drop`, of 64 from `p` on that go to `o`: where to does not wait for the steps before. */
@inline
function squeezeStep(o: usize, p: usize, drop: u64, k: usize): void {
  const to = o + k - <usize>popcnt(drop & (((<u64>1) << k) - 1));
  const mask = <usize>(drop >> k) & 255;
  v128.store(to, i8x16.swizzle(v128.load(p + k), v128.load64_zero(LANES + (mask << 3))));
}

/** squeeze of 64 bytes. */
@inline
function squeezeBlock(o: usize, p: usize, drop: u64): usize {
  squeezeStep(o, p, drop, 0);
  squeezeStep(o, p, drop, 8);
  squeezeStep(o, p, drop, 16);
  squeezeStep(o, p, drop, 24);
  squeezeStep(o, p, drop, 32);
  squeezeStep(o, p, drop, 40);
  squeezeStep(o, p, drop, 48);
  squeezeStep(o, p, drop, 56);
  return o + 64 - <usize>popcnt(drop);
}

/** `p` behind the opening quote. Writes the text to `o`; answers the position behind the closing quote, or 0 when the string is malformed. */
export function unescape(p: usize, o: usize): usize {
  const first = o;
  const quote = i8x16.splat(QUOTE);
  const slash = i8x16.splat(BACKSLASH);
  const space = i8x16.splat(32);
  // 1 when the byte at `p` is escaped by the backslash before it.
  let carry: u64 = 0;
  sawHighBytes = false;
  while (true) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    const quotes = bits64(i8x16.eq(a, quote), i8x16.eq(b, quote), i8x16.eq(c, quote), i8x16.eq(d, quote));
    const slashes = bits64(i8x16.eq(a, slash), i8x16.eq(b, slash), i8x16.eq(c, slash), i8x16.eq(d, slash));
    const codes = escapeCodes(slashes, carry);
    const escaped = codes ^ (slashes | carry);
    const opening = codes & slashes;
    const ends = quotes & ~escaped;
    // Signed: below 32 are the control characters and everything from 0x80 on.
    const low = bits64(i8x16.lt_s(a, space), i8x16.lt_s(b, space), i8x16.lt_s(c, space), i8x16.lt_s(d, space));
    const high = low != 0 ? bits64(a, b, c, d) : 0;
    const rare = escaped & ~(quotes | slashes);
    const stops = ends | rare | (low & ~high);
    if (stops == 0) {
      if (high != 0) sawHighBytes = true;
      o = squeezeBlock(o, p, opening);
      carry = opening >> 63;
      p += 64;
      continue;
    }
    const n = <usize>ctz(stops);
    const before = ((<u64>1) << n) - 1;
    if ((high & before) != 0) sawHighBytes = true;
    o = squeeze(o, p, n, opening & before);
    p += n;
    if ((ends >> n) & 1) {
      textEnd = o;
      return p + 1;
    }
    if (((rare >> n) & 1) == 0) return 0;
    // The backslash before it is left out already.
    const length = escapeLength(p - 1);
    if (length == 0) return 0;
    if (length == 2) {
      store<u8>(o++, simpleEscape(load<u8>(p)));
      p++;
    } else {
      o = putUnit(p - 1, o, first);
      if (o == 0) return 0;
      p = unitEnd;
    }
    carry = 0;
  }
}

let unitEnd: usize = 0;

/** Writes the character of the \u escape at `p`, of both when it is a pair; answers the new end, 0 when no JSON text can hold it there. */
function putUnit(p: usize, o: usize, first: usize): usize {
  const unit = hex4(p + 2);
  unitEnd = p + 6;
  if (unit < 0x80) {
    store<u8>(o, <u8>unit);
    return o + 1;
  }
  if (unit < 0x800) {
    store<u16>(o, <u16>(0x80c0 | (unit >> 6) | ((unit & 63) << 8)));
    return o + 2;
  }
  if (unit >> 10 == 54 && load<u16>(p, 6) == 0x755c && escapeLength(p + 6) == 6 && hex4(p + 8) >> 10 == 55) {
    const c = 0x1_0000 + ((unit & 1023) << 10) + (hex4(p + 8) & 1023);
    store<u32>(o, 0x8080_80f0 | (c >> 18) | (((c >> 12) & 63) << 8) | (((c >> 6) & 63) << 16) | ((c & 63) << 24));
    unitEnd = p + 12;
    return o + 4;
  }
  if (unit >> 11 == 27) return putLone(p, o, first);
  store<u32>(o, 0x80_80e0 | (unit >> 12) | (((unit >> 6) & 63) << 8) | ((unit & 63) << 16));
  return o + 3;
}

// UTF-8 cannot hold a lone surrogate, so it stays an escape: inside a string of the text that is the same. Behind a backslash
// of the text it is no escape, and would read as one.
function putLone(p: usize, o: usize, first: usize): usize {
  let q = o;
  while (q > first && load<u8>(q - 1) == BACKSLASH) q--;
  if ((o - q) & 1) return 0;
  store<u32>(o, load<u32>(p));
  store<u16>(o, load<u16>(p, 4), 4);
  return o + 6;
}
