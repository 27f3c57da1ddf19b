// CRI lines: 2024-01-01T00:00:00.123456789Z stdout F message. The first tag says F (full) or P (partial).
import { setContent } from './contents';
import { QUOTE } from './json';
import { escapeCut, escapeInto, escapeRepaired } from './escape';
import {
  OVERSIZE,
  OWN_TIME,
  P_CAP,
  REPAIRED,
  S_CONTENT,
  S_LINES,
  TRUNCATED,
  closeEvent,
  closeSlotEvent,
  growSlot,
  moveOut,
  openEvent,
  openSlot,
  openSlotEvent,
  out,
  putByte,
  slotContent,
  slotOf,
} from './record';
import { parseTime, timeNanos, timeSeconds } from './time';

const FULL: u8 = 70;
const PARTIAL: u8 = 80;
const SPACE: u8 = 32;
const RETURN: u8 = 13;
/** Tags longer than this are no tags. */
const MAX_TAGS: usize = 1024;

/** Makes an event of the line [p, end), or keeps it in its stream's slot; false when it is no CRI line. */
export function takeCriLine(p: usize, end: usize, offset: f64, endOffset: f64): bool {
  const timeEnd = parseTime(p);
  if (timeEnd == 0 || end - timeEnd < 9) return false;
  const name = load<u64>(timeEnd);
  let stream: usize = 0;
  if (name == 0x2072726564747320) stream = 1; // " stderr "
  else if (name != 0x2074756f64747320) return false; // " stdout "
  const tag = load<u8>(timeEnd, 8);
  if (tag != FULL && tag != PARTIAL) return false;
  const content = contentAt(timeEnd + 9, end);
  if (content == 0) return false;
  const waiting = load<u32>(slotOf(stream), S_LINES) != 0;
  if (tag == FULL && !waiting) {
    openEvent(p, timeEnd - p, stream, 0);
    const flags = putLine(content, end);
    closeEvent(flags | OWN_TIME, offset, endOffset, <f64>timeSeconds, timeNanos);
    return true;
  }
  if (!waiting) openSlot(stream, p, timeEnd - p, OWN_TIME, <f64>timeSeconds, timeNanos, offset);
  growSlot(stream, content, end - content, endOffset);
  if (tag == FULL) giveOutCri(stream, true);
  return true;
}

// `p` behind the first tag's letter. Answers where the message starts, 0 when the tags are not followed by one.
@inline
function contentAt(p: usize, end: usize): usize {
  if (p == end) return p; // the space before an empty message may be gone
  const c = load<u8>(p);
  if (c == SPACE) return p + 1;
  if (c != 58) return 0; // :
  const first = p;
  while (p < end && load<u8>(p) != SPACE) p++;
  if (p - first > MAX_TAGS) return 0;
  return p == end ? p : p + 1;
}

/** Makes an event of what waits for `stream`; `complete`: its full line came. The parts are raw, so a character cut in two is whole again. */
export function giveOutCri(stream: usize, complete: bool): void {
  const at = slotContent(stream);
  const end = at + <usize>load<u32>(slotOf(stream), S_CONTENT);
  openSlotEvent(stream);
  closeSlotEvent(stream, putEscaped(at, complete ? withoutReturn(at, end) : end));
}

/** The end of the text [p, end) without one carriage return. */
@inline
function withoutReturn(p: usize, end: usize): usize {
  return end > p && load<u8>(end - 1) == RETURN ? end - 1 : end;
}

/** Writes the line [p, end) of the input as putEscaped does, without its carriage return. */
export function putLine(p: usize, end: usize): u32 {
  end = withoutReturn(p, end);
  const flags = putEscaped(p, end);
  if (flags == 0) setContent(p, end);
  return flags;
}

/** Writes [p, end) escaped, the closing quote and the closing brace; answers the flags. */
function putEscaped(p: usize, end: usize): u32 {
  moveOut(escapeInto(p, end, out, out + <usize>load<u32>(P_CAP)));
  putByte(QUOTE);
  putByte(125);
  let flags: u32 = 0;
  if (escapeCut) flags |= TRUNCATED | OVERSIZE;
  if (escapeRepaired) flags |= REPAIRED;
  return flags;
}
