// The rows that check gives out, in two tables, and the undeclared members that need none.

const EXCEPTION_ROW: usize = 24;
const UNKNOWN_ROW: usize = 32;

/** Where the next rows go, and where they must end. */
let exception: usize = 0;
let exceptionsEnd: usize = 0;
let unknown: usize = 0;
let unknownEnd: usize = 0;
/** The event at hand, what turns its addresses into positions, and where its rows began. */
let event: u32 = 0;
let shift: u32 = 0;
let firstException: usize = 0;
let firstUnknown: usize = 0;
/** Hashes (u64) of undeclared members that need no row, as a table of `knownMask` + 1 slots; 0: a free one. */
let known: usize = 0;
let knownMask: usize = 0;

/** The event at hand has more rows than fit. */
export let overflow: bool = false;

export function openRows(exceptions: usize, exceptionsStop: usize, unknowns: usize, unknownsStop: usize): void {
  exception = exceptions;
  exceptionsEnd = exceptionsStop;
  unknown = unknowns;
  unknownEnd = unknownsStop;
}

export function setKnown(table: usize, slots: usize): void {
  known = table;
  knownMask = slots - 1;
}

@inline
export function startRows(index: u32, shiftBy: u32): void {
  event = index;
  shift = shiftBy;
  firstException = exception;
  firstUnknown = unknown;
  overflow = false;
}

/** Grows with each row. */
@inline
export function rowsSoFar(): usize {
  return exception + unknown;
}

/** Takes the rows of the event at hand back. */
export function dropRows(): void {
  exception = firstException;
  unknown = firstUnknown;
}

/** Writes how many rows there are in each table (2 u32). */
export function closeRows(exceptions: usize, unknowns: usize, counts: usize): void {
  store<u32>(counts, <u32>((exception - exceptions) / EXCEPTION_ROW));
  store<u32>(counts, <u32>((unknown - unknowns) / UNKNOWN_ROW), 4);
}

/** A declared member: its key's and value's addresses, and its type. */
export function addException(path: u32, key: usize, at: usize, end: usize, type: u32): void {
  if (exception + EXCEPTION_ROW > exceptionsEnd) {
    overflow = true;
    return;
  }
  store<u32>(exception, event);
  store<u32>(exception, path, 4);
  store<u32>(exception, <u32>key + shift, 8);
  store<u32>(exception, <u32>at + shift, 12);
  store<u32>(exception, <u32>end + shift, 16);
  store<u32>(exception, type, 20);
  exception += EXCEPTION_ROW;
}

/** An undeclared member, unless it is known and has no flag. */
export function addUnknown(key: usize, at: usize, end: usize, type: u32, hash: u64, flags: u32): void {
  if (flags == 0 && isKnown(hash)) return;
  if (unknown + UNKNOWN_ROW > unknownEnd) {
    overflow = true;
    return;
  }
  store<u32>(unknown, event);
  store<u32>(unknown, <u32>key + shift, 4);
  store<u32>(unknown, <u32>at + shift, 8);
  store<u32>(unknown, <u32>end + shift, 12);
  store<u32>(unknown, type, 16);
  store<u64>(unknown, hash, 20);
  store<u32>(unknown, flags, 28);
  unknown += UNKNOWN_ROW;
}

/** Whether the path with this hash needs no row. */
@inline
export function isKnown(hash: u64): bool {
  let slot = <usize>hash & knownMask;
  while (true) {
    const there = load<u64>(known + (slot << 3));
    if (there == 0) return false;
    if (there == hash) return true;
    slot = (slot + 1) & knownMask;
  }
}
