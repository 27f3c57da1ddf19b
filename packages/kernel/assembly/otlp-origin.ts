// The resource and scope of an event: as an otlp source writes them, or from members that the mapping names.
import { INTEGER, NULL, OBJECT, STRING } from './locate';
import { slotOf, W_RESOURCE, W_RESOURCE_PATHS, W_SCOPE, word } from './otlp-config';
import { integer } from './otlp-number';
import { isIntegerIn, lift, mark, typeAt } from './otlp-pick';
import { hasKey } from './otlp-repeated';
import { INLINE, LIFTED, T_LAST, T_MARKS, T_PREV, T_TYPE } from './otlp-token';

/** Tokens of the event at hand, 0 for none. */
export let resource: usize = 0;
export let scope: usize = 0;

/** Looks for both; members that look otherwise stay attributes. */
export function chooseOrigin(): void {
  resource = slotOf(word(W_RESOURCE));
  if (resource != 0 && !isResource()) resource = 0;
  if (resource != 0) lift(resource, word(W_RESOURCE));
  scope = slotOf(word(W_SCOPE));
  if (scope != 0 && !isScope()) scope = 0;
  if (scope != 0) lift(scope, word(W_SCOPE));
  const count = word(W_RESOURCE_PATHS + 1);
  for (let i: u32 = 0; i < count; i++) {
    const row = <usize>word(W_RESOURCE_PATHS) + <usize>i * 12;
    const token = slotOf(load<u32>(row));
    if (token == 0 || typeAt(token) == NULL || (load<u8>(token, T_MARKS) & (LIFTED | INLINE)) != 0) continue;
    if (!hasAttribute(load<u32>(row, 4), load<u32>(row, 8))) mark(token, LIFTED);
  }
}

/** Whether the event's own resource has the attribute. */
export function hasAttribute(key: usize, keyBytes: usize): bool {
  const attributes = resource == 0 ? <usize>0 : slotOf(word(W_RESOURCE + 1));
  if (attributes == 0) return false;
  for (let child = <usize>load<u32>(attributes, T_LAST); child != 0; child = load<u32>(child, T_PREV)) {
    if (hasKey(child, key, key + keyBytes)) return true;
  }
  return false;
}

function membersOf(token: usize): u32 {
  let count: u32 = 0;
  for (let child = <usize>load<u32>(token, T_LAST); child != 0; child = load<u32>(child, T_PREV)) count++;
  return count;
}

/** 1 when the path has a value of that type, 0 when it has none, else more than any object has members. */
function fitting(index: usize, type: u32): u32 {
  const token = slotOf(word(index));
  if (token == 0) return 0;
  if (type == INTEGER) return isIntegerIn(token, 0, 0xffff_ffff) ? 1 : 0x1000_0000;
  return typeAt(token) == type ? 1 : 0x1000_0000;
}

function isResource(): bool {
  if (load<u8>(resource, T_TYPE) != OBJECT || load<u32>(resource, T_LAST) == 0) return false;
  const known = fitting(W_RESOURCE + 1, OBJECT) + fitting(W_RESOURCE + 2, INTEGER) + fitting(W_RESOURCE + 3, STRING);
  return known == membersOf(resource);
}

function isScope(): bool {
  if (load<u8>(scope, T_TYPE) != OBJECT || load<u32>(scope, T_LAST) == 0) return false;
  const names = fitting(W_SCOPE + 1, STRING) + fitting(W_SCOPE + 2, STRING) + fitting(W_SCOPE + 5, STRING);
  return names + fitting(W_SCOPE + 3, OBJECT) + fitting(W_SCOPE + 4, INTEGER) == membersOf(scope);
}

/** The number that isResource or isScope found at a path. */
export function countAt(index: usize): u32 {
  return isIntegerIn(slotOf(word(index)), 0, 0xffff_ffff) ? <u32>integer : 0;
}
