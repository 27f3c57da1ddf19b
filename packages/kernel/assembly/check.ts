// Compares each event with declared types and gives out only what needs attention: members that do not fit, and members that nobody declared.
import { addException, addUnknown, closeRows, dropRows, openRows, overflow, rowsSoFar, setKnown, startRows } from './check-rows';
import { clearEscape, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, sawEscape, skipSpace } from './json';
import { EXPECT_ALIASED, EXPECT_ALWAYS, EXPECT_ANY, EXPECT_OBJECT, EXPECT_OPAQUE, EXPECT_STRING, EXPECT_STRING_ALWAYS, itemsFit, itemsOpaque, scalarFits } from './fits';
import { childHash, hashKey, keyFlags } from './keys';
import { ARRAY, ESCAPED, KEY_ESCAPED, NULL, OBJECT, STRING, typedEnd, valueType } from './locate';
import { MAX_DEPTH, SCRATCH_AT } from './memory';
import { passContainer, passString, passValue } from './pass';
import { childIn, entryNow, flagsIn, hashIn, learn, learnNothing, lengthIn, predict, resetPredictions, startShape } from './predict';
import { keepObject, repeatedObject } from './repeated-objects';
import { childByKey, childKinds, KEYS, NO_NODE, pathHash, pathOf, rootNode } from './trie';
import { arrayFlags, fieldsKnown, OBJECTS } from './undeclared-arrays';
import { askForWatched, endWatched, mayKeep, openWatched, see, startWatched } from './watched-paths';

// Same numbers as UNKNOWN in src/types.ts; keyFlags gives DOT and BLANK.
const INNER: u32 = 4;
const MISPLACED: u32 = 32;

// A frame per object that is open: node, then the entry of its key (0: none that is of interest), where it begins and the rows so far (u32 each),
// and the path hash (u64).
const FRAME: usize = 24;
// Behind the frames.
const ARRAY_STACK: usize = SCRATCH_AT + <usize>MAX_DEPTH * FRAME;

/** Handles a member that no path is declared for, except an object that is walked; answers the position behind it. */
function undeclared(key: usize, p: usize, keyType: u32, hash: u64, flags: u32): usize {
  const end = typedEnd(p);
  const type = valueType;
  if (type == ARRAY) flags |= arrayFlags(p, end);
  if (flags == OBJECTS && fieldsKnown(p, end, hash, ARRAY_STACK)) return end;
  addUnknown(key, p, end, type | keyType, hash, flags);
  return end;
}

/** Handles a declared member whose value is not walked into; answers the position behind it. */
@inline
function declared(child: usize, path: u32, expected: u8, key: usize, p: usize, keyType: u32): usize {
  const c = load<u8>(p);
  // By far the most members.
  if (c == QUOTE && expected == EXPECT_STRING) return passString(p + 1);
  if (c == OPEN_OBJECT || c == OPEN_ARRAY) {
    const end = passContainer(p);
    const type = c == OPEN_OBJECT ? OBJECT : ARRAY;
    if (!containerFits(expected, type, p)) addException(path, key, p, end, type | keyType);
    return end;
  }
  const end = typedEnd(p);
  if (expected == EXPECT_ALIASED) {
    if ((valueType & ~ESCAPED) == STRING) path = aliasOf(child, p + 1, end - 1, valueType != STRING);
    else if (valueType == NULL) path = NO_ALIAS;
    if (path != NO_ALIAS) addException(path, key, p, end, valueType | keyType);
    return end;
  }
  const fits = valueType == NULL ? expected != EXPECT_ALWAYS : scalarFits(expected, valueType, p, end);
  if (!fits) addException(path, key, p, end, valueType | keyType);
  return end;
}

function containerFits(expected: u8, type: u32, p: usize): bool {
  if (expected == EXPECT_ANY) return true;
  if (expected == EXPECT_OPAQUE) return type == OBJECT || itemsOpaque(p);
  return type == ARRAY && expected < EXPECT_STRING_ALWAYS && expected != EXPECT_OBJECT && itemsFit(expected, p);
}

const NO_ALIAS: u32 = u32.MAX_VALUE;

/** The path declared for the text [p, end) below `node`, or NO_ALIAS. */
@inline
function aliasOf(node: usize, p: usize, end: usize, escaped: bool): u32 {
  const child = childByKey(node, p, end, hashKey(p, end, escaped), escaped);
  return child == NO_NODE ? NO_ALIAS : pathOf(child) - 1;
}

