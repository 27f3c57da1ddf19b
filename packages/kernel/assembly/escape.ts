// Raw bytes → inside of a JSON string: backslashes before " and \, escapes below 0x20, U+FFFD for what is not UTF-8.
import { illFormedAt, sequenceAt, validUtf8 } from './utf8';

/** Set by escapeInto: the text did not fit under the limit and was cut; ill-formed UTF-8 was replaced. */
export let escapeCut: bool = false;
export let escapeRepaired: bool = false;

// 256 shuffles of 16 bytes: the 8 low bytes of a vector with a backslash (taken from lane 15) before each byte whose bit is set.
const SHUFFLES: usize = 0x8000;

function fillShuffles(): void {
  for (let mask: usize = 0; mask < 256; mask++) {
    let to = SHUFFLES + (mask << 4);
    for (let lane: usize = 0; lane < 8; lane++) {
      if ((mask >> lane) & 1) store<u8>(to++, 15);
      store<u8>(to++, <u8>lane);
    }
  }
}
fillShuffles();

@inline
function putEight(to: usize, v: v128, mask: i32): void {
  const shuffle = v128.load(SHUFFLES + (<usize>mask << 4));
  v128.store(to, i8x16.swizzle(i8x16.replace_lane(v, 15, 92), shuffle));
}

/** Escapes [p, end) to `to`; answers the end, at most `limit`. Writes up to 32 bytes behind it; reads up to 16 behind `end`. */
export function escapeInto(p: usize, end: usize, to: usize, limit: usize): usize {
  escapeCut = false;
  escapeRepaired = false;
  // The bytes from 0x80 on are looked at one by one until the rest of the text is known to be UTF-8.
  let unsure = true;
  let checked = false;
  while (p < end) {
    if (limit - to < 32) {
      // A step of 16 may have ended inside a character: the limit has to be seen from its start.
      while (!unsure && (load<u8>(p) & 0xc0) == 0x80) {
        p--;
        to--;
      }
      return escapeSlowly(p, end, to, limit);
    }
    const v = v128.load(p);
    // Signed: below 32 are the control characters and everything from 0x80 on.
    let stops = i8x16.bitmask(i8x16.lt_s(v, i8x16.splat(32)));
    if (stops != 0) {
      const high = i8x16.bitmask(v);
      if (high != 0 && !checked) {
        checked = true;
        unsure = !validUtf8(p, end);
      }
      if (!unsure) stops &= ~high;
    }
    const marked = i8x16.bitmask(v128.or(i8x16.eq(v, i8x16.splat(34)), i8x16.eq(v, i8x16.splat(92))));
    if (stops == 0 && end - p >= 16) {
      p += 16;
      if (marked == 0) {
        v128.store(to, v);
        to += 16;
        continue;
      }
      putEight(to, v, marked & 255);
      to += 8 + popcnt(marked & 255);
      putEight(to, i64x2.shuffle(v, v, 1, 1), marked >> 8);
      to += 8 + popcnt(marked >> 8);
      continue;
    }
    const plain = ctz(stops | (end - p < 16 ? 1 << <i32>(end - p) : 0x10000));
    const low = min(plain, 8);
    const before = marked & ((1 << plain) - 1);
    putEight(to, v, before & 255);
    to += low + popcnt(before & 255);
    if (plain > 8) {
      putEight(to, i64x2.shuffle(v, v, 1, 1), before >> 8);
      to += plain - 8 + popcnt(before >> 8);
    }
    p += plain;
    while (p < end && (load<u8>(p) < 32 || (unsure && load<u8>(p) >= 0x80))) {
      const next = putUnit(p, end, to, limit);
      if (next == 0) return to;
      p = next;
      to = unitEnd;
    }
  }
  return to;
}

function escapeSlowly(p: usize, end: usize, to: usize, limit: usize): usize {
  while (p < end) {
    const next = putUnit(p, end, to, limit);
    if (next == 0) return to;
    p = next;
    to = unitEnd;
  }
  return to;
}

let unitEnd: usize = 0;

// Writes the character at `p` (or U+FFFD for the bytes that are none). Answers where the next one starts, 0 when there is no room.
function putUnit(p: usize, end: usize, to: usize, limit: usize): usize {
  const c = load<u8>(p);
  if (c < 0x80) {
    if (c >= 32 && c != 34 && c != 92) return putPlain(p, 1, to, limit);
    return putEscape(p, c, to, limit);
  }
  const length = sequenceAt(p, end);
  if (length != 0) return putPlain(p, length, to, limit);
  if (to + 3 > limit) {
    escapeCut = true;
    return 0;
  }
  store<u16>(to, 0xbfef);
  store<u8>(to, 0xbd, 2);
  unitEnd = to + 3;
  escapeRepaired = true;
  return p + illFormedAt(p, end);
}

function putPlain(p: usize, length: usize, to: usize, limit: usize): usize {
  if (to + length > limit) {
    escapeCut = true;
    return 0;
  }
  for (let i: usize = 0; i < length; i++) store<u8>(to + i, load<u8>(p + i));
  unitEnd = to + length;
  return p + length;
}

function putEscape(p: usize, c: u8, to: usize, limit: usize): usize {
  let letter: u8 = c;
  if (c == 10) letter = 110;
  else if (c == 13) letter = 114;
  else if (c == 9) letter = 116;
  else if (c == 8) letter = 98;
  else if (c == 12) letter = 102;
  const length: usize = letter < 32 ? 6 : 2;
  if (to + length > limit) {
    escapeCut = true;
    return 0;
  }
  store<u8>(to, 92);
  if (length == 2) {
    store<u8>(to, letter, 1);
  } else {
    store<u32>(to, 0x30303075, 1); // u000
    store<u8>(to, c < 16 ? 48 : 49, 4);
    const low = c & 15;
    store<u8>(to, low < 10 ? 48 + low : 87 + low, 5);
  }
  unitEnd = to + length;
  return p + 1;
}
