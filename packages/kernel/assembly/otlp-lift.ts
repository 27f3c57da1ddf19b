// What of an event is more than an attribute: chooses the members that become fields of the LogRecord, its resource and its scope.
import { hashBytes } from './keys';
import { OBJECT, STRING } from './locate';
import { BIT_EVENT_BODY, slotOf, TAPE, TEMP, W_ATTRIBUTES, W_BITS, W_BODY, W_DROPPED, W_EVENT_NAME, W_LAYOUT_SEVERITY, W_OBSERVED, W_SEVERITY_KEY, W_SEVERITY_NUMBER, W_SEVERITY_NUMBERS, W_SEVERITY_TEXT, W_TIMESTAMP, word } from './otlp-config';
import { chooseFlags, chooseIds } from './otlp-ids';
import { integer } from './otlp-number';
import { chooseOrigin } from './otlp-origin';
import { at, countLayoutMember, firstOf, foundPath, isIntegerIn, layoutMembers, lift, mark, startPicking } from './otlp-pick';
import { memberCount } from './otlp-tape';
import { dropShadowed } from './otlp-repeated';
import { INLINE, T_AT, T_END, T_LAST, T_MARKS, T_TYPE } from './otlp-token';
import { readTime, timeNanos, timeSeconds } from './time';
import { childByKey, NO_NODE, pathOf, rootNode } from './trie';

// The last nanosecond since 1970 that a fixed64 holds.
const LAST_SECOND: i64 = 18446744073;
const LAST_NANOS: u32 = 709551615;
const BILLION: u64 = 1_000_000_000;

/** Tokens of the event at hand, 0 for none. */
export let body: usize = 0;
export let severityText: usize = 0;
export let eventName: usize = 0;
/** Values of the event at hand; 0 for none. */
export let severityNumber: i64 = 0;
export let droppedCount: u32 = 0;
export let time: u64 = 0;
export let observed: u64 = 0;

let hasSeverityNumber: bool = false;

/** Looks at the tokens of one event. `seconds`, `nanos`: its time column; `ownTime`: whether it brought that; `now`: nanoseconds since 1970. */
export function chooseMembers(seconds: f64, nanos: u32, ownTime: bool, now: u64): void {
  startPicking();
  const attributes = slotOf(word(W_ATTRIBUTES));
  if (attributes != 0 && load<u8>(attributes, T_TYPE) == OBJECT) {
    mark(attributes, INLINE);
    countLayoutMember();
  }
  chooseOrigin();
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
  // OTLP has each key once among the attributes.
  if (attributes != 0 && (load<u8>(attributes, T_MARKS) & INLINE) != 0) {
    dropShadowed(load<u32>(attributes, T_LAST), load<u32>(TAPE, T_LAST), memberCount);
  }
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
  return readTime(load<u32>(token, T_AT) + 1, load<u32>(token, T_END) - 1) && isInRange(timeSeconds, timeNanos);
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

// Neighbours mostly have one of a few short names: the last one is kept with its number.
let lastName: u64 = 0;
let lastNumber: i64 = 0;

/** Forgets the last name: another mapping may have another number for it. */
export function resetSeverity(): void {
  lastName = 0;
}

/** The number that the mapping gives the name, in any case; 0 for none. */
function numberOfSeverity(token: usize): i64 {
  const p = <usize>load<u32>(token, T_AT) + 1;
  const n = <usize>load<u32>(token, T_END) - 1 - p;
  if (n > 7) return lookUpSeverity(token);
  const name = load<u64>(p) & (((<u64>1) << (<u64>n << 3)) - 1);
  if (name != lastName) {
    lastName = name;
    lastNumber = lookUpSeverity(token);
  }
  return lastNumber;
}

function lookUpSeverity(token: usize): i64 {
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
