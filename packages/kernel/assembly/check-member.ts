// One member of an event, compared with what is declared for it.
import { addException, addUnknown, isKnown } from './check-rows';
import { CLOSE_OBJECT, OPEN_ARRAY, OPEN_OBJECT, QUOTE, skipSpace } from './json';
import { EXPECT_ALIASED, EXPECT_ALWAYS, EXPECT_ANY, EXPECT_OBJECT, EXPECT_OPAQUE, EXPECT_STRING, EXPECT_STRING_ALWAYS, itemsFit, itemsOpaque, scalarFits } from './fits';
import { childHash, hashKey } from './keys';
import { ARRAY, ESCAPED, NULL, OBJECT, STRING, typedEnd, valueType } from './locate';
import { MAX_DEPTH, SCRATCH_AT } from './memory';
import { passContainer, passString, passValue } from './pass';
import { childByKey, childKinds, KEYS, NO_NODE, pathOf } from './trie';
import { arrayFlags, fieldsKnown, OBJECTS } from './undeclared-arrays';
import { askForWatched, see } from './watched-paths';

// Same numbers as UNKNOWN in src/types.ts; keyFlags gives DOT and BLANK.
const INNER: u32 = 4;
const MISPLACED: u32 = 32;

/** Bytes of a frame: there is one per object that is open, from SCRATCH_AT on. */
export const FRAME: usize = 24;
/** Behind the frames. */
export const ARRAY_STACK: usize = SCRATCH_AT + <usize>MAX_DEPTH * FRAME;

/**
 * Handles a member that no path is declared for, except an object that is walked; answers the position behind it. `valueEnd`: where its value
 * ends, 0 when nobody knows.
 */
function undeclared(key: usize, p: usize, keyType: u32, hash: u64, flags: u32, valueEnd: usize): usize {
  if (valueEnd != 0 && flags == 0 && load<u8>(p) != OPEN_ARRAY && isKnown(hash)) return valueEnd;
  const end = typedEnd(p);
  const type = valueType;
  if (type == ARRAY) flags |= arrayFlags(p, end);
  if (flags == OBJECTS && fieldsKnown(p, end, hash, ARRAY_STACK)) return end;
  addUnknown(key, p, end, type | keyType, hash, flags);
  return end;
}

/** Handles a declared member whose value is not walked into; answers the position behind it. */
@inline
function declared(child: usize, path: u32, expected: u8, key: usize, p: usize, keyType: u32, valueEnd: usize): usize {
  const c = load<u8>(p);
  // By far the most members.
  if (c == QUOTE && expected == EXPECT_STRING) return valueEnd != 0 ? valueEnd : passString(p + 1);
  if (c == OPEN_OBJECT || c == OPEN_ARRAY) {
    const end = valueEnd != 0 ? valueEnd : passContainer(p);
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

/**
 * Handles the member whose key's quote is at `key` and whose value is at `p`, in the object with the path hash `hash`; answers the position behind it, or
 * 0 when its value is an object to be walked. `child`: what is declared below its key; `keyType`: KEY_ESCAPED or 0; `flags`: those of the key;
 * `isRoom`: one more object may be open; `valueEnd`: where the value ends, 0 when nobody knows.
 */
@inline
export function member(child: usize, key: usize, p: usize, keyType: u32, hash: u64, keyHash: u64, flags: u32, expects: usize, wantUnknown: bool, isRoom: bool, valueEnd: usize): usize {
  const c = load<u8>(p);
  if (child != NO_NODE) {
    const path = pathOf(child);
    const expected = path == 0 ? EXPECT_OBJECT : load<u8>(expects + path - 1);
    if (path != 0) see(path - 1);
    if (c == OPEN_OBJECT && (expected == EXPECT_OBJECT || (expected == EXPECT_ANY && (childKinds(child) & KEYS) != 0))) return 0;
    if (path != 0) {
      if (expected == EXPECT_ALWAYS) askForWatched();
      return declared(child, path - 1, expected, key, p, keyType, valueEnd);
    }
    if (c == 110 || !wantUnknown) return valueEnd != 0 ? valueEnd : passValue(p);
    return undeclared(key, p, keyType, childHash(hash, keyHash), flags | MISPLACED, valueEnd);
  }
  if (!wantUnknown) return valueEnd != 0 ? valueEnd : passValue(p);
  if (c != OPEN_OBJECT || !isRoom || load<u8>(skipSpace(p + 1)) == CLOSE_OBJECT) return undeclared(key, p, keyType, childHash(hash, keyHash), flags, valueEnd);
  if (flags != 0) addUnknown(key, p, valueEnd != 0 ? valueEnd : passContainer(p), OBJECT | keyType, childHash(hash, keyHash), flags | INNER);
  return 0;
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
