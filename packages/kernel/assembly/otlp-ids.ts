// The trace context of an event: trace id, span id and flags, from members of their own or a traceparent.
import { hexValue, isHex } from './json';
import { STRING } from './locate';
import { slotOf, W_FLAGS, W_LAYOUT_FLAGS, W_LAYOUT_SPAN, W_LAYOUT_TRACE, W_SPAN_ID, W_TRACE_ID, W_TRACEPARENT, word } from './otlp-config';
import { integer } from './otlp-number';
import { at, foundPath, isIntegerIn, layoutMembers, lift } from './otlp-pick';
import { memberCount } from './otlp-tape';
import { T_AT, T_END, T_TYPE } from './otlp-token';
import { isId } from './otlp-writer';

export let flags: u32 = 0;
/** Addresses of 32 and 16 hexadecimal digits; 0 for none. */
export let traceId: usize = 0;
export let spanId: usize = 0;

@inline
function isPlainString(token: usize, length: usize): bool {
  return load<u8>(token, T_TYPE) == STRING && load<u32>(token, T_END) - load<u32>(token, T_AT) == <u32>length + 2;
}

function firstId(list: usize, digits: usize): usize {
  const count = word(list + 1);
  for (let i: u32 = 0; i < count; i++) {
    const token = slotOf(at(list, i));
    if (token != 0 && isPlainString(token, digits) && isId(load<u32>(token, T_AT) + 1, digits)) return token;
  }
  return 0;
}

export function chooseIds(): void {
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
export function chooseFlags(): void {
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
