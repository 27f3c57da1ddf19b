// Values without members as OTLP's AnyValue (opentelemetry/proto/common/v1/common.proto), written backwards.
import { isInt64 } from './fits';
import { isDigit, skipNumber } from './json';
import { ARRAY, ESCAPED, INTEGER, NULL, NUMBER, OBJECT, STRING, TRUE } from './locate';
import { TEMP, TEMP_END } from './otlp-config';
import { addFix, double, integer, readDouble, readInteger } from './otlp-number';
import { RAW, T_AT, T_DECLARED, T_END, T_KEY, T_KEY_END, T_MARKS, T_TYPE } from './otlp-token';
import { closeField, out, putByte, putBytes, putFixed64, putVarint } from './otlp-writer';
import { unescapeInto } from './string';

// Declared types; the same numbers in src/otlp-mapping.ts.
const AS_STRING: u8 = 1;
const AS_INTEGER: u8 = 2;
const AS_DOUBLE: u8 = 3;
const AS_BOOLEAN: u8 = 4;

// Tags of AnyValue's fields.
const TAG_STRING: u8 = 0x0a;
const TAG_BOOL: u8 = 0x10;
const TAG_INT: u8 = 0x18;
export const TAG_DOUBLE: u8 = 0x21;
export const TAG_ARRAY: u8 = 0x2a;
export const TAG_KVLIST: u8 = 0x32;
export const TAG_BYTES: u8 = 0x3a;

@inline
export function typeOf(token: usize): u32 {
  return load<u8>(token, T_TYPE) & 15;
}

/** Writes the text [p, end) of a JSON string. */
@inline
export function putText(p: usize, end: usize, escaped: bool): void {
  if (escaped) {
    const to = unescapeInto(p, end, TEMP, TEMP_END);
    if (to != 0) putBytes(TEMP, to - TEMP);
  } else {
    putBytes(p, end - p);
  }
}

/** Writes the string's text without tag and length. */
export function putString(token: usize): void {
  putText(load<u32>(token, T_AT) + 1, load<u32>(token, T_END) - 1, (load<u8>(token, T_TYPE) & ESCAPED) != 0);
}

/** Room that a scalar's text needs at most: digits may become ten bytes. */
@inline
export function sizeOf(token: usize): usize {
  return load<u32>(token, T_END) - load<u32>(token, T_AT) + load<u32>(token, T_KEY_END) - load<u32>(token, T_KEY) + 32;
}

@inline
function putDouble(p: usize, end: usize): bool {
  const exact = readDouble(p, end);
  putFixed64(exact ? reinterpret<u64>(double) : 0);
  if (!exact && !addFix(out, p, end)) return false;
  putByte(TAG_DOUBLE);
  return true;
}

function putInteger(p: usize, end: usize): void {
  readInteger(p, end);
  putVarint(<u64>integer);
  putByte(TAG_INT);
}

@inline
function putBoolean(value: bool): void {
  putByte(value ? 1 : 0);
  putByte(TAG_BOOL);
}

function putPlainText(p: usize, end: usize): void {
  const behind = out;
  putBytes(p, end - p);
  closeField(behind, TAG_STRING);
}

/** The number text [p, end) as a 64-bit integer where it is one: `5`, `5.0`, `5e3`. */
function putWhole(p: usize, end: usize, type: u32): bool {
  if (type == INTEGER) {
    if (!isInt64(p, end)) return false;
    putInteger(p, end);
    return true;
  }
  if (!readDouble(p, end) || Math.trunc(double) != double || Math.abs(double) >= 9007199254740992) return false;
  putVarint(<u64>(<i64>double));
  putByte(TAG_INT);
  return true;
}

/** The type of the number that is all of the text [p, end), or 0. */
function numberIn(p: usize, end: usize): u32 {
  if (p == end || (load<u8>(p) != 45 && !isDigit(load<u8>(p))) || skipNumber(p) != end) return 0;
  for (; p < end; p++) {
    const c = load<u8>(p);
    if (c == 46 || (c | 32) == 101) return NUMBER;
  }
  return INTEGER;
}

function isWord(p: usize, end: usize, word: u32, last: u8): bool {
  if (end - p < 4 || load<u32>(p) != word) return false;
  return last == 0 ? end - p == 4 : end - p == 5 && load<u8>(p, 4) == last;
}

/** Writes the scalar as the declared type; false when it cannot be read so. */
function putDeclared(declared: u8, type: u32, p: usize, end: usize): bool {
  if (declared == AS_STRING) {
    if (type == NULL) return false;
    putPlainText(p, end);
    return true;
  }
  if (declared == AS_BOOLEAN) {
    const yes = isWord(p, end, 0x65757274, 0);
    if (!yes && !isWord(p, end, 0x736c6166, 101)) return false;
    putBoolean(yes);
    return true;
  }
  const number = type == STRING ? numberIn(p, end) : type;
  if (number != INTEGER && number != NUMBER) return false;
  return declared == AS_DOUBLE ? putDouble(p, end) : putWhole(p, end, number);
}

/** Writes a value without members: the content of its AnyValue. False when there is no room to note a number. */
export function putScalar(token: usize): bool {
  const bits = load<u8>(token, T_TYPE);
  const type = <u32>bits & 15;
  let p = <usize>load<u32>(token, T_AT);
  let end = <usize>load<u32>(token, T_END);
  const declared = load<u8>(token, T_DECLARED);
  if (type == STRING) {
    p++;
    end--;
    if (declared > AS_STRING && (bits & ESCAPED) == 0 && putDeclared(declared, STRING, p, end)) return true;
    const behind = out;
    putText(p, end, (bits & ESCAPED) != 0);
    closeField(behind, TAG_STRING);
    return true;
  }
  if (type == OBJECT || type == ARRAY) {
    if (load<u8>(token, T_MARKS) & RAW) {
      putPlainText(p, end);
    } else {
      putByte(0);
      putByte(type == OBJECT ? TAG_KVLIST : TAG_ARRAY);
    }
    return true;
  }
  if (declared != 0 && putDeclared(declared, type, p, end)) return true;
  if (type == INTEGER) {
    // No type of OTLP holds a larger integer; as text it keeps its digits.
    if (isInt64(p, end)) putInteger(p, end);
    else putPlainText(p, end);
  } else if (type == NUMBER) {
    return putDouble(p, end);
  } else if (type != NULL) {
    putBoolean(type == TRUE);
  }
  return true;
}
