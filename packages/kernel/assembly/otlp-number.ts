// JSON numbers as int64 and double. What the short way cannot round rightly is noted, and the host fills in its eight bytes.
import { isDigit } from './json';

/** Set by readInteger and readDouble. */
export let integer: i64 = 0;
export let double: f64 = 0;

/** Reads the integer text [p, end), which fits in 64 bits with a sign. */
export function readInteger(p: usize, end: usize): void {
  const negative = load<u8>(p) == 45;
  if (negative) p++;
  let n: u64 = 0;
  while (p < end) n = n * 10 + <u64>(load<u8>(p++) - 48);
  integer = negative ? 0 - <i64>n : <i64>n;
}

// Powers of ten that a double holds exactly.
const POWERS: StaticArray<f64> = [
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];
const EXACT: u64 = 1 << 53;

/**
 * Reads the number text [p, end); false when its double is not the product or quotient of two exact doubles, which alone is rounded once
 * (William D. Clinger, "How to Read Floating Point Numbers Accurately", 1990).
 */
export function readDouble(p: usize, end: usize): bool {
  const negative = load<u8>(p) == 45;
  if (negative) p++;
  let digits: u64 = 0;
  let count = 0;
  let exponent = 0;
  let point = false;
  while (p < end) {
    const c = load<u8>(p);
    if (c == 46) {
      point = true;
    } else if (isDigit(c)) {
      digits = digits * 10 + <u64>(c - 48);
      if (digits != 0) count++;
      if (count > 18) return false;
      if (point) exponent--;
    } else {
      break;
    }
    p++;
  }
  if (p < end) exponent += readExponent(p + 1, end);
  if (digits == 0) {
    double = negative ? -0.0 : 0;
    return true;
  }
  if (digits > EXACT || exponent < -22 || exponent > 22) return false;
  const power = unchecked(POWERS[exponent < 0 ? -exponent : exponent]);
  const value = exponent < 0 ? <f64>digits / power : <f64>digits * power;
  double = negative ? -value : value;
  return true;
}

/** The exponent behind the `e`, kept small enough to be added to. */
function readExponent(p: usize, end: usize): i32 {
  const negative = load<u8>(p) == 45;
  if (negative || load<u8>(p) == 43) p++;
  let n = 0;
  for (; p < end && n < 100_000; p++) n = n * 10 + <i32>load<u8>(p) - 48;
  return negative ? -n : n;
}

// u32 each: where the eight bytes stand, and the number's text.
const ROW: usize = 12;
let rows: usize = 0;
let rowsEnd: usize = 0;
let next: usize = 0;
let first: usize = 0;

export function openFixes(at: usize, end: usize): void {
  rows = at;
  rowsEnd = end;
  next = at;
  first = at;
}

/** The doubles noted from here on are those of the event at hand. */
export function startFixes(): void {
  first = next;
}

/** Forgets those of the event at hand. */
export function dropFixes(): void {
  next = first;
}

/** False when there is no room. */
export function addFix(at: usize, p: usize, end: usize): bool {
  if (next + ROW > rowsEnd) return false;
  store<u32>(next, <u32>at);
  store<u32>(next, <u32>p, 4);
  store<u32>(next, <u32>end, 8);
  next += ROW;
  return true;
}

/** The event's bytes have moved down by so many. */
export function moveFixes(by: usize): void {
  for (let row = first; row < next; row += ROW) store<u32>(row, load<u32>(row) - <u32>by);
}

export function fixCount(): u32 {
  return <u32>((next - rows) / ROW);
}
