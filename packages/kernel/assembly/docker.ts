// docker's json-file lines: {"log":"…\n","stream":"stdout","time":"…Z"}. A log that does not end in a newline is partial.
import { contentRoom, keepsContents, setContent, takeContentRoom } from './contents';
import {
  copyMembers,
  logAt,
  logEnd,
  others,
  plainAt,
  plainEnd,
  plainText,
  rivals,
  streamAt,
  timeAt,
  walk,
} from './members';
import { QUOTE } from './json';
import {
  MAX_OTHERS,
  NO_STREAM,
  OVERSIZE,
  OWN_TIME,
  P_CAP,
  P_LINE_LIMIT,
  P_READ_NANOS,
  P_READ_SECONDS,
  P_READ_TIME,
  S_CONTENT,
  S_LINES,
  S_OTHERS,
  S_OVERFLOW,
  TRUNCATED,
  YIELDED,
  closeEvent,
  closeSlotEvent,
  growSlot,
  moveOut,
  openEvent,
  openSlot,
  openSlotEvent,
  out,
  put,
  putByte,
  slotContent,
  slotOf,
  slotOthers,
} from './record';
import { cutAt, nonAscii, scanString, trailingEscape } from './string';
import { parseTime, timeNanos, timeSeconds } from './time';
import { sawHighBytes, textEnd, unescape } from './unescape';
import { validUtf8 } from './utf8';

const NEWLINE: u8 = 110; // the letter of \n
const RETURN: u8 = 114; // the letter of \r

// The line at hand, as both readers below leave it.
let stream: usize = 0;
let content: usize = 0;
let contentEnd: usize = 0;
let time: usize = 0;
let timeLength: usize = 0;
let own: u32 = 0;
let seconds: f64 = 0;
let nanos: u32 = 0;
/** Address of the line when it has members of its own to carry over, else 0. */
let extras: usize = 0;
/** Where the content stands un-escaped, 0 when it does not. */
let unescaped: usize = 0;
let unescapedEnd: usize = 0;
let hasHighBytes: bool = false;

/** Finds the closing quote of the content at `p` and, if that is wanted, un-escapes it; answers 0 when the string is malformed. */
@inline
function contentQuote(p: usize): usize {
  unescaped = 0;
  if (keepsContents) {
    const end = unescape(p, contentRoom);
    if (end != 0) {
      unescaped = contentRoom;
      unescapedEnd = textEnd;
      hasHighBytes = sawHighBytes;
      return end - 1;
    }
  }
  // What has no un-escaped form in UTF-8 may still be a string.
  const quote = scanString(p);
  hasHighBytes = nonAscii;
  return quote;
}

/** Reads a complete line in the driver's own key order at `p`; answers the position of its newline, or 0: then readAny decides. */
export function readUsual(p: usize): usize {
  if (load<u64>(p) != 0x223a22676f6c227b) return 0; // {"log":"
  const quote = contentQuote(p + 8);
  if (quote == 0 || load<u64>(quote) != 0x6165727473222c22) return 0; // ","strea
  if (load<u64>(quote, 8) == 0x6f647473223a226d) { // m":"stdo
    if (load<u64>(quote, 16) != 0x6d6974222c227475) return 0; // ut","tim
    stream = 0;
  } else {
    if (load<u64>(quote, 8) != 0x65647473223a226d) return 0; // m":"stde
    if (load<u64>(quote, 16) != 0x6d6974222c227272) return 0; // rr","tim
    stream = 1;
  }
  if (load<u32>(quote, 24) != 0x223a2265) return 0; // e":"
  time = quote + 28;
  const end = parseTime(time);
  if (end == 0 || load<u16>(end) != 0x7d22) return 0; // "}
  const newline = end + (load<u8>(end, 2) == 13 ? 3 : 2);
  if (load<u8>(newline) != 10 || newline - p > <usize>load<u32>(P_LINE_LIMIT)) return 0;
  if (hasHighBytes && !validUtf8(p + 8, quote)) return 0;
  content = p + 8;
  contentEnd = quote;
  timeLength = end - time;
  own = OWN_TIME;
  seconds = <f64>timeSeconds;
  nanos = timeNanos;
  extras = 0;
  return newline;
}

