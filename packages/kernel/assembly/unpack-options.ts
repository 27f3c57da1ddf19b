// Options of unpack, which src/unpack-options.ts writes into the constants region: u32 words, then texts. A text is three words
// (hash, offset from CONST_AT, length; length NONE: not given) and stands there as inside of a JSON string, a quote behind it.
import { CONST_AT } from './memory';

export const NONE: u32 = 0xffff_ffff;
const TEXT: usize = 12;

// Same numbers as CONFLICT in src/unpack-options.ts.
export const OUTER_WINS: u32 = 0;
export const INNER_WINS: u32 = 1;
export const RENAME: u32 = 2;

@inline
function word(i: usize): u32 {
  return load<u32>(CONST_AT + (i << 2));
}

@inline
export function conflictPolicy(): u32 {
  return word(0);
}
/** Whether the field stays beside its members. */
@inline
export function keepsField(): bool {
  return word(1) != 0;
}
/** Whether the field is removed from events whose text cannot be unpacked. */
@inline
export function removesOnError(): bool {
  return word(2) != 0;
}
@inline
export function maxBytes(): usize {
  return word(3);
}
@inline
export function maxFields(): u32 {
  return word(4);
}
@inline
export function depthCap(): i32 {
  return <i32>word(5);
}
@inline
export function stepCount(): usize {
  return word(6);
}
@inline
export function protectCount(): usize {
  return word(7);
}
/** The field's last key: what renamed members start with, and the member that conflicting ones are put under. */
@inline
export function fieldName(): usize {
  return CONST_AT + 32;
}
@inline
export function prefix(): usize {
  return CONST_AT + 32 + TEXT;
}
/** The key that the whole value goes under. */
@inline
export function into(): usize {
  return CONST_AT + 32 + 2 * TEXT;
}
/** The key of an inner member that may hold the field again, without the prefix. */
@inline
export function againKey(): usize {
  return CONST_AT + 32 + 3 * TEXT;
}
@inline
export function step(i: usize): usize {
  return CONST_AT + 32 + (4 + i) * TEXT;
}
@inline
export function protectedKey(i: usize): usize {
  return step(stepCount() + i);
}

@inline
export function hashOf(text: usize): u32 {
  return load<u32>(text);
}
@inline
export function startOf(text: usize): usize {
  return CONST_AT + load<u32>(text, 4);
}
@inline
export function lengthOf(text: usize): u32 {
  return load<u32>(text, 8);
}
@inline
export function endOf(text: usize): usize {
  return startOf(text) + lengthOf(text);
}
