// Where each declared path stands in each event. The text is known to be valid (sources and unpack validate), so values
// that nobody asked for are passed over, not checked; on damaged text the walk stops and leaves the rest of the row empty.
import { clearEscape, CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, sawEscape, skipSpace } from './json';
import { hashKey } from './keys';
import { SCRATCH_AT } from './memory';
import { passContainer, passPlain, passString, passValue } from './pass';
import { childIn, entryNow, learn, learnNothing, lengthIn, predict, resetPredictions, startShape } from './predict';
import { keepObject, repeatedObject } from './repeated-objects';
import { childByIndex, childByKey, childKinds, ITEMS, KEYS, leafCount, leavesOf, NO_NODE, nodeCount, numberOf, pathOf, rootNode } from './trie';

// Same numbers as TYPE in src/types.ts.
export const OBJECT: u32 = 1;
export const ARRAY: u32 = 2;
export const STRING: u32 = 3;
export const INTEGER: u32 = 4;
export const NUMBER: u32 = 5;
export const TRUE: u32 = 6;
export const FALSE: u32 = 7;
export const NULL: u32 = 8;
export const ESCAPED: u32 = 16;
export const KEY_ESCAPED: u32 = 32;
export const AGAIN: u32 = 64;

/** Set by typedEnd: the TYPE of the value, with ESCAPED. */
export let valueType: u32 = 0;

/** Passes the value at `p`, answers the position behind it and sets valueType. */
export function typedEnd(p: usize): usize {
  const c = load<u8>(p);
  if (c == QUOTE) {
    clearEscape();
    p = passString(p + 1);
    valueType = STRING | (sawEscape ? ESCAPED : 0);
    return p;
  }
  if (c == OPEN_OBJECT || c == OPEN_ARRAY) {
    valueType = c == OPEN_OBJECT ? OBJECT : ARRAY;
    return passContainer(p);
  }
  const end = passPlain(p);
  valueType = c == 116 ? TRUE : c == 102 ? FALSE : c == 110 ? NULL : numberType(p, end);
  return end;
}

@inline
function numberType(p: usize, end: usize): u32 {
  for (; p < end; p++) {
    const c = load<u8>(p);
    if (c == 46 || (c | 32) == 101) return NUMBER;
  }
  return INTEGER;
}

/** Clears the rows of all paths at and below `node`: a later member with the same key takes their place. */
export function clearRows(row: usize, node: usize): void {
  let leaf = leavesOf(node);
  for (let n = leafCount(node); n > 0; n--, leaf += 4) {
    memory.fill(row + (<usize>load<u32>(leaf) << 4), 0, 16);
  }
}

@inline
function writeRow(row: usize, node: usize, key: usize, at: usize, end: usize, type: u32, shift: u32): void {
  const path = pathOf(node);
  if (path == 0) return;
  const to = row + (<usize>(path - 1) << 4);
  store<u32>(to, <u32>key + shift);
  store<u32>(to, <u32>at + shift, 4);
  store<u32>(to, <u32>end + shift, 8);
  store<u32>(to, type, 12);
}

// A frame per container that holds declared paths; their nesting is bounded by the trie, which fits the constants region.
const FRAME: usize = 24;

/** Skips the object at `p`, the value of the key that came last. */
function passObject(p: usize): usize {
  const owner = entryNow();
  if (owner == 0) return passContainer(p);
  const repeated = repeatedObject(owner, p, 0);
  if (repeated != 0) return p + repeated;
  const end = passContainer(p);
  // One that stops at the sentinel has no end: another one may go on there.
  if (load<u8>(end) != 0) keepObject(owner, p, end, 0);
  return end;
}

