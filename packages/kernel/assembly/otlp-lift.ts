// What of an event is more than an attribute: chooses the members that become fields of the LogRecord, its resource and its scope.
import { isInt64 } from './fits';
import { hashBytes } from './keys';
import { INTEGER, NULL, OBJECT, STRING } from './locate';
import { BIT_EVENT_BODY, slotOf, TEMP, W_ATTRIBUTES, W_BITS, W_BODY, W_DROPPED, W_EVENT_NAME, W_FLAGS, W_LAYOUT, W_LAYOUT_FLAGS, W_LAYOUT_SEVERITY, W_LAYOUT_SPAN, W_LAYOUT_TRACE, W_OBSERVED, W_RESOURCE, W_RESOURCE_PATHS, W_SCOPE, W_SEVERITY_KEY, W_SEVERITY_NUMBER, W_SEVERITY_NUMBERS, W_SEVERITY_TEXT, W_SPAN_ID, W_TIMESTAMP, W_TRACE_ID, W_TRACEPARENT, word } from './otlp-config';
import { integer, readInteger } from './otlp-number';
import { hasKey, INLINE, LIFTED, memberCount, T_AT, T_END, T_LAST, T_MARKS, T_PREV, T_TYPE } from './otlp-tape';
import { isId } from './otlp-writer';
import { hexValue, isHex } from './json';
import { parseTime, timeNanos, timeSeconds } from './time';
import { childByKey, NO_NODE, pathOf, rootNode } from './trie';

// The last nanosecond since 1970 that a fixed64 holds.
const LAST_SECOND: i64 = 18446744073;
const LAST_NANOS: u32 = 709551615;
const BILLION: u64 = 1_000_000_000;

/** Tokens of the event at hand, 0 for none. */
export let body: usize = 0;
export let severityText: usize = 0;
export let eventName: usize = 0;
export let resource: usize = 0;
export let scope: usize = 0;
/** Values of the event at hand; 0 for none. */
export let severityNumber: i64 = 0;
export let flags: u32 = 0;
export let droppedCount: u32 = 0;
export let time: u64 = 0;
export let observed: u64 = 0;
/** Addresses of 32 and 16 hexadecimal digits. */
export let traceId: usize = 0;
export let spanId: usize = 0;

let layoutMembers: u32 = 0;
let foundPath: u32 = 0;
let hasSeverityNumber: bool = false;

@inline
function typeAt(token: usize): u32 {
  return load<u8>(token, T_TYPE) & 15;
}

@inline
function isPlainString(token: usize, length: usize): bool {
  return load<u8>(token, T_TYPE) == STRING && load<u32>(token, T_END) - load<u32>(token, T_AT) == <u32>length + 2;
}

@inline
function mark(token: usize, bit: u8): void {
  store<u8>(token, load<u8>(token, T_MARKS) | bit, T_MARKS);
}

/** Takes the member at a path out of the attributes; one of the OTLP layout is counted. */
@inline
function lift(token: usize, path: u32): void {
  mark(token, LIFTED);
  layoutMembers += load<u8>(word(W_LAYOUT) + path);
}

@inline
function at(list: usize, i: u32): u32 {
  foundPath = load<u32>(<usize>word(list) + (<usize>i << 2));
  return foundPath;
}

/** The first member of the list that is a string with something in it, or with `any` a value that is not null. */
function firstOf(list: usize, any: bool): usize {
  const count = word(list + 1);
  for (let i: u32 = 0; i < count; i++) {
    const token = slotOf(at(list, i));
    if (token == 0 || (load<u8>(token, T_MARKS) & (LIFTED | INLINE)) != 0) continue;
    const type = typeAt(token);
    // The layout has null for a body that is there and empty.
    if (any ? type != NULL || load<u8>(word(W_LAYOUT) + foundPath) != 0 : type == STRING && load<u32>(token, T_END) - load<u32>(token, T_AT) > 2) return token;
  }
  return 0;
}

