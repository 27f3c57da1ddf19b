// The members of one event as tokens, in the order of the text: what otlp-value.ts writes from the last one to the first.
import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, clearEscape, sawEscape, skipSpace } from './json';
import { hashKey } from './keys';
import { ARRAY, OBJECT, typedEnd, valueType } from './locate';
import { depthsAt, lifts, READ_STACK, SLOTS, TAPE, TAPE_END, typesAt } from './otlp-config';
import { dropRepeated } from './otlp-repeated';
import { RAW, T_AT, T_DECLARED, T_END, T_HASH, T_KEY, T_KEY_END, T_KEY_ESCAPED, T_LAST, T_MARKS, T_PARENT, T_PREV, T_SAME, T_TYPE, TOKEN } from './otlp-token';
import { passContainer, passString } from './pass';
import { childIn, entryNow, flagsIn, hashIn, learn, learnNothing, lengthIn, predict, setFlags, startShape } from './predict';
import { childByKey, NO_NODE, pathOf, rootNode } from './trie';

export const READ: i32 = 0;
export const DAMAGED: i32 = 1;
export const OVERSIZE: i32 = 2;

// Nested messages that decoders take, by the default of protobuf's own libraries. An object is three (AnyValue, KeyValueList,
// KeyValue), an array two; a record's attribute is the fifth within its request.
const DEEPEST: u32 = 100;
const EVENT_DEPTH: u32 = 2;
const OBJECT_DEPTH: u32 = 3;
const ARRAY_DEPTH: u32 = 2;

const FRAME: usize = 32;
const LONG_KEY: u32 = 1;
const REPEATED: u32 = 2;

/** Members of the event itself, repeated ones not counted. */
export let memberCount: u32 = 0;

/** Whether the member `token`, whose key came before as `before`, stands in the same object as one of those. */
@inline
function isRepeat(before: usize, parent: usize): bool {
  while (before > parent) {
    if (load<u32>(before, T_PARENT) == <u32>parent) return true;
    before = load<u32>(before, T_SAME);
  }
  return false;
}

/** Links the token to the one before with the same key; answers that, or 0. An entry outlives its event, so what it says is compared. */
@inline
function linkSame(entry: usize, token: usize, hash: u32): usize {
  let before = <usize>flagsIn(entry);
  if (before <= TAPE || before >= token || load<u32>(before, T_HASH) != hash) before = 0;
  store<u32>(token, <u32>before, T_SAME);
  setFlags(entry, <u32>token);
  return before;
}

