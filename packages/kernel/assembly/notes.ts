// Notes of where the members of an unpacked object stand. Unpack takes them while it validates, and the operation behind it reads them
// instead of the text: values that nobody asks about are not scanned again.

import { NOTED_BYTES } from './memory';

/**
 * A note: where the member's key begins (its opening quote), where its value begins and where that ends, then the number that unpack gave
 * the key (0: none) and how many notes follow of members inside the value (u32 each). Members of objects in arrays have none.
 */
export const NOTE: usize = 16;
const INSIDE_BITS: u32 = 22;
const INSIDE: u32 = (1 << INSIDE_BITS) - 1;

/** What an event has in the column at the front: its first note (0: none were kept), the end of its notes, and what turns their addresses into those of the text (u32 each). */
const EVENT: usize = NOTED_BYTES;

let column: usize = 0;
let next: usize = 0;
let notesEnd: usize = 0;
let first: usize = 0;
/** The event at hand has more notes than there is room for. */
let dropped: bool = false;

/** Lets notes be kept from `at` on, those of `count` events; `at` 0: none are. */
export function openNotes(at: usize, end: usize, count: usize): void {
  column = at;
  notesEnd = end;
  next = at + count * EVENT;
  first = next;
}

/** Starts a text whose members are noted; answers whether they are. */
@inline
export function startNotes(): bool {
  next = first;
  dropped = false;
  return column != 0;
}

/** A note of the key at `key`, to be completed by noteValue and noteEnd; 0 when there is no room. */
@inline
export function noteKey(key: usize, number: u32): usize {
  const note = next;
  if (note + NOTE > notesEnd) {
    dropped = true;
    return 0;
  }
  next = note + NOTE;
  store<u32>(note, <u32>key);
  store<u32>(note, number << INSIDE_BITS, 12);
  return note;
}

@inline
export function noteValue(note: usize, value: usize): void {
  store<u32>(note, <u32>value, 4);
}

/** Ends a scalar or an empty container. */
@inline
export function noteEnd(note: usize, end: usize): void {
  store<u32>(note, <u32>end, 8);
}

/** Ends a container: what was noted since is inside it. */
@inline
export function noteContainerEnd(note: usize, end: usize): void {
  store<u32>(note, <u32>end, 8);
  store<u32>(note, load<u32>(note, 12) | <u32>((next - note) / NOTE - 1), 12);
}

/** Keeps the notes of event `i`, whose text went to where they say plus `shift`. */
export function keepNotes(i: usize, shift: usize): void {
  if (column == 0) return;
  const at = column + i * EVENT;
  const has = !dropped && next != first;
  store<u32>(at, has ? <u32>first : 0);
  store<u32>(at, <u32>next, 4);
  store<u32>(at, <u32>shift, 8);
  if (has) first = next;
}

/** Event `i` has no notes. */
export function keepNoNotes(i: usize): void {
  if (column != 0) store<u32>(column + i * EVENT, 0);
}

/** First note of event `i`, or 0. */
@inline
export function firstNote(notes: usize, i: usize): usize {
  return load<u32>(notes + i * EVENT);
}

@inline
export function lastNote(notes: usize, i: usize): usize {
  return load<u32>(notes + i * EVENT, 4);
}

@inline
export function notesShift(notes: usize, i: usize): usize {
  return load<u32>(notes + i * EVENT, 8);
}

@inline
export function notedKey(note: usize): usize {
  return load<u32>(note);
}

@inline
export function notedValue(note: usize): usize {
  return load<u32>(note, 4);
}

@inline
export function notedEnd(note: usize): usize {
  return load<u32>(note, 8);
}

@inline
export function keyNumber(note: usize): u32 {
  return load<u32>(note, 12) >>> INSIDE_BITS;
}

/** The note behind the last one that is inside a value. */
@inline
export function noteBehind(note: usize): usize {
  return note + NOTE + <usize>(load<u32>(note, 12) & INSIDE) * NOTE;
}