function firstId(list: usize, digits: usize): usize {
  const count = word(list + 1);
  for (let i: u32 = 0; i < count; i++) {
    const token = slotOf(at(list, i));
    if (token != 0 && isPlainString(token, digits) && isId(load<u32>(token, T_AT) + 1, digits)) return token;
  }
  return 0;
}

/** The first integer of the list within 0 and `most` (`least` where it may be negative), read into `integer`. */
function isIntegerIn(token: usize, least: i64, most: i64): bool {
  if (token == 0 || load<u8>(token, T_TYPE) != INTEGER) return false;
  const p = <usize>load<u32>(token, T_AT);
  const end = <usize>load<u32>(token, T_END);
  if (!isInt64(p, end)) return false;
  readInteger(p, end);
  return integer >= least && integer <= most;
}

/** Looks at the tokens of one event. `seconds`, `nanos`: its time column; `ownTime`: whether it brought that; `now`: nanoseconds since 1970. */
export function chooseMembers(seconds: f64, nanos: u32, ownTime: bool, now: u64): void {
  layoutMembers = 0;
  const attributes = slotOf(word(W_ATTRIBUTES));
  if (attributes != 0 && load<u8>(attributes, T_TYPE) == OBJECT) {
    mark(attributes, INLINE);
    layoutMembers++;
  }
  chooseEnvelope();
  const dropped = slotOf(word(W_DROPPED));
  droppedCount = 0;
  if (isIntegerIn(dropped, 0, 0xffff_ffff)) {
    droppedCount = <u32>integer;
    lift(dropped, word(W_DROPPED));
  }
  chooseIds();
  eventName = firstOf(W_EVENT_NAME, false);
  if (eventName != 0) lift(eventName, foundPath);
  chooseSeverity();
  chooseBody();
  chooseTimes(seconds, nanos, ownTime);
  chooseFlags();
  // Members of the layout alone are a record that came as one: nothing is added to it.
  if (layoutMembers == memberCount) return;
  if (observed == 0) observed = now;
  if (!hasSeverityNumber && severityText != 0) severityNumber = numberOfSeverity(severityText);
}

function chooseBody(): void {
  body = 0;
  if (word(W_BITS) & BIT_EVENT_BODY) return;
  body = firstOf(W_BODY, true);
  if (body != 0) lift(body, foundPath);
}

function chooseTimes(seconds: f64, nanos: u32, ownTime: bool): void {
  time = 0;
  observed = 0;
  const token = slotOf(word(W_OBSERVED));
  if (token != 0 && isTime(token)) {
    observed = <u64>timeSeconds * BILLION + timeNanos;
    if (observed != 0) lift(token, word(W_OBSERVED));
  }
  const isKnown = seconds >= 0 && seconds <= <f64>LAST_SECOND && isInRange(<i64>seconds, nanos);
  const column: u64 = isKnown ? <u64>seconds * BILLION + nanos : 0;
  const timestamp = slotOf(word(W_TIMESTAMP));
  if (timestamp != 0 && (isKnown || !ownTime) && isTime(timestamp)) lift(timestamp, word(W_TIMESTAMP));
  if (ownTime) time = column;
  // Where nothing tells when it happened, the time of reading is when it was observed.
  else if (observed == 0) observed = column;
}

function isTime(token: usize): bool {
  if (load<u8>(token, T_TYPE) != STRING) return false;
  return parseTime(load<u32>(token, T_AT) + 1) == load<u32>(token, T_END) - 1 && isInRange(timeSeconds, timeNanos);
}

@inline
function isInRange(seconds: i64, nanos: u32): bool {
  return seconds >= 0 && (seconds < LAST_SECOND || (seconds == LAST_SECOND && nanos <= LAST_NANOS));
}

function chooseSeverity(): void {
  severityNumber = 0;
  hasSeverityNumber = false;
  severityText = firstOf(W_SEVERITY_TEXT, false);
  if (severityText != 0) lift(severityText, foundPath);
  const count = word(W_SEVERITY_NUMBER + 1);
  for (let i: u32 = 0; i < count; i++) {
    const path = at(W_SEVERITY_NUMBER, i);
    const token = slotOf(path);
    const isLayout = path == word(W_LAYOUT_SEVERITY);
    if (!isIntegerIn(token, isLayout ? -0x8000_0000 : 1, isLayout ? 0x7fff_ffff : 24)) continue;
    severityNumber = integer;
    hasSeverityNumber = true;
    lift(token, path);
    return;
  }
}

