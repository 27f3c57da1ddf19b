// The top level of a docker or NDJSON line that is not in the driver's own order: walked member by member.
import { copy } from './bytes';
import { CLOSE_OBJECT, COLON, COMMA, OPEN_OBJECT, QUOTE, clearEscape, sawEscape, skipSpace, skipString, skipValue } from './json';
import { P_KEYS, P_YIELDS, SMALL, SMALL_END, STACK } from './record';
import { unescapeInto } from './string';
import { validUtf8 } from './utf8';

export const OTHER: i32 = 0;
export const LOG: i32 = 1;
export const STREAM: i32 = 2;
export const TIME: i32 = 3;
export const TIMESTAMP: i32 = 4;
/** A key that the framer's own members have. */
export const TAKEN: i32 = 5;
/** The one whose member of the framer's gives way to that of a line. */
export const RIVAL: i32 = 6;

/** What walk found: addresses of the last `log`, `stream`, `time` and `@timestamp` values (0: none), from their first byte. */
export let logAt: usize = 0;
export let logEnd: usize = 0;
export let streamAt: usize = 0;
export let timeAt: usize = 0;
export let timestampAt: usize = 0;
/** Members of each class, and the stretch from the first key to the last value. */
export let others: u32 = 0;
export let taken: u32 = 0;
export let rivals: u32 = 0;
export let firstKey: usize = 0;
export let lastEnd: usize = 0;

function sameBytes(a: usize, b: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** What the key [p, end) (between its quotes) means, un-escaped when it holds an escape. */
function classify(p: usize, end: usize, escaped: bool): i32 {
  if (escaped) {
    const to = unescapeInto(p, end, SMALL, SMALL_END);
    if (to == 0) return OTHER; // longer than any key that is looked for
    p = SMALL;
    end = to;
  }
  const length = end - p;
  if (length == 3 && load<u16>(p) == 0x6f6c && load<u8>(p, 2) == 103) return LOG;
  if (length == 4 && load<u32>(p) == 0x656d6974) return TIME;
  if (length == 6 && load<u32>(p) == 0x65727473 && load<u16>(p, 4) == 0x6d61) return STREAM;
  if (length == 10 && load<u64>(p) == 0x6174_7365_6d69_7440 && load<u16>(p, 8) == 0x706d) return TIMESTAMP;
  let key = <usize>load<u32>(P_KEYS);
  for (let i = load<u32>(P_KEYS + 4); i > 0; i--) {
    const n = <usize>load<u32>(key);
    if (n == length && sameBytes(p, key + 4, n)) return i <= load<u32>(P_YIELDS) ? RIVAL : TAKEN;
    key += 4 + ((n + 3) & ~3);
  }
  return OTHER;
}

/** Validates the line [p, end), behind which a 0 stands, as one JSON object and notes its members; false when it is none. */
export function walk(p: usize, end: usize): bool {
  logAt = streamAt = timeAt = timestampAt = firstKey = lastEnd = 0;
  others = taken = rivals = 0;
  if (!validUtf8(p, end)) return false;
  p = skipSpace(p);
  if (load<u8>(p) != OPEN_OBJECT) return false;
  p = skipSpace(p + 1);
  if (load<u8>(p) == CLOSE_OBJECT) return skipSpace(p + 1) == end;
  firstKey = p;
  while (true) {
    if (load<u8>(p) != QUOTE) return false;
    const key = p + 1;
    clearEscape();
    p = skipString(key);
    if (p == 0) return false;
    const kind = classify(key, p - 1, sawEscape != 0);
    p = skipSpace(p);
    if (load<u8>(p) != COLON) return false;
    const value = skipSpace(p + 1);
    p = skipValue(value, STACK, 1);
    if (p == 0) return false;
    note(kind, value, p);
    lastEnd = p;
    p = skipSpace(p);
    if (load<u8>(p) == CLOSE_OBJECT) return skipSpace(p + 1) == end;
    if (load<u8>(p) != COMMA) return false;
    p = skipSpace(p + 1);
  }
}

function note(kind: i32, value: usize, end: usize): void {
  if (kind == LOG) {
    logAt = value;
    logEnd = end;
  } else if (kind == STREAM) {
    streamAt = value;
  } else if (kind == TIME) {
    timeAt = value;
  } else if (kind == TIMESTAMP) {
    timestampAt = value;
  } else if (kind == TAKEN) {
    taken++;
  } else {
    others++;
    if (kind == RIVAL) rivals++;
  }
}

/**
 * Copies the members that stay of the line [p, end), which walk accepted, each with a comma before it; answers the end.
 * docker: all but log, stream, time, @timestamp and taken keys; else all but taken keys.
 */
export function copyMembers(p: usize, docker: bool, to: usize): usize {
  p = skipSpace(skipSpace(p) + 1);
  while (load<u8>(p) == QUOTE) {
    const key = p;
    clearEscape();
    p = skipString(p + 1);
    const kind = classify(key + 1, p - 1, sawEscape != 0);
    p = skipValue(skipSpace(p) + 1, STACK, 1);
    if (kind == OTHER || kind == RIVAL || (!docker && kind != TAKEN)) {
      store<u8>(to, COMMA);
      to = copy(to + 1, key, p - key);
    }
    p = skipSpace(p);
    if (load<u8>(p) == COMMA) p = skipSpace(p + 1);
  }
  return to;
}

/** The text that plainText found: [plainAt, plainEnd). */
export let plainAt: usize = 0;
export let plainEnd: usize = 0;

/** Finds the text of the valid JSON string at `p` (0: none), un-escaped when it has to be and is short; false when `p` is no string. */
export function plainText(p: usize): bool {
  if (p == 0 || load<u8>(p) != QUOTE) return false;
  clearEscape();
  plainAt = p + 1;
  plainEnd = skipString(plainAt) - 1;
  if (sawEscape == 0) return true;
  plainEnd = unescapeInto(plainAt, plainEnd, SMALL, SMALL_END);
  plainAt = SMALL;
  if (plainEnd == 0) return false;
  store<u8>(plainEnd, 0); // the un-escaped text has no quote to end it
  return true;
}
