// What stands un-escaped in the input region of the `log` that the framer wrote into an event, so that unpack need not take the escapes out
// again: the line itself, or what the framer un-escaped while it looked for the end of docker's string.
import { CONTENT_BYTES } from './memory';

// Per event two u32: where the content begins (0: it is not kept) and ends; behind the rows of a call, what was un-escaped.
let column: usize = 0;
const TEXTS: usize = 0x30_0000;

/** Whether contents are kept, and where the next un-escaped one may stand: there is room for all that a call un-escapes. */
export let keepsContents: bool = false;
export let contentRoom: usize = 0;

// The content of the event at hand.
let from: usize = 0;
let to: usize = 0;

/** `at`: where contents go, 0 when they are not kept. */
export function openContents(at: usize): void {
  keepsContents = at != 0;
  column = at;
  contentRoom = at + TEXTS;
  from = 0;
}

/** The event at hand has the content [p, end), valid UTF-8. */
@inline
export function setContent(p: usize, end: usize): void {
  from = p;
  to = end;
}

/** Moves the room behind a text that ends at `end`: a byte stays free for a sentinel. */
@inline
export function takeContentRoom(end: usize): void {
  contentRoom = (end + 16) & ~15;
}

/** Ends the event of row `row`. */
@inline
export function endContent(row: usize): void {
  if (!keepsContents) return;
  store<u32>(column + row * CONTENT_BYTES, <u32>from);
  store<u32>(column + row * CONTENT_BYTES, <u32>to, 4);
  from = 0;
}
