// RFC 3339 date-times: 2024-01-01T00:00:00[.1–9 digits](Z|±hh:mm), `t` and `z` accepted, no leap second; and the texts near them that are times too.
import { isDigit } from './json';

/** Seconds since 1970 and nanoseconds of the last time that was read. */
export let timeSeconds: i64 = 0;
export let timeNanos: u32 = 0;

/** A bit for each of the 16 bytes at `p` that is no digit. */
@inline
export function notDigits(p: usize): i32 {
  return i8x16.bitmask(i8x16.gt_u(i8x16.sub(v128.load(p), i8x16.splat(48)), i8x16.splat(9)));
}

/** The number that the two digits at `p` are. */
@inline
export function twoDigits(p: usize): i32 {
  return (<i32>load<u8>(p) - 48) * 10 + <i32>load<u8>(p, 1) - 48;
}

// Days since 1970-01-01 in the proleptic Gregorian calendar; the year is counted from March, so that the leap day comes last.
@inline
function daysOf(year: i32, month: i32, day: i32): i32 {
  const y = month > 2 ? year : year - 1;
  const era = (y >= 0 ? y : y - 399) / 400;
  const ofEra = y - era * 400;
  const ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719468;
}

@inline
function daysIn(year: i32, month: i32): i32 {
  if (month == 2) return (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}

/** Reads the date-time at `p`; answers the position behind it, or 0 when there is none. Reads at most 20 bytes beyond a sentinel. */
export function parseTime(p: usize): usize {
  // 2024-01-01T00:00: digits everywhere but at 4, 7, 10 and 13.
  if (notDigits(p) != 0b0010_0100_1001_0000) return 0;
  if (load<u8>(p, 4) != 45 || load<u8>(p, 7) != 45 || (load<u8>(p, 10) | 32) != 116) return 0;
  if (load<u8>(p, 13) != 58 || load<u8>(p, 16) != 58) return 0;
  if (<u32>load<u8>(p, 17) - 48 > 9 || <u32>load<u8>(p, 18) - 48 > 9) return 0;
  const year = twoDigits(p) * 100 + twoDigits(p + 2);
  const month = twoDigits(p + 5);
  const day = twoDigits(p + 8);
  const hour = twoDigits(p + 11);
  const minute = twoDigits(p + 14);
  const second = twoDigits(p + 17);
  if (<u32>month - 1 > 11 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) return 0;
  p = fraction(p + 19);
  if (p == 0) return 0;
  const seconds = <i64>daysOf(year, month, day) * 86400 + <i64>(hour * 3600 + minute * 60 + second);
  const c = load<u8>(p);
  if ((c | 32) == 122) {
    timeSeconds = seconds;
    return p + 1;
  }
  return zone(p, c, seconds);
}

@inline
function fraction(p: usize): usize {
  timeNanos = 0;
  if (load<u8>(p) != 46) return p;
  const first = ++p;
  let nanos: u32 = 0;
  let digit = <u32>load<u8>(p) - 48;
  while (digit <= 9) {
    if (p - first == 9) return 0;
    nanos = nanos * 10 + digit;
    digit = <u32>load<u8>(++p) - 48;
  }
  if (p == first) return 0;
  for (let i = p - first; i < 9; i++) nanos *= 10;
  timeNanos = nanos;
  return p;
}

function zone(p: usize, sign: u8, seconds: i64): usize {
  if (sign != 43 && sign != 45) return 0;
  for (let i: usize = 1; i < 6; i++) {
    const c = load<u8>(p + i);
    if (i == 3 ? c != 58 : <u32>c - 48 > 9) return 0;
  }
  const hours = twoDigits(p + 1);
  const minutes = twoDigits(p + 4);
  if (hours > 23 || minutes > 59) return 0;
  const shift = <i64>(hours * 3600 + minutes * 60);
  timeSeconds = sign == 43 ? seconds - shift : seconds + shift;
  return p + 6;
}

// A time with all its parts: most is 2024-01-01T00:00:00.123456789+00:00, and a vector may be read at its front.
const WHOLE: usize = memory.data(48);

/**
 * Whether the text [p, end) is a time: RFC 3339, or what Elasticsearch's strict_date_optional_time takes (parts left out from the right,
 * no offset for UTC, ±hh, ±hhmm); a space may stand for the `T`, and digits beyond nanoseconds are cut off.
 */
@inline
export function readTime(p: usize, end: usize): bool {
  return parseTime(p) == end || readIncomplete(p, end);
}

function readIncomplete(p: usize, end: usize): bool {
  const n = end - p;
  let at = end;
  if (n != 4 && n != 7 && n != 10) {
    if (n < 13) return false;
    at = p + 13;
    while (at < p + 19 && at + 3 <= end && load<u8>(at) == 58) at += 3;
  }
  store<u64>(WHOLE, 0x2d31_302d_3030_3030); // 0000-01-
  store<u64>(WHOLE, 0x3030_3a30_3054_3130, 8); // 01T00:00
  store<u32>(WHOLE, 0x30_303a, 16); // :00
  memory.copy(WHOLE, p, at - p);
  if (load<u8>(WHOLE, 10) == 32) store<u8>(WHOLE, 84, 10);
  let to = WHOLE + 19;
  if (at == p + 19 && at < end && load<u8>(at) == 46) {
    const first = at;
    while (++at < end && isDigit(load<u8>(at)));
    const digits = min<usize>(at - first, 10);
    memory.copy(to, first, digits);
    to += digits;
  }
  to = putZone(at, end, to);
  return to != 0 && parseTime(WHOLE) == to;
}

/** Writes the offset [p, end) whole; answers the position behind it, 0 when it cannot be one. */
function putZone(p: usize, end: usize, to: usize): usize {
  const n = end - p;
  if (n < 2) {
    store<u8>(to, n == 0 ? 90 : load<u8>(p));
    return to + 1;
  }
  if (n != 3 && n != 5 && (n != 6 || load<u8>(p, 3) != 58)) return 0;
  memory.copy(to, p, 3);
  store<u8>(to, 58, 3);
  store<u16>(to, n == 3 ? 0x3030 : load<u16>(end - 2), 4);
  return to + 6;
}
