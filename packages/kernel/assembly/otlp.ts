// Events → OTLP log records (opentelemetry/proto/logs/v1/logs.proto), each with the packed envelope it belongs under.
import { copy } from './bytes';
import { OUT_AT, OUT_END } from './memory';
import { BIT_EVENT_BODY, BIT_FLATTEN, TAPE, useConfig, W_BITS, word } from './otlp-config';
import { E_PACKED, E_PACKED_BYTES, envelopeEntry, putResource, putScope, useTable } from './otlp-envelope';
import { flags, spanId, traceId } from './otlp-ids';
import { body, chooseMembers, droppedCount, eventName, observed, resetSeverity, severityNumber, severityText, time } from './otlp-lift';
import { dropFixes, fixCount, moveFixes, openFixes, startFixes } from './otlp-number';
import { putString } from './otlp-scalar';
import { READ, readEvent } from './otlp-tape';
import { T_AT, T_END, T_LAST } from './otlp-token';
import { putMembers, putValue } from './otlp-value';
import { closeField, fits, full, out, putByte, putFixed32, putFixed64, putHex, putVarint, startWriter } from './otlp-writer';
import { resetPredictions } from './predict';

// Same numbers as STOP in src/encode-otlp.ts: why the call ended before the last event.
const DONE: u32 = 0;
const ROOM: u32 = 1;
const ENVELOPE: u32 = 2;
const TABLE: u32 = 3;
const REFUSED: u32 = 4;

const OWN_TIME: u8 = 1;
const LENGTH_BYTES: usize = 4;

function putStringField(token: usize, tag: u8): bool {
  if (!fits(load<u32>(token, T_END) - load<u32>(token, T_AT))) return false;
  const behind = out;
  putString(token);
  closeField(behind, tag);
  return true;
}

function putIdField(digits: usize, n: usize, tag: u8): void {
  const behind = out;
  putHex(digits, n);
  closeField(behind, tag);
}

/** Writes the LogRecord of the event at hand. False when there is no room. */
function putRecord(): bool {
  if (eventName != 0 && !putStringField(eventName, 0x62)) return false;
  if (observed != 0) {
    putFixed64(observed);
    putByte(0x59);
  }
  if (spanId != 0) putIdField(spanId, 16, 0x52);
  if (traceId != 0) putIdField(traceId, 32, 0x4a);
  if (flags != 0) {
    putFixed32(flags);
    putByte(0x45);
  }
  if (droppedCount != 0) {
    putVarint(droppedCount);
    putByte(0x38);
  }
  const bits = word(W_BITS);
  const behind = out;
  if (bits & BIT_EVENT_BODY) {
    if (!putMembers(load<u32>(TAPE, T_LAST), 0x0a, true, true, false)) return false;
    closeField(behind, 0x32);
    closeField(behind, 0x2a);
  } else {
    if (!putMembers(load<u32>(TAPE, T_LAST), 0x32, true, false, (bits & BIT_FLATTEN) != 0)) return false;
    if (body != 0) {
      const end = out;
      if (!putValue(body)) return false;
      closeField(end, 0x2a);
    }
  }
  if (severityText != 0 && !putStringField(severityText, 0x1a)) return false;
  if (severityNumber != 0) {
    putVarint(<u64>severityNumber);
    putByte(0x10);
  }
  if (time != 0) {
    putFixed64(time);
    putByte(0x09);
  }
  return !full;
}

/** Where the envelope that is asked for stands: resource from and to, scope from and to, its entry. */
function askForEnvelope(state: usize, entry: usize): bool {
  startWriter(OUT_END, OUT_AT);
  const end = out;
  if (!putResource()) return false;
  const middle = out;
  if (!putScope()) return false;
  if (full) return false;
  store<u32>(state, <u32>middle, 4);
  store<u32>(state, <u32>end, 8);
  store<u32>(state, <u32>out, 12);
  store<u32>(state, <u32>middle, 16);
  store<u32>(state, <u32>entry, 20);
  return true;
}

/**
 * Writes events [from, count) to the output region, each as u32 length of the envelope, the envelope, the record; as many as fit into `room` bytes.
 * `rows`: count start addresses, then count end addresses; `columns`: f64 seconds, u32 nanoseconds, u8 flags of `rowsCount` events, one
 * column behind the other; `marks[i]` becomes base + the end of entry i. `fixes` up to `fixesEnd`: doubles for the host to fill in
 * (u32 where, start and end of the text). `state` gets why it ended (u32), the envelope that is asked for (5 u32), the number of
 * fixes. With an envelope asked for, nothing else is written. Answers the
 * event it ended at.
 */
export function encodeOtlp(from: i32, count: i32, rowsCount: u32, rows: usize, columns: usize, marks: usize, base: u32, room: u32, now: u64, mapping: usize, envelopes: usize, fixes: usize, fixesEnd: usize, state: usize): i32 {
  useConfig(mapping);
  useTable(envelopes);
  resetPredictions();
  resetSeverity();
  openFixes(fixes, fixesEnd);
  const ends = rows + (<usize>rowsCount << 2);
  const nanos = columns + (<usize>rowsCount << 3);
  const flagsAt = nanos + (<usize>rowsCount << 2);
  const limit = OUT_AT + min(<usize>room, (OUT_END - OUT_AT) >> 1);
  let to = OUT_AT;
  let i = from;
  let stop = DONE;
  for (; i < count; i++) {
    const at = <usize>i << 2;
    const end = <usize>load<u32>(ends + at);
    const kept = load<u8>(end);
    store<u8>(end, 0);
    startFixes();
    stop = encodeEvent(load<u32>(rows + at), load<f64>(columns + (<usize>i << 3)), load<u32>(nanos + at), load<u8>(flagsAt + i), now, to, limit, i == from, state);
    store<u8>(end, kept);
    if (stop != DONE) break;
    to = entryEnd;
    store<u32>(marks + at, base + <u32>(to - OUT_AT));
  }
  if (stop != DONE && stop != ENVELOPE) dropFixes();
  store<u32>(state, stop);
  store<u32>(state, fixCount(), 24);
  return i;
}

let entryEnd: usize = 0;

function encodeEvent(p: usize, seconds: f64, nanos: u32, rowFlags: u8, now: u64, to: usize, limit: usize, first: bool, state: usize): u32 {
  const read = readEvent(p);
  if (read != READ) return REFUSED;
  chooseMembers(seconds, nanos, (rowFlags & OWN_TIME) != 0, now);
  const entry = envelopeEntry();
  if (entry == 0) return TABLE;
  const packed = <usize>load<u32>(entry, E_PACKED);
  const packedBytes = <usize>load<u32>(entry, E_PACKED_BYTES);
  if (packed == 0) {
    // Only the first event of a call may write over the output region.
    if (!first) return ENVELOPE;
    return askForEnvelope(state, entry) ? ENVELOPE : REFUSED;
  }
  const head = LENGTH_BYTES + packedBytes;
  if (to + head > limit) return ROOM;
  startWriter(OUT_END, to + head);
  const recordEnd = out;
  if (!putRecord()) return first ? REFUSED : ROOM;
  const n = recordEnd - out;
  if (n > limit - to - head) return ROOM;
  store<u32>(to, <u32>packedBytes);
  copy(to + LENGTH_BYTES, packed, packedBytes);
  memory.copy(to + head, out, n);
  moveFixes(out - to - head);
  entryEnd = to + head + n;
  return DONE;
}