/** Fills `row` (16 bytes per path, zeroed) for the event at `p`. `shift` turns addresses into the caller's positions. `seen` has a u32 per node, none of them `stamp`. `predicts`: keys are learned. */
function locateEvent(p: usize, row: usize, shift: u32, seen: usize, stamp: u32, stack: usize, predicts: bool): void {
  p = skipSpace(p);
  if (load<u8>(p) != OPEN_OBJECT) return;
  p = skipSpace(p + 1);
  let node = rootNode();
  let inObject = true;
  let index: u32 = 0;
  let key: usize = 0;
  let top = stack;
  if (load<u8>(p) == CLOSE_OBJECT) return;
  while (true) {
    // At a key, or at an item of an array.
    let child: usize;
    let keyType: u32 = 0;
    if (inObject) {
      key = p;
      if (load<u8>(p) != QUOTE) return;
      const entry = predicts ? predict(key + 1, node) : 0;
      if (entry != 0) {
        child = childIn(entry);
        p = key + 2 + lengthIn(entry);
      } else {
        clearEscape();
        p = passString(p + 1);
        if (p == key + 1) return;
        const escaped = <bool>sawEscape;
        if (escaped) keyType = KEY_ESCAPED;
        const hash = hashKey(key + 1, p - 1, escaped);
        child = childByKey(node, key + 1, p - 1, hash, escaped);
        if (escaped) learnNothing();
        else if (predicts) learn(key + 1, p - 1, node, hash, child, 0);
      }
      p = skipSpace(p);
      if (load<u8>(p) != COLON) return;
      p = skipSpace(p + 1);
    } else {
      key = p;
      child = childByIndex(node, index);
    }
    if (child == NO_NODE) {
      p = predicts && inObject && load<u8>(p) == OPEN_OBJECT ? passObject(p) : passValue(p);
    } else {
      const mark = seen + (numberOf(child) << 2);
      if (load<u32>(mark) == stamp) {
        clearRows(row, child);
        if (inObject) keyType |= AGAIN;
      }
      store<u32>(mark, stamp);
      const c = load<u8>(p);
      const enters = c == OPEN_OBJECT ? (childKinds(child) & KEYS) != 0 : c == OPEN_ARRAY && (childKinds(child) & ITEMS) != 0;
      if (enters) {
        const at = p;
        p = skipSpace(p + 1);
        if (load<u8>(p) == (c == OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) {
          p++;
          writeRow(row, child, key, at, p, (c == OPEN_OBJECT ? OBJECT : ARRAY) | keyType, shift);
        } else {
          store<u32>(top, <u32>node);
          store<u32>(top, <u32>child, 4);
          store<u32>(top, <u32>key, 8);
          store<u32>(top, <u32>at, 12);
          store<u32>(top, inObject ? keyType : index | 0x8000_0000, 16);
          top += FRAME;
          node = child;
          inObject = c == OPEN_OBJECT;
          index = 0;
          continue;
        }
      } else {
        const at = p;
        p = typedEnd(p);
        writeRow(row, child, key, at, p, valueType | keyType, shift);
      }
    }
    // Behind a value: close containers until one goes on.
    while (true) {
      p = skipSpace(p);
      const d = load<u8>(p++);
      if (d == COMMA) {
        p = skipSpace(p);
        index++;
        break;
      }
      if (d != (inObject ? CLOSE_OBJECT : CLOSE_ARRAY) || top == stack) return;
      top -= FRAME;
      const was = load<u32>(top, 16);
      const closed = load<u32>(top, 4);
      const keyBits = was & 0x8000_0000 ? 0 : was;
      writeRow(row, closed, load<u32>(top, 8), load<u32>(top, 12), p, (inObject ? OBJECT : ARRAY) | keyBits, shift);
      node = load<u32>(top);
      inObject = (was & 0x8000_0000) == 0;
      index = was & 0x7fff_ffff;
    }
  }
}

/** For fewer events it is not worth while to clear what is predicted. */
const FEWEST_TO_LEARN: usize = 16;

/** Address behind the `seen` marks that start the scratch region; they are cleared. */
export function clearSeen(): usize {
  const bytes = ((nodeCount() << 2) + 15) & ~15;
  memory.fill(SCRATCH_AT, 0, bytes);
  return SCRATCH_AT + bytes;
}

/** `starts`, `ends`, `shifts`: u32 per event. Fills `table`: 4 u32 per event and path. The trie stands in the constants region. */
export function locate(starts: usize, ends: usize, shifts: usize, count: usize, table: usize, paths: usize): void {
  const stack = clearSeen();
  const size = paths << 4;
  memory.fill(table, 0, count * size);
  const predicts = count >= FEWEST_TO_LEARN;
  if (predicts) resetPredictions();
  for (let i: usize = 0; i < count; i++) {
    const end = <usize>load<u32>(ends + (i << 2));
    const kept = load<u8>(end);
    store<u8>(end, 0);
    if (predicts) startShape();
    locateEvent(load<u32>(starts + (i << 2)), table + i * size, load<u32>(shifts + (i << 2)), SCRATCH_AT, <u32>i + 1, stack, predicts);
    store<u8>(end, kept);
  }
}