/** Walks the event at `p`. Answers the position behind it, or 0 when its text is damaged. */
function checkEvent(p: usize, expects: usize, wantUnknown: bool): usize {
  p = skipSpace(p);
  if (load<u8>(p) != OPEN_OBJECT) return 0;
  startShape();
  let node = rootNode();
  let hash = pathHash(node);
  let top = SCRATCH_AT;
  const limit = ARRAY_STACK;
  p = skipSpace(p + 1);
  let fresh = true;
  while (true) {
    // Behind `{` or a value.
    let c = load<u8>(p);
    if (c == CLOSE_OBJECT) {
      p++;
      if (top == SCRATCH_AT) return p;
      top -= FRAME;
      const owner = <usize>load<u32>(top, 4);
      if (owner != 0 && load<u32>(top, 12) == <u32>rowsSoFar()) keepObject(owner, load<u32>(top, 8), p, hash);
      node = load<u32>(top);
      hash = load<u64>(top, 16);
      fresh = false;
      p = skipSpace(p);
      continue;
    }
    if (!fresh) {
      if (c != COMMA) return 0;
      p = skipSpace(p + 1);
      c = load<u8>(p);
    }
    fresh = false;
    const key = p;
    if (c != QUOTE) return 0;
    let keyType: u32 = 0;
    let keyHash: u64 = 0;
    let child: usize = NO_NODE;
    let flags: u32 = 0;
    const entry = predict(key + 1, node);
    if (entry != 0) {
      keyHash = hashIn(entry);
      child = childIn(entry);
      flags = flagsIn(entry);
      p = key + 2 + lengthIn(entry);
    } else {
      clearEscape();
      p = passString(p + 1);
      if (p == key + 1) return 0;
      const escaped = <bool>sawEscape;
      if (escaped) keyType = KEY_ESCAPED;
      keyHash = hashKey(key + 1, p - 1, escaped);
      if (node != NO_NODE) child = childByKey(node, key + 1, p - 1, keyHash, escaped);
      flags = keyFlags(key + 1, p - 1, escaped);
      if (escaped) learnNothing();
      else learn(key + 1, p - 1, node, keyHash, child, flags);
    }
    p = skipSpace(p);
    if (load<u8>(p) != COLON) return 0;
    p = skipSpace(p + 1);
    c = load<u8>(p);
    let walk = false;
    if (child != NO_NODE) {
      const path = pathOf(child);
      const expected = path == 0 ? EXPECT_OBJECT : load<u8>(expects + path - 1);
      walk = c == OPEN_OBJECT && (expected == EXPECT_OBJECT || (expected == EXPECT_ANY && (childKinds(child) & KEYS) != 0));
      if (!walk) {
        if (path != 0) {
          see(path - 1);
          p = declared(child, path - 1, expected, key, p, keyType);
          if (expected == EXPECT_ALWAYS) askForWatched();
        } else if (c == 110 || !wantUnknown) p = passValue(p);
        else p = undeclared(key, p, keyType, childHash(hash, keyHash), flags | MISPLACED);
      }
    } else if (!wantUnknown) {
      p = passValue(p);
    } else {
      walk = c == OPEN_OBJECT && top < limit && load<u8>(skipSpace(p + 1)) != CLOSE_OBJECT;
      if (!walk) p = undeclared(key, p, keyType, childHash(hash, keyHash), flags);
      else if (flags != 0) addUnknown(key, p, passContainer(p), OBJECT | keyType, childHash(hash, keyHash), flags | INNER);
    }
    if (walk) {
      if (child != NO_NODE && pathOf(child) != 0) see(pathOf(child) - 1);
      const inner = child != NO_NODE ? pathHash(child) : childHash(hash, keyHash);
      const owner = entryNow();
      const repeated = owner != 0 ? repeatedObject(owner, p, inner) : 0;
      if (repeated != 0) {
        p += repeated;
      } else {
        store<u32>(top, <u32>node);
        store<u32>(top, owner != 0 && mayKeep(owner, child) ? <u32>owner : 0, 4);
        store<u32>(top, <u32>p, 8);
        store<u32>(top, <u32>rowsSoFar(), 12);
        store<u64>(top, hash, 16);
        top += FRAME;
        hash = inner;
        node = child;
        p++;
        fresh = true;
      }
    }
    p = skipSpace(p);
  }
}

/**
 * `starts`, `ends`, `shifts`: u32 per event; `expects`: u8 per path; the trie stands in the constants region. Rows go from
 * `exceptions` and `unknowns` on, up to their ends; `counts` gets how many there are (2 u32). `codes` (u8 per event) is 1 for an
 * event that was not checked: damaged, or with more rows than fit. `knownTable`: hashes of paths that need no row; `seenPaths`: room
 * for a u32 per path; `watchedPaths`: u32 each. Answers how many events are done.
 */
export function check(starts: usize, ends: usize, shifts: usize, count: usize, base: u32, expects: usize, wantUnknown: bool, exceptions: usize, exceptionsStop: usize, unknowns: usize, unknownsStop: usize, knownTable: usize, knownSlots: usize, seenPaths: usize, paths: usize, watchedPaths: usize, watchedCount: usize, counts: usize, codes: usize): usize {
  openRows(exceptions, exceptionsStop, unknowns, unknownsStop);
  setKnown(knownTable, knownSlots);
  resetPredictions();
  openWatched(seenPaths, paths, watchedPaths, watchedCount);
  let i: usize = 0;
  for (; i < count; i++) {
    const end = <usize>load<u32>(ends + (i << 2));
    startRows(base + <u32>i, load<u32>(shifts + (i << 2)));
    startWatched();
    const kept = load<u8>(end);
    store<u8>(end, 0);
    const stop = checkEvent(load<u32>(starts + (i << 2)), expects, wantUnknown);
    endWatched();
    store<u8>(end, kept);
    const ok = stop != 0 && !overflow;
    store<u8>(codes + i, <u8>!ok);
    if (ok) continue;
    dropRows();
    // With rows of earlier events out of the way it may fit.
    if (overflow && i != 0) break;
  }
  closeRows(exceptions, unknowns, counts);
  return i;
}
