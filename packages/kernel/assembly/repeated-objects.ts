// Objects that stand in one event after the other, byte for byte: what a container's agent says of itself (its pod, its labels). What was
// found in them once holds for them all.
import { sameBytes } from './keys';
import { PAD } from './memory';
import { BESIDE } from './predict';

// Beside a predicted key: the object that was its value last, if its bytes told all (its address and length, u32), what else must be as it
// was (u64), and whether its objects are kept, once somebody asked (u32).
const OBJECT: usize = BESIDE;
const OBJECT_LENGTH: usize = BESIDE + 4;
const OBJECT_PLACE: usize = BESIDE + 8;
const KEEPS: usize = BESIDE + 16;

export const MAY_KEEP: u32 = 1;
export const NEVER_KEEP: u32 = 2;

/**
 * Bytes of the object at `p`, the value of an entry's key, when the same stood there before at the same `place`; else 0.
 */
@inline
export function repeatedObject(entry: usize, p: usize, place: u64): usize {
  const object = <usize>load<u32>(entry, OBJECT);
  if (object == 0 || load<u64>(entry, OBJECT_PLACE) != place) return 0;
  const length = <usize>load<u32>(entry, OBJECT_LENGTH);
  return sameText(p, object, length) ? length : 0;
}

/** Keeps the object [p, end) for repeatedObject; its text must stay where it is as long as the call takes. */
@inline
export function keepObject(entry: usize, p: usize, end: usize, place: u64): void {
  // The comparison may read as far behind the event that it looks at.
  if (end - p > PAD) return;
  store<u32>(entry, <u32>p, OBJECT);
  store<u32>(entry, <u32>(end - p), OBJECT_LENGTH);
  store<u64>(entry, place, OBJECT_PLACE);
}

/** Whether the objects that an entry's key has are to be kept: MAY_KEEP or NEVER_KEEP, 0 while nobody has said. */
@inline
export function keepsObjects(entry: usize): u32 {
  return load<u32>(entry, KEEPS);
}

@inline
export function sayKeeps(entry: usize, keeps: u32): void {
  store<u32>(entry, keeps, KEEPS);
}

function sameText(p: usize, q: usize, n: usize): bool {
  for (; n >= 16; n -= 16) {
    if (v128.any_true(v128.xor(v128.load(p), v128.load(q)))) return false;
    p += 16;
    q += 16;
  }
  return sameBytes(p, q, n);
}
