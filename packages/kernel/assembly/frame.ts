// Lines of a log file → events as JSON text with their positions and times.
import { giveOut, readAny, readUsual, takeLine } from './docker';
import { giveOutCri, putLine, takeCriLine } from './cri';
import { findNewline } from './find';
import { CLOSE_OBJECT, COMMA, OPEN_OBJECT } from './json';
import { copyMembers, firstKey, lastEnd, taken, plainAt, plainEnd, plainText, rivals, timestampAt, walk } from './members';
import { IN_AT } from './memory';
import {
  MISFIT,
  NO_STREAM,
  OWN_TIME,
  P_BASE,
  P_FINAL,
  P_FORMAT,
  P_INPUT_END,
  P_LINE_LIMIT,
  P_MEMBERS,
  P_OVERLONG,
  P_OVERLONG_END,
  P_READ_NANOS,
  P_READ_SECONDS,
  P_READ_TIME,
  P_SHORT,
  R_EMPTY,
  R_LINES,
  R_MISFITS,
  R_MORE,
  S_LINES,
  S_OFFSET,
  YIELDED,
  closeEvent,
  closeOutput,
  count,
  hasRoom,
  moveOut,
  openBare,
  openEvent,
  openOutput,
  out,
  put,
  putByte,
  slotOf,
} from './record';
import { readTime, timeNanos, timeSeconds } from './time';

const DOCKER: u32 = 0;
const CRI: u32 = 1;
const NDJSON: u32 = 2;
const TEXT: u32 = 3;

/** Frames the lines in the input region by the parameters at CONST_AT. */
export function frame(): void {
  const format = load<u32>(P_FORMAT);
  const end = <usize>load<u32>(P_INPUT_END);
  const base = load<f64>(P_BASE);
  let lines: u32 = 0;
  let p = IN_AT;
  openOutput();
  while (p < end) {
    if (!hasRoom()) {
      store<u32>(R_MORE, 1);
      break;
    }
    const offset = base + <f64>(p - IN_AT);
    if (format == DOCKER) {
      const newline = readUsual(p);
      if (newline != 0) {
        p = newline + 1;
        takeLine(offset, base + <f64>(p - IN_AT));
        lines++;
        continue;
      }
    }
    const newline = findNewline(p, end);
    if (newline == end && load<u32>(P_FINAL) == 0) break;
    const next = min(newline + 1, end);
    if (newline == p || (newline == p + 1 && load<u8>(p) == 13)) {
      count(R_EMPTY, 1);
    } else {
      lines++;
      const overlong = load<u32>(P_OVERLONG) != 0;
      takeAny(format, p, newline, overlong, offset, overlong ? load<f64>(P_OVERLONG_END) : base + <f64>(next - IN_AT));
    }
    p = next;
  }
  if (p == end && load<u32>(P_FINAL) != 0) giveOutAll(format);
  count(R_LINES, lines);
  closeOutput(p - IN_AT);
}

function takeAny(format: u32, p: usize, end: usize, overlong: bool, offset: f64, endOffset: f64): void {
  const limit = p + <usize>load<u32>(P_LINE_LIMIT);
  if (end > limit || overlong) {
    // Only the head is looked at: a cut JSON text is none, but a cut CRI line still has its time and stream.
    if (format == CRI && takeCriLine(p, min(end, limit), offset, endOffset)) return;
    return takeText(p, min(end, limit), format == TEXT ? 0 : MISFIT, offset, endOffset);
  }
  if (format == CRI) {
    if (takeCriLine(p, end, offset, endOffset)) return;
  } else if (format != TEXT) {
    // JSON takes a newline for white space: a 0 in its place keeps a scan inside its line. The call leaves its input as it was.
    const behind = load<u8>(end);
    store<u8>(end, 0);
    let fits = false;
    if (format == DOCKER) {
      fits = readAny(p, end);
      if (fits) takeLine(offset, endOffset);
    } else {
      fits = takeObject(p, end, offset, endOffset);
    }
    store<u8>(end, behind);
    if (fits) return;
  }
  takeText(p, end, format == TEXT ? 0 : MISFIT, offset, endOffset);
}

function takeText(p: usize, end: usize, flags: u32, offset: f64, endOffset: f64): void {
  openEvent(<usize>load<u32>(P_READ_TIME), 30, NO_STREAM, 0);
  flags |= putLine(p, end);
  if (flags & MISFIT) count(R_MISFITS, 1);
  closeEvent(flags, offset, endOffset, load<f64>(P_READ_SECONDS), load<u32>(P_READ_NANOS));
}

// The framer's own members come first, and those of the line that have the same keys are left out; the one that yields is left out itself.
function takeObject(p: usize, end: usize, offset: f64, endOffset: f64): bool {
  if (!walk(p, end)) return false;
  let flags: u32 = rivals != 0 ? YIELDED : 0;
  let seconds = load<f64>(P_READ_SECONDS);
  let nanos = load<u32>(P_READ_NANOS);
  if (timestampAt != 0 && plainText(timestampAt) && readTime(plainAt, plainEnd)) {
    flags |= OWN_TIME;
    seconds = <f64>timeSeconds;
    nanos = timeNanos;
  }
  openBare();
  putByte(OPEN_OBJECT);
  if (timestampAt == 0) {
    store<u64>(out, 0x7473656d69744022); // "@timest
    store<u64>(out, 0x223a22706d61, 8); // amp":"
    moveOut(out + 14);
    put(<usize>load<u32>(P_READ_TIME), 30);
    store<u16>(out, 0x2c22); // ",
    moveOut(out + 2);
  }
  put(<usize>load<u32>(P_MEMBERS), <usize>load<u32>(rivals != 0 ? P_SHORT : P_MEMBERS + 4));
  if (taken == 0 && firstKey != 0) {
    put(firstKey, lastEnd - firstKey);
  } else {
    if (load<u8>(out - 1) == COMMA) moveOut(out - 1);
    if (taken != 0) moveOut(copyMembers(p, false, out));
  }
  putByte(CLOSE_OBJECT);
  closeEvent(flags, offset, endOffset, seconds, nanos);
  return true;
}

// In the order of their first lines; docker's and CRI's slots are laid out alike.
function giveOutAll(format: u32): void {
  while (true) {
    let first: usize = NO_STREAM + 1;
    for (let stream: usize = 0; stream <= NO_STREAM; stream++) {
      if (load<u32>(slotOf(stream), S_LINES) == 0) continue;
      if (first > NO_STREAM || load<f64>(slotOf(stream), S_OFFSET) < load<f64>(slotOf(first), S_OFFSET)) first = stream;
    }
    if (first > NO_STREAM) return;
    if (format == CRI) giveOutCri(first, false);
    else giveOut(first, false);
  }
}
