// Validates a text and notes what unpack has to know: the keys of its outermost object, and which members a later one with the
// same key makes void, at any depth.
import { clearEscape, CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, ERR_NOT_JSON, ERR_TOO_DEEP, ERR_TOO_MANY_FIELDS, OPEN_ARRAY, OPEN_OBJECT, QUOTE, sawEscape, skipPlain, skipSpace, skipString } from './json';
import { compareKeys, sortKeys } from './heap';
import { hashKey, keyEnd, sameKey } from './keys';
import { MAX_DEPTH, SCRATCH_AT } from './memory';
import { noteContainerEnd, noteEnd, noteKey, noteValue } from './notes';
import { entryNow, hashIn, learn, learnNothing, lengthIn, numberNow, predict } from './predict';
import { keepObject, repeatedObject } from './repeated-objects';
import { textEnd, unescape } from './unescape';

// Working space: a stack of open containers, then columns with room for every member of the largest event (5 bytes each at least).
export const ROOM: usize = 850_000;
const STACK = SCRATCH_AT;
// A frame per open container: where its keys begin (u32), whether it is in an object (u32), then the entry of its key (u32: 0 for none that
// is of interest), where it begins (u32), how many cuts there were (u32) and the note of its member (u32: 0 for none), and the bits of the
// keys that it has (u64).
const FRAME: usize = 32;
export const HASHES: usize = STACK + FRAME * (<usize>MAX_DEPTH + 24);
export const KEYS: usize = HASHES + 4 * ROOM;
export const CUTS: usize = KEYS + 4 * ROOM;
export const RENAMES: usize = CUTS + 4 * ROOM;

/** Objects with more members are checked for repeated keys when they end, by sorting. */
const SMALL_OBJECT: usize = 64;

/** Keys on the stack: address of the first byte in KEYS, hash in HASHES. Those of the outermost object stay there. */
export let keyCount: usize = 0;
/** Members to leave out: the addresses of their opening quotes, in CUTS. */
export let cutCount: usize = 0;
/** Why collect answered 0. */
export let refusal: u8 = 0;

export function resetKeys(keys: usize): void {
  keyCount = keys;
}

export function resetCuts(cuts: usize): void {
  cutCount = cuts;
}

export function addCut(key: usize): void {
  store<u32>(CUTS + (cutCount << 2), <u32>key);
  cutCount++;
}

/** What collect looks for in the outermost object: a key; 0 for nothing. */
let wanted: usize = 0;
let wantedEnd: usize = 0;
let wantedHash: u32 = 0;
let textAt: usize = 0;

/** The last member with the wanted key: its opening quote (0: none), the end of its value, and that of its un-escaped text (0: no string). */
export let foundKey: usize = 0;
export let foundEnd: usize = 0;
export let foundText: usize = 0;

/** The un-escaped text of the wanted member and its end, when somebody knows it, and the end of the member's value; 0: nobody does. */
export let givenText: usize = 0;
let givenEnd: usize = 0;
let givenStop: usize = 0;

export function giveText(text: usize, end: usize, stop: usize): void {
  givenText = text;
  givenEnd = end;
  givenStop = stop;
}

/** Lets the next collect look for the key [p, end) in the outermost object and un-escape its text to `to`. `p` 0: nothing. */
export function lookFor(p: usize, end: usize, hash: u32, to: usize): void {
  wanted = p;
  wantedEnd = end;
  wantedHash = hash;
  textAt = to;
  foundKey = 0;
  foundText = 0;
}

/** Index in [from, to) of the key [p, end) with the hash `h`, or -1. */
export function findKey(from: usize, to: usize, p: usize, end: usize, h: u32): isize {
  const hashes = i32x4.splat(<i32>h);
  for (let i = from; i < to; i += 4) {
    let hits = i32x4.bitmask(i32x4.eq(v128.load(HASHES + (i << 2)), hashes));
    while (hits != 0) {
      const j = i + <usize>ctz(hits);
      if (j >= to) break;
      const key = <usize>load<u32>(KEYS + (j << 2));
      if (sameKey(key, keyEnd(key - 1), p, end)) return <isize>j;
      hits &= hits - 1;
    }
  }
  return -1;
}

/** Notes a key of the object whose keys start at `base`; `isNew`: it has none with this hash. */
@inline
function addKey(base: usize, p: usize, end: usize, h: u32, isNew: bool): void {
  if (!isNew && keyCount - base <= SMALL_OBJECT) {
    const same = findKey(base, keyCount, p, end, h);
    if (same >= 0) {
      addCut(load<u32>(KEYS + (<usize>same << 2)) - 1);
      store<u32>(KEYS + (<usize>same << 2), <u32>p);
      return;
    }
  }
  store<u32>(HASHES + (keyCount << 2), h);
  store<u32>(KEYS + (keyCount << 2), <u32>p);
  keyCount++;
}

/** Finds the repeated keys of a large object, and keeps the last of each. */
function settleLarge(base: usize): void {
  const hashes = HASHES + (base << 2);
  const keys = KEYS + (base << 2);
  const n = keyCount - base;
  sortKeys(hashes, keys, n);
  let kept: usize = 0;
  for (let i: usize = 1; i < n; i++) {
    const hash = load<u32>(hashes + (i << 2));
    const key = load<u32>(keys + (i << 2));
    const last = load<u32>(keys + (kept << 2));
    if (compareKeys(load<u32>(hashes + (kept << 2)), last, hash, key) == 0) addCut(last - 1);
    else kept++;
    store<u32>(hashes + (kept << 2), hash);
    store<u32>(keys + (kept << 2), key);
  }
  keyCount = base + kept + 1;
}

