// Members whose key comes again in the same object: as in JSON.parse the last one counts.
import { sameKey } from './keys';
import { lifts, SLOTS, TEMP } from './otlp-config';
import { INLINE, LIFTED, T_HASH, T_KEY, T_KEY_END, T_MARKS, T_PREV } from './otlp-token';

/** Unlinks each member, from `last` back, whose key comes again behind it; answers how many. */
export function dropRepeated(last: usize, count: u32): u32 {
  const slots = openTable(count);
  let dropped: u32 = 0;
  let behind: usize = 0;
  let token = last;
  while (token != 0) {
    const before = <usize>load<u32>(token, T_PREV);
    if (isKnown(token, slots, true)) {
      store<u32>(behind, <u32>before, T_PREV);
      clearSlots(token, behind);
      dropped++;
    } else {
      behind = token;
    }
    token = before;
  }
  return dropped;
}

/** Marks as lifted those members, from `last` back, whose key one of the `others` has that are written beside them. */
export function dropShadowed(last: usize, others: usize, count: u32): void {
  const slots = openTable(count);
  for (let token = others; token != 0; token = load<u32>(token, T_PREV)) {
    if ((load<u8>(token, T_MARKS) & (LIFTED | INLINE)) == 0) isKnown(token, slots, true);
  }
  for (let token = last; token != 0; token = load<u32>(token, T_PREV)) {
    if (isKnown(token, slots, false)) store<u8>(token, load<u8>(token, T_MARKS) | LIFTED, T_MARKS);
  }
}

/** Makes a table of keys with room for `count`; answers its slots. */
function openTable(count: u32): usize {
  let slots: usize = 16;
  while (slots < <usize>count << 1) slots <<= 1;
  // A u32 each: the tape holds fewer tokens than half of the slots that fit.
  memory.fill(TEMP, 0, slots << 2);
  return slots;
}

/** Whether a member with this key stands in the table; with `enter` this one does afterwards. */
function isKnown(token: usize, slots: usize, enter: bool): bool {
  const hash = load<u32>(token, T_HASH);
  let slot = <usize>hash & (slots - 1);
  while (true) {
    const other = <usize>load<u32>(TEMP + (slot << 2));
    if (other == 0) break;
    if (load<u32>(other, T_HASH) == hash && hasKey(token, load<u32>(other, T_KEY), load<u32>(other, T_KEY_END))) return true;
    slot = (slot + 1) & (slots - 1);
  }
  if (enter) store<u32>(TEMP + (slot << 2), <u32>token);
  return false;
}

/** Whether the member's key is the text of the key [p, end). */
export function hasKey(token: usize, p: usize, end: usize): bool {
  return sameKey(load<u32>(token, T_KEY), load<u32>(token, T_KEY_END), p, end);
}

/** Forgets paths that were found in [from, to). */
function clearSlots(from: usize, to: usize): void {
  const end = SLOTS + (<usize>lifts << 2);
  for (let slot = SLOTS; slot < end; slot += 4) {
    const token = <usize>load<u32>(slot);
    if (token >= from && token < to) store<u32>(slot, 0);
  }
}