const LONGEST_SEVERITY: usize = 31;

/** The number that the mapping gives the name, in any case; 0 for none. */
function numberOfSeverity(token: usize): i64 {
  const key = <usize>word(W_SEVERITY_KEY);
  const keyBytes = word(W_SEVERITY_KEY + 1);
  const names = childByKey(rootNode(), key, key + keyBytes, hashBytes(key, keyBytes), false);
  const p = <usize>load<u32>(token, T_AT) + 1;
  const n = <usize>load<u32>(token, T_END) - 1 - p;
  if (names == NO_NODE || n > LONGEST_SEVERITY || load<u8>(token, T_TYPE) != STRING) return 0;
  for (let i: usize = 0; i < n; i++) {
    const c = load<u8>(p + i);
    store<u8>(TEMP + i, <u32>c - 65 < 26 ? c | 32 : c);
  }
  const name = childByKey(names, TEMP, TEMP + n, hashBytes(TEMP, n), false);
  return name == NO_NODE ? 0 : <i64>load<u8>(word(W_SEVERITY_NUMBERS) + pathOf(name) - 1);
}

function chooseIds(): void {
  flags = 0;
  traceId = 0;
  spanId = 0;
  const trace = firstId(W_TRACE_ID, 32);
  if (trace != 0) {
    traceId = load<u32>(trace, T_AT) + 1;
    lift(trace, foundPath);
  }
  const span = firstId(W_SPAN_ID, 16);
  if (span != 0) {
    spanId = load<u32>(span, T_AT) + 1;
    lift(span, foundPath);
  }
  if (trace == 0) readTraceparents(span == 0);
  // An id of zeros is none, and goes on as the none that it is; elsewhere than in the layout it is left alone.
  if (traceId == 0) traceId = zerosAt(W_LAYOUT_TRACE, 32);
  if (spanId == 0) spanId = zerosAt(W_LAYOUT_SPAN, 16);
}

function zerosAt(index: usize, digits: usize): usize {
  const path = word(index);
  const token = slotOf(path);
  if (token == 0 || !isPlainString(token, digits)) return 0;
  const p = <usize>load<u32>(token, T_AT) + 1;
  for (let i: usize = 0; i < digits; i++) if (load<u8>(p + i) != 48) return 0;
  lift(token, path);
  return p;
}

// 00-<32 digits>-<16 digits>-<2 digits>
const TRACEPARENT_BYTES: usize = 55;

/** The first valid traceparent of the list (W3C Trace Context, 3.2); it stays an attribute, so that it goes on as it came. */
function readTraceparents(wantSpan: bool): void {
  const count = word(W_TRACEPARENT + 1);
  for (let i: u32 = 0; i < count; i++) {
    const token = slotOf(at(W_TRACEPARENT, i));
    if (token == 0 || load<u8>(token, T_TYPE) != STRING) continue;
    const p = <usize>load<u32>(token, T_AT) + 1;
    if (!isTraceparent(p, <usize>load<u32>(token, T_END) - 1 - p)) continue;
    traceId = p + 3;
    if (wantSpan) spanId = p + 36;
    flags = (hexValue(load<u8>(p, 53)) << 4) | hexValue(load<u8>(p, 54));
    return;
  }
}

function isTraceparent(p: usize, n: usize): bool {
  if (n < TRACEPARENT_BYTES || n > 512 || !isLowerHex(p, 2) || !isLowerHex(p + 3, 32) || !isLowerHex(p + 36, 16) || !isLowerHex(p + 53, 2)) return false;
  if (load<u8>(p, 2) != 45 || load<u8>(p, 35) != 45 || load<u8>(p, 52) != 45) return false;
  const version = load<u16>(p);
  if (version == 0x6666 || !isId(p + 3, 32) || !isId(p + 36, 16)) return false;
  return n == TRACEPARENT_BYTES || (version != 0x3030 && load<u8>(p, TRACEPARENT_BYTES) == 45);
}