/** Reads the event at `p`. The token at TAPE stands for it; SLOTS gets the tokens of the paths that are looked for. */
export function readEvent(p: usize): i32 {
  startShape();
  memory.fill(SLOTS, 0, <usize>lifts << 2);
  memory.fill(TAPE, 0, TOKEN);
  memberCount = 0;
  let next = TAPE + TOKEN;
  let parent = TAPE;
  let node = rootNode();
  let last: usize = 0;
  let count: u32 = 0;
  let state: u32 = 0;
  let inObject = true;
  let inherited: u8 = 0;
  let depth = EVENT_DEPTH;
  let top = READ_STACK;
  p = skipSpace(p);
  if (load<u8>(p) != OPEN_OBJECT) return DAMAGED;
  p = skipSpace(p + 1);
  if (load<u8>(p) == CLOSE_OBJECT) return READ;
  while (true) {
    // At a key or an item.
    if (next + TOKEN > TAPE_END) return OVERSIZE;
    const token = next;
    next += TOKEN;
    let child = NO_NODE;
    let declared = inherited;
    let self = depth + (inObject ? OBJECT_DEPTH : ARRAY_DEPTH);
    store<u64>(token, 0, T_TYPE);
    if (inObject) {
      const key = p + 1;
      if (load<u8>(p) != QUOTE) return DAMAGED;
      let hash: u64 = 0;
      let entry = predict(key, node);
      if (entry != 0) {
        hash = hashIn(entry);
        child = childIn(entry);
        p = key + 1 + lengthIn(entry);
      } else {
        clearEscape();
        p = passString(key);
        if (p == key) return DAMAGED;
        const escaped = <bool>sawEscape;
        hash = hashKey(key, p - 1, escaped);
        if (node != NO_NODE) child = childByKey(node, key, p - 1, hash, escaped);
        if (escaped) {
          store<u8>(token, 1, T_KEY_ESCAPED);
          state |= REPEATED;
          learnNothing();
        } else {
          learn(key, p - 1, node, hash, child, 0);
          entry = entryNow();
        }
      }
      store<u32>(token, <u32>key, T_KEY);
      store<u32>(token, <u32>p - 1, T_KEY_END);
      store<u32>(token, <u32>hash, T_HASH);
      if (entry != 0) {
        const before = linkSame(entry, token, <u32>hash);
        if (before != 0 && isRepeat(before, parent)) state |= REPEATED;
      } else {
        state |= (state & LONG_KEY) << 1;
        state |= LONG_KEY;
      }
      if (child != NO_NODE) {
        const path = pathOf(child);
        if (path != 0) {
          declared = load<u8>(typesAt + path - 1);
          const fixed = load<u8>(depthsAt + path - 1);
          if (fixed != 0) self = fixed;
          if (path <= lifts) store<u32>(SLOTS + (<usize>(path - 1) << 2), <u32>token);
        }
      }
      p = skipSpace(p);
      if (load<u8>(p) != COLON) return DAMAGED;
      p = skipSpace(p + 1);
    } else {
      store<u64>(token, 0, T_KEY);
      store<u32>(token, 0, T_HASH);
    }
    const c = load<u8>(p);
    store<u32>(token, <u32>p, T_AT);
    store<u32>(token, 0, T_LAST);
    store<u32>(token, <u32>last, T_PREV);
    store<u32>(token, <u32>parent, T_PARENT);
    store<u8>(token, declared, T_DECLARED);
    last = token;
    count++;
    if (c == OPEN_OBJECT || c == OPEN_ARRAY) {
      const isObject = c == OPEN_OBJECT;
      const first = skipSpace(p + 1);
      store<u8>(token, <u8>(isObject ? OBJECT : ARRAY), T_TYPE);
      if (load<u8>(first) == (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        if (self + 1 > DEEPEST) store<u8>(token, RAW, T_MARKS);
        p = first + 1;
      } else if (self + (isObject ? OBJECT_DEPTH : ARRAY_DEPTH) > DEEPEST) {
        store<u8>(token, RAW, T_MARKS);
        p = passContainer(p);
      } else {
        store<u32>(top, <u32>parent);
        store<u32>(top, <u32>node, 4);
        store<u32>(top, <u32>last, 8);
        store<u32>(top, count, 12);
        store<u32>(top, state, 16);
        store<u32>(top, depth, 20);
        store<u32>(top, inObject ? 1 : 0, 24);
        store<u32>(top, inherited, 28);
        top += FRAME;
        inherited = isObject ? 0 : declared;
        node = isObject ? child : NO_NODE;
        parent = token;
        last = 0;
        count = 0;
        state = 0;
        depth = self;
        inObject = isObject;
        p = first;
        continue;
      }
    } else {
      const at = p;
      p = typedEnd(p);
      if (p == at) return DAMAGED;
      store<u8>(token, <u8>valueType, T_TYPE);
    }
    store<u32>(token, <u32>p, T_END);
    // Behind a value: close containers until one goes on.
    while (true) {
      p = skipSpace(p);
      const d = load<u8>(p++);
      if (d == COMMA) {
        p = skipSpace(p);
        break;
      }
      if (d != (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return DAMAGED;
      if ((state & REPEATED) != 0 && count > 1) {
        count -= dropRepeated(last, count);
      }
      store<u32>(parent, <u32>last, T_LAST);
      if (parent == TAPE) {
        memberCount = count;
        return READ;
      }
      store<u32>(parent, <u32>p, T_END);
      top -= FRAME;
      parent = load<u32>(top);
      node = load<u32>(top, 4);
      last = load<u32>(top, 8);
      count = load<u32>(top, 12);
      state = load<u32>(top, 16);
      depth = load<u32>(top, 20);
      inObject = load<u32>(top, 24) != 0;
      inherited = <u8>load<u32>(top, 28);
    }
  }
}
