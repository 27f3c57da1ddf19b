// Which key comes next. Events of one program have few shapes, so the key behind a key is nearly always one that stood there
// before: one comparison of bytes then tells its end, its hash and its node, and nothing is scanned, hashed or looked up.
import { QUOTE } from './json';
import { SCRATCH_END } from './memory';

// An entry for each key that was seen: its first 32 bytes with the closing quote, a mask of those that count, then what is known of it.
const MASK: usize = 32;
const NODE: usize = 64; // u32: where in the trie it was looked up
const CHILD: usize = 68; // u32: what was found there
const HASH: usize = 72; // u64
const LENGTH: usize = 80; // u32
const FLAGS: usize = 84; // u32
const NEXT: usize = 88; // u32: the entry of the key that came behind it last
const OTHER: usize = 92; // u32: of the one that came behind it before that
/** 32 bytes for what stands beside a key: repeated-objects.ts. */
export const BESIDE: usize = 96;
const ENTRY: usize = 128;

export const MOST_ENTRIES: u32 = 1024;
const SLOTS: usize = 4096; // twice the entries at least: a search ends at a free one
const LONGEST: usize = 31;

// Behind what the operations that predict need of the working space.
const TABLE: usize = SCRATCH_END - 0x4_0000;
const ENTRIES: usize = TABLE + 4 * SLOTS;
// The entry (u32) that came last of those that begin alike.
const BEGINNINGS: usize = 256;
const BY_BEGINNING: usize = ENTRIES + <usize>MOST_ENTRIES * ENTRY;

let count: u32 = 0;
let last: usize = ENTRIES;

/** Forgets everything: entries hold addresses of nodes, and those of one call mean nothing in the next. */
export function resetPredictions(): void {
  memory.fill(TABLE, 0, 4 * SLOTS);
  memory.fill(BY_BEGINNING, 0, 4 * BEGINNINGS);
  // The entry before an event's first key: it only tells what comes next.
  memory.fill(ENTRIES, 0, ENTRY);
  count = 1;
  last = ENTRIES;
}

/** Starts an event. */
@inline
export function startShape(): void {
  last = ENTRIES;
}

@inline
function isAt(entry: usize, p: usize, node: usize): bool {
  const a = v128.and(v128.xor(v128.load(p), v128.load(entry)), v128.load(entry, MASK));
  const b = v128.and(v128.xor(v128.load(p, 16), v128.load(entry, 16)), v128.load(entry, MASK + 16));
  return !v128.any_true(v128.or(a, b)) && load<u32>(entry, NODE) == <u32>node;
}

/** The entry of the key whose first byte is at `p`, if it is one that came here before; else 0, and then learn must follow. */
@inline
export function predict(p: usize, node: usize): usize {
  const next = <usize>load<u32>(last, NEXT);
  if (next == 0) return 0;
  if (isAt(next, p, node)) {
    last = next;
    return next;
  }
  let other = <usize>load<u32>(last, OTHER);
  if (other == 0 || !isAt(other, p, node)) {
    // Behind a key that many others come behind, such as the kind of an event.
    other = <usize>load<u32>(beginning(p, node));
    if (other == 0 || !isAt(other, p, node)) return 0;
  }
  store<u32>(last, <u32>other, NEXT);
  store<u32>(last, <u32>next, OTHER);
  last = other;
  return other;
}

/** Where the entry stands of a key with the first bytes of the one at `p`. */
@inline
function beginning(p: usize, node: usize): usize {
  const mixed = (load<u64>(p) ^ (<u64>node << 29)) * 0x9e37_79b9_7f4a_7c15;
  return BY_BEGINNING + <usize>((mixed >> 56) << 2);
}

@inline
export function childIn(entry: usize): usize {
  return load<u32>(entry, CHILD);
}

@inline
export function hashIn(entry: usize): u64 {
  return load<u64>(entry, HASH);
}

@inline
export function lengthIn(entry: usize): usize {
  return load<u32>(entry, LENGTH);
}

@inline
export function flagsIn(entry: usize): u32 {
  return load<u32>(entry, FLAGS);
}

/** The entry of the key that came last, or 0 when it has none. */
@inline
export function entryNow(): usize {
  return last == ENTRIES ? 0 : last;
}

/** The number of the key that came last, 0 when it has none: equal keys of one call have equal ones, below MOST_ENTRIES. */
@inline
export function numberNow(): u32 {
  return <u32>((last - ENTRIES) / ENTRY);
}

@inline
export function setFlags(entry: usize, flags: u32): void {
  store<u32>(entry, flags, FLAGS);
}

/** Notes that the key [p, end), written without escapes, came here. */
export function learn(p: usize, end: usize, node: usize, hash: u64, child: usize, flags: u32): void {
  // In damaged text a key may end without a quote, and then its bytes are those of others.
  const entry: usize = end - p > LONGEST || load<u8>(end) != QUOTE ? 0 : entryOf(p, end, node, hash, child, flags);
  if (entry != 0) {
    store<u32>(beginning(p, node), <u32>entry);
    store<u32>(last, load<u32>(last, NEXT), OTHER);
    store<u32>(last, <u32>entry, NEXT);
  }
  last = entry == 0 ? ENTRIES : entry;
}

/** Goes on behind a key that cannot be predicted. */
@inline
export function learnNothing(): void {
  last = ENTRIES;
}

function entryOf(p: usize, end: usize, node: usize, hash: u64, child: usize, flags: u32): usize {
  let slot = (<usize>hash ^ (node >> 3)) & (SLOTS - 1);
  while (true) {
    const entry = <usize>load<u32>(TABLE + (slot << 2));
    if (entry == 0) break;
    // Should two keys have one hash, the second has no entry: what is known of the first does not hold for it.
    if (load<u64>(entry, HASH) == hash && load<u32>(entry, NODE) == <u32>node) return isAt(entry, p, node) ? entry : 0;
    slot = (slot + 1) & (SLOTS - 1);
  }
  if (count == MOST_ENTRIES) return 0;
  const entry = ENTRIES + <usize>count * ENTRY;
  count++;
  store<u32>(TABLE + (slot << 2), <u32>entry);
  memory.fill(entry, 0, ENTRY);
  memory.copy(entry, p, end - p + 1);
  memory.fill(entry + MASK, 0xff, end - p + 1);
  store<u32>(entry, <u32>node, NODE);
  store<u32>(entry, <u32>child, CHILD);
  store<u64>(entry, hash, HASH);
  store<u32>(entry, <u32>(end - p), LENGTH);
  store<u32>(entry, flags, FLAGS);
  return entry;
}