function refuse(code: u8): usize {
  refusal = code;
  return 0;
}

/**
 * Validates the value at `p` and answers the position behind it, or 0 with `refusal` set. Containers may nest `depthCap` deep;
 * with more than `maxMembers` members at all depths the text is refused. `stays`: the text stays where it is until the operation ends, and its
 * members are not counted. `notes`: notes are taken of the members.
 */
export function collect(p: usize, depthCap: i32, maxMembers: u32, stays: bool, notes: bool): usize {
  let depth: i32 = 0;
  let inObject = false;
  let base = keyCount;
  let members: u32 = 0;
  let atWanted = false;
  // Of 64 bits, those that the keys of the object have by their hashes: a key whose bit is missing is new.
  let bits: u64 = 0;
  // The entry of the key whose value comes next.
  let owner: usize = 0;
  // The note of the member whose value comes next, and how many arrays are open: members inside them have none.
  let note: usize = 0;
  let arrays: i32 = 0;
  while (true) {
    p = skipSpace(p);
    let c = load<u8>(p);
    if (note != 0) noteValue(note, p);
    let atKey = false;
    if (c == QUOTE) {
      if (atWanted) {
        if (givenText != 0) {
          p = givenStop;
          foundText = givenEnd;
        } else {
          p = unescape(p + 1, textAt);
          foundText = textEnd;
        }
        foundEnd = p;
        atWanted = false;
      } else {
        p = skipString(p + 1);
      }
      if (p == 0) return refuse(ERR_NOT_JSON);
    } else if (c == OPEN_OBJECT || c == OPEN_ARRAY) {
      if (depth == depthCap) return refuse(ERR_TOO_DEEP);
      const object = c == OPEN_OBJECT;
      const start = p;
      const repeated = object && owner != 0 ? repeatedObject(owner, p, depth) : 0;
      p = repeated != 0 ? p + repeated : skipSpace(p + 1);
      if (repeated != 0) {
        atWanted = false;
      } else if (load<u8>(p) == (object ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        p++;
      } else {
        const frame = STACK + <usize>depth * FRAME;
        store<u32>(frame, <u32>base);
        store<u32>(frame, <u32>inObject, 4);
        store<u32>(frame, object ? <u32>owner : 0, 8);
        store<u32>(frame, <u32>start, 12);
        store<u32>(frame, <u32>cutCount, 16);
        store<u32>(frame, <u32>note, 20);
        note = 0;
        if (!object) arrays++;
        store<u64>(frame, bits, 24);
        bits = 0;
        owner = 0;
        depth++;
        inObject = object;
        base = keyCount;
        atWanted = false;
        if (!object) continue;
        atKey = true;
      }
    } else {
      p = skipPlain(p, c);
      if (p == 0) return refuse(ERR_NOT_JSON);
    }
    if (note != 0) {
      noteEnd(note, p);
      note = 0;
    }
    // Behind a value: close containers until one goes on.
    while (!atKey) {
      if (depth == 0) return p;
      p = skipSpace(p);
      c = load<u8>(p++);
      if (c == COMMA) {
        if (!inObject) break;
        p = skipSpace(p);
        atKey = true;
        break;
      }
      if (c != (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) return refuse(ERR_NOT_JSON);
      if (inObject && keyCount - base > SMALL_OBJECT) settleLarge(base);
      if (--depth > 0) keyCount = base;
      const frame = STACK + <usize>depth * FRAME;
      if (!inObject) arrays--;
      const noted = <usize>load<u32>(frame, 20);
      if (noted != 0) noteContainerEnd(noted, p);
      base = load<u32>(frame);
      inObject = <bool>load<u32>(frame, 4);
      bits = load<u64>(frame, 24);
      const key = <usize>load<u32>(frame, 8);
      if (key != 0 && load<u32>(frame, 16) == <u32>cutCount) keepObject(key, load<u32>(frame, 12), p, depth);
    }
    if (!atKey) continue;
    if (load<u8>(p) != QUOTE) return refuse(ERR_NOT_JSON);
    const key = p + 1;
    let h: u32 = 0;
    const entry = predict(key, 0);
    if (entry != 0) {
      h = <u32>hashIn(entry);
      p = key + lengthIn(entry) + 1;
    } else {
      clearEscape();
      p = skipString(key);
      if (p == 0) return refuse(ERR_NOT_JSON);
      const hash = hashKey(key, p - 1, <bool>sawEscape);
      h = <u32>hash;
      if (sawEscape) learnNothing();
      else learn(key, p - 1, 0, hash, 0, 0);
    }
    if (stays) owner = entryNow();
    if (notes && arrays == 0) note = noteKey(key - 1, numberNow());
    if (members++ == maxMembers) return refuse(ERR_TOO_MANY_FIELDS);
    const bit = (<u64>1) << (h & 63);
    addKey(base, key, p - 1, h, (bits & bit) == 0);
    bits |= bit;
    if (wanted != 0) {
      atWanted = depth == 1 && h == wantedHash && sameKey(wanted, wantedEnd, key, p - 1);
      if (atWanted) {
        foundKey = key - 1;
        foundText = 0;
      }
    }
    p = skipSpace(p);
    if (load<u8>(p++) != COLON) return refuse(ERR_NOT_JSON);
  }
  return 0;
}