function isLowerHex(p: usize, n: usize): bool {
  for (let i: usize = 0; i < n; i++) {
    const c = load<u8>(p + i);
    if (!isHex(c) || <u32>c - 65 < 26) return false;
  }
  return true;
}

/** The layout's `flags` says much else in events of other programs, so there it needs a trace id beside it or no strangers. */
function chooseFlags(): void {
  const count = word(W_FLAGS + 1);
  for (let i: u32 = 0; i < count; i++) {
    const path = at(W_FLAGS, i);
    const token = slotOf(path);
    if (!isIntegerIn(token, 1, 0xffff_ffff)) continue;
    if (path == word(W_LAYOUT_FLAGS) && traceId == 0 && layoutMembers + 1 != memberCount) continue;
    flags = <u32>integer;
    lift(token, path);
    return;
  }
}

/** The resource and scope as an otlp source writes them; members that look otherwise stay attributes. */
function chooseEnvelope(): void {
  resource = slotOf(word(W_RESOURCE));
  if (resource != 0 && !isResource()) resource = 0;
  if (resource != 0) lift(resource, word(W_RESOURCE));
  scope = slotOf(word(W_SCOPE));
  if (scope != 0 && !isScope()) scope = 0;
  if (scope != 0) lift(scope, word(W_SCOPE));
  const count = word(W_RESOURCE_PATHS + 1);
  for (let i: u32 = 0; i < count; i++) {
    const row = <usize>word(W_RESOURCE_PATHS) + <usize>i * 12;
    const token = slotOf(load<u32>(row));
    if (token == 0 || typeAt(token) == NULL || (load<u8>(token, T_MARKS) & (LIFTED | INLINE)) != 0) continue;
    if (!hasAttribute(load<u32>(row, 4), load<u32>(row, 8))) mark(token, LIFTED);
  }
}

/** Whether the event's own resource has the attribute. */
export function hasAttribute(key: usize, keyBytes: usize): bool {
  const attributes = resource == 0 ? <usize>0 : slotOf(word(W_RESOURCE + 1));
  if (attributes == 0) return false;
  for (let child = <usize>load<u32>(attributes, T_LAST); child != 0; child = load<u32>(child, T_PREV)) {
    if (hasKey(child, key, key + keyBytes)) return true;
  }
  return false;
}

function membersOf(token: usize): u32 {
  let count: u32 = 0;
  for (let child = <usize>load<u32>(token, T_LAST); child != 0; child = load<u32>(child, T_PREV)) count++;
  return count;
}

/** 1 when the path has a value of that type, 0 when it has none, else more than any object has members. */
function fitting(index: usize, type: u32): u32 {
  const token = slotOf(word(index));
  if (token == 0) return 0;
  if (type == INTEGER) return isIntegerIn(token, 0, 0xffff_ffff) ? 1 : 0x1000_0000;
  return typeAt(token) == type ? 1 : 0x1000_0000;
}

function isResource(): bool {
  if (load<u8>(resource, T_TYPE) != OBJECT || load<u32>(resource, T_LAST) == 0) return false;
  const known = fitting(W_RESOURCE + 1, OBJECT) + fitting(W_RESOURCE + 2, INTEGER) + fitting(W_RESOURCE + 3, STRING);
  return known == membersOf(resource);
}

function isScope(): bool {
  if (load<u8>(scope, T_TYPE) != OBJECT || load<u32>(scope, T_LAST) == 0) return false;
  const names = fitting(W_SCOPE + 1, STRING) + fitting(W_SCOPE + 2, STRING) + fitting(W_SCOPE + 5, STRING);
  return names + fitting(W_SCOPE + 3, OBJECT) + fitting(W_SCOPE + 4, INTEGER) == membersOf(scope);
}

/** The number that isResource or isScope found at a path. */
export function countAt(index: usize): u32 {
  return isIntegerIn(slotOf(word(index)), 0, 0xffff_ffff) ? <u32>integer : 0;
}