/** Reads the line [p, end), behind which a 0 stands, in any key order and with any members; false when it is no docker line. */
export function readAny(p: usize, end: usize): bool {
  unescaped = 0;
  if (!walk(p, end)) return false;
  if (logAt == 0 || load<u8>(logAt) != QUOTE) return false;
  if (!readStream()) return false;
  content = logAt + 1;
  contentEnd = logEnd - 1;
  extras = others != 0 ? p : 0;
  if (trailingEscape(content, contentEnd, NEWLINE, 10) == 0 && end - p - (contentEnd - content) > MAX_OTHERS) return false;
  readTime();
  if (rivals != 0) own |= YIELDED;
  return true;
}

function readStream(): bool {
  stream = NO_STREAM;
  if (streamAt == 0) return true;
  if (!plainText(streamAt) || plainEnd - plainAt != 6) return false;
  const last = load<u16>(plainAt, 4);
  if (load<u32>(plainAt) == 0x6f647473 && last == 0x7475) stream = 0; // stdo ut
  else if (load<u32>(plainAt) == 0x65647473 && last == 0x7272) stream = 1; // stde rr
  return stream != NO_STREAM;
}

// A line without a usable time keeps its content: it gets the time at which it was read.
function readTime(): void {
  if (plainText(timeAt)) {
    if (parseTime(plainAt) == plainEnd) {
      time = plainAt;
      timeLength = plainEnd - plainAt;
      own = OWN_TIME;
      seconds = <f64>timeSeconds;
      nanos = timeNanos;
      return;
    }
  }
  time = <usize>load<u32>(P_READ_TIME);
  timeLength = 30;
  own = 0;
  seconds = load<f64>(P_READ_SECONDS);
  nanos = load<u32>(P_READ_NANOS);
}

/** Turns the line that was read into an event, or keeps it in its stream's slot. */
export function takeLine(offset: f64, endOffset: f64): void {
  const newline = trailingEscape(content, contentEnd, NEWLINE, 10);
  const waiting = load<u32>(slotOf(stream), S_LINES) != 0;
  if (newline != 0 && !waiting) {
    contentEnd -= newline;
    const carriage = trailingEscape(content, contentEnd, RETURN, 13);
    contentEnd -= carriage;
    openEvent(time, timeLength, stream, own);
    const flags = own | putContent(content, contentEnd, false);
    if (unescaped != 0 && (flags & TRUNCATED) == 0) {
      setContent(unescaped, unescapedEnd - (carriage != 0 ? 2 : 1));
      takeContentRoom(unescapedEnd);
    }
    putByte(QUOTE);
    if (extras != 0) moveOut(copyMembers(extras, true, out));
    putByte(125);
    closeEvent(flags, offset, endOffset, seconds, nanos);
    return;
  }
  if (!waiting) {
    openSlot(stream, time, timeLength, own, seconds, nanos, offset);
    if (extras != 0) {
      const at = slotOthers(stream);
      store<u32>(slotOf(stream), <u32>(copyMembers(extras, true, at) - at), S_OTHERS);
    }
  }
  growSlot(stream, content, contentEnd - content - newline, endOffset);
  if (newline != 0) giveOut(stream, true);
}

/** Makes an event of what waits for `stream`; `complete`: its newline came. */
export function giveOut(which: usize, complete: bool): void {
  const slot = slotOf(which);
  const at = slotContent(which);
  let end = at + load<u32>(slot, S_CONTENT);
  const overflow = load<u32>(slot, S_OVERFLOW) != 0;
  if (complete) end -= trailingEscape(at, end, RETURN, 13);
  openSlotEvent(which);
  const flags = putContent(at, end, overflow);
  putByte(QUOTE);
  put(slotOthers(which), load<u32>(slot, S_OTHERS));
  putByte(125);
  closeSlotEvent(which, flags);
}

function putContent(at: usize, end: usize, overflow: bool): u32 {
  const cap = <usize>load<u32>(P_CAP);
  const length = end - at;
  if (length <= cap && !overflow) {
    put(at, length);
    return 0;
  }
  put(at, cutAt(at, end, cap));
  return TRUNCATED | OVERSIZE;
}
