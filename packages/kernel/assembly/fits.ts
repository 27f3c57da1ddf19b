// Whether a value has the type that a path is declared with.
import { isDate } from './date';
import { CLOSE_ARRAY, COMMA, isDigit, OPEN_ARRAY, OPEN_OBJECT, skipSpace } from './json';
import { passContainer } from './pass';
import { ESCAPED, FALSE, INTEGER, NULL, NUMBER, STRING, TRUE, typedEnd, valueType } from './locate';

// Same numbers as EXPECT in src/types.ts.
export const EXPECT_ANY: u8 = 0;
export const EXPECT_STRING: u8 = 1;
export const EXPECT_INTEGER: u8 = 2;
export const EXPECT_NUMBER: u8 = 3;
export const EXPECT_BOOLEAN: u8 = 4;
export const EXPECT_OBJECT: u8 = 5;
export const EXPECT_DATE: u8 = 6;
export const EXPECT_STRING_ALWAYS: u8 = 7;
export const EXPECT_ALWAYS: u8 = 8;
export const EXPECT_OPAQUE: u8 = 9;
export const EXPECT_DATE_TEXT: u8 = 10;
export const EXPECT_ALIASED: u8 = 11;

// "9223372036854775807": the digits of the largest signed 64-bit integer.
const LARGEST: StaticArray<u8> = [57, 50, 50, 51, 51, 55, 50, 48, 51, 54, 56, 53, 52, 55, 55, 53, 56, 48, 55];

/** Whether the integer text [p, end) lies between -2^63 and 2^63 - 1. */
export function isInt64(p: usize, end: usize): bool {
  const negative = load<u8>(p) == 45;
  if (negative) p++;
  const n = end - p;
  if (n != 19) return n < 19;
  for (let i = 0; i < 19; i++) {
    const digit = load<u8>(p + i);
    const limit = unchecked(LARGEST[i]);
    if (digit != limit) return digit < limit || (negative && i == 18 && digit == 56);
  }
  return true;
}

/** Whether the number text [p, end) is surely below 1e308: at most 308 digits before the point once the exponent is applied. */
function isDouble(p: usize, end: usize): bool {
  if (load<u8>(p) == 45) p++;
  const first = p;
  while (p < end && isDigit(load<u8>(p))) p++;
  const digits = <i32>(p - first);
  while (p < end && (load<u8>(p) | 32) != 101) p++;
  if (p == end) return digits <= 308;
  p++;
  const negative = load<u8>(p) == 45;
  if (negative || load<u8>(p) == 43) p++;
  let exponent = 0;
  for (; p < end && exponent < 100_000; p++) exponent = exponent * 10 + load<u8>(p) - 48;
  return digits + (negative ? -exponent : exponent) <= 308;
}

/** Whether the value [p, end) of the type `type` (object, array and null aside) fits `expected`. */
@inline
export function scalarFits(expected: u8, type: u32, p: usize, end: usize): bool {
  const bare = type & 15;
  if (expected == EXPECT_STRING) return bare == STRING;
  if (expected == EXPECT_INTEGER) return bare == INTEGER && isInt64(p, end);
  if (expected == EXPECT_NUMBER) return (bare == INTEGER || bare == NUMBER) && isDouble(p, end);
  if (expected == EXPECT_BOOLEAN) return bare == TRUE || bare == FALSE;
  if (expected != EXPECT_DATE && expected != EXPECT_DATE_TEXT) return expected == EXPECT_ANY;
  if (bare == STRING) return (type & ESCAPED) == 0 && isDate(p + 1, end - 1);
  return expected == EXPECT_DATE && bare == INTEGER && isInt64(p, end);
}

/** Whether all items of the valid array at `p` fit, those of arrays in it included; null fits everywhere, an object nowhere. */
export function itemsFit(expected: u8, p: usize): bool {
  let depth = 0;
  while (true) {
    p = skipSpace(p);
    const c = load<u8>(p);
    if (c == 0 || c == OPEN_OBJECT) return false;
    if (c == OPEN_ARRAY) {
      depth++;
      p++;
    } else if (c == CLOSE_ARRAY) {
      if (--depth == 0) return true;
      p++;
    } else if (c == COMMA) {
      p++;
    } else {
      const at = p;
      p = typedEnd(p);
      if (p == at || (valueType != NULL && !scalarFits(expected, valueType, at, p))) return false;
    }
  }
}

/** Whether all items of the valid array at `p` are objects or null. */
export function itemsOpaque(p: usize): bool {
  p = skipSpace(p + 1);
  while (true) {
    const c = load<u8>(p);
    if (c == CLOSE_ARRAY) return true;
    if (c == OPEN_OBJECT) p = passContainer(p);
    else if (c == 110) p += 4;
    else return false;
    p = skipSpace(p);
    if (load<u8>(p) == COMMA) p = skipSpace(p + 1);
  }
}
