// The dates that Elasticsearch's strict_date_optional_time takes: ISO 8601 with parts left out from the right, an offset only behind a time.
import { isDigit } from './json';
import { notDigits, twoDigits } from './time';

@inline
function two(p: usize): u32 {
  const a = <u32>load<u8>(p) - 48;
  const b = <u32>load<u8>(p, 1) - 48;
  return a < 10 && b < 10 ? a * 10 + b : 100;
}

function daysIn(year: u32, month: u32): u32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Z, +HH, +HHmm or +HH:mm in [p, end), up to 18 hours, the largest offset that java.time knows. */
function isOffset(p: usize, end: usize): bool {
  const c = load<u8>(p);
  if (c == 90) return p + 1 == end;
  if (c != 43 && c != 45) return false;
  const n = end - p;
  const hours = n >= 3 ? two(p + 1) : 100;
  if (n == 3) return hours <= 18;
  const minutes = n == 5 ? two(p + 3) : n == 6 && load<u8>(p, 3) == 58 ? two(p + 4) : 100;
  return minutes < 60 && (hours < 18 || (hours == 18 && minutes == 0));
}

function isTime(p: usize, end: usize): bool {
  if (end - p < 2 || two(p) > 23) return false;
  p += 2;
  if (p == end || load<u8>(p) != 58) return p == end || isOffset(p, end);
  if (end - p < 3 || two(p + 1) > 59) return false;
  p += 3;
  if (p == end || load<u8>(p) != 58) return p == end || isOffset(p, end);
  if (end - p < 3 || two(p + 1) > 59) return false;
  p += 3;
  if (p < end && load<u8>(p) == 46) {
    const first = ++p;
    while (p < end && isDigit(load<u8>(p))) p++;
    if (p == first || p - first > 9) return false;
  }
  return p == end || isOffset(p, end);
}

/** Whether the text of `n` bytes at `p` is 2024-01-01T00:00:00[.1–9 digits]Z, as nearly all are, on a day that every month has. */
@inline
function isUsual(p: usize, n: usize): bool {
  if (n < 20 || n > 30 || n == 21) return false;
  const last = 1 << (<i32>n - 17);
  if (notDigits(p) != 0b0010_0100_1001_0000 || (notDigits(p + 16) & (2 * last - 1)) != (0b1001 | last)) return false;
  if (load<u8>(p, 4) != 45 || load<u8>(p, 7) != 45 || load<u8>(p, 10) != 84 || load<u8>(p, 13) != 58) return false;
  if (load<u8>(p, 16) != 58 || (n > 20 && load<u8>(p, 19) != 46) || load<u8>(p + n - 1) != 90) return false;
  if (<u32>twoDigits(p + 5) - 1 > 11 || <u32>twoDigits(p + 8) - 1 > 27) return false;
  return twoDigits(p + 11) < 24 && twoDigits(p + 14) < 60 && twoDigits(p + 17) < 60;
}

/** Whether the text [p, end) is such a date, and a day of the calendar. */
export function isDate(p: usize, end: usize): bool {
  const n = end - p;
  if (isUsual(p, n)) return true;
  if (n < 4) return false;
  const century = two(p);
  const rest = two(p + 2);
  if (century > 99 || rest > 99) return false;
  if (n == 4) return true;
  const month = n >= 7 ? two(p + 5) : 0;
  if (load<u8>(p, 4) != 45 || month < 1 || month > 12) return false;
  if (n == 7) return true;
  const day = n >= 10 ? two(p + 8) : 0;
  if (load<u8>(p, 7) != 45 || day < 1 || day > daysIn(century * 100 + rest, month)) return false;
  return n == 10 || (load<u8>(p, 10) == 84 && isTime(p + 11, end));
}
