// Members of the unpacked object whose keys the event has already, and new names for them.
import { copy } from './bytes';
import { addCut, findKey, HASHES, KEYS, keyCount, RENAMES, ROOM, resetKeys } from './collect';
import { compareKeys, sortKeys } from './heap';
import { BACKSLASH, QUOTE } from './json';
import { afterPrefix, hashKey, keyEnd, sameKey } from './keys';
import { againKey, conflictPolicy, endOf, fieldName, hashOf, INNER_WINS, lengthOf, NONE, OUTER_WINS, prefix, protectCount, protectedKey, startOf } from './unpack-options';

/** Inner members to put elsewhere: the addresses of their opening quotes, in RENAMES. */
export let renameCount: usize = 0;
/** The inner object has the member `againKey`, under its own key. */
export let hasAgain: bool = false;

/** Events with more conflicts than this are refused under `rename`: each needs a name that no member has. */
export const MAX_RENAMES: usize = 1024;

// Columns of keys: outer [0, outerCount), inner [innerFrom, innerTo), then with a prefix the outer keys that start with it,
// each from behind it; then names that were given.
let outerCount: usize = 0;
let innerFrom: usize = 0;
let innerTo: usize = 0;
let namesFrom: usize = 0;

/** Sets which keys on the stack are outer and inner ones. */
export function setKeys(outer: usize, from: usize, to: usize): void {
  outerCount = outer;
  innerFrom = from;
  innerTo = to;
  namesFrom = to;
  renameCount = 0;
  hasAgain = false;
}

// The key's own opening quote: the one before `p` that no backslash escapes.
function openingQuote(p: usize): usize {
  do p--;
  while (load<u8>(p) != QUOTE || load<u8>(p - 1) == BACKSLASH);
  return p;
}

function isProtected(quote: usize): bool {
  const end = keyEnd(quote);
  for (let i: usize = 0; i < protectCount(); i++) {
    const text = protectedKey(i);
    if (sameKey(startOf(text), endOf(text), quote + 1, end)) return true;
  }
  return false;
}

/** Index in the sorted keys [from, to) of `key`, or -1. */
function search(from: usize, to: usize, key: usize, h: u32): isize {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareKeys(load<u32>(HASHES + (middle << 2)), load<u32>(KEYS + (middle << 2)), h, key);
    if (order == 0) return <isize>middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}

/** Appends the outer keys that start with the prefix, each from behind it; false when there is no room. */
function stripOuter(): bool {
  if (keyCount + outerCount + MAX_RENAMES > ROOM) return false;
  let to = innerTo;
  for (let i: usize = 0; i < outerCount; i++) {
    const key = <usize>load<u32>(KEYS + (i << 2));
    const end = keyEnd(key - 1);
    const rest = afterPrefix(key, end, startOf(prefix()), endOf(prefix()));
    if (rest == 0) continue;
    store<u32>(KEYS + (to << 2), <u32>rest);
    store<u32>(HASHES + (to << 2), <u32>hashKey(rest, end, true));
    to++;
  }
  namesFrom = to;
  return true;
}

/** What becomes of the outer key `outer` and of the inner one at `quote` that is the same. */
export function settle(outer: usize, quote: usize): void {
  const policy = isProtected(openingQuote(outer)) ? OUTER_WINS : conflictPolicy();
  if (policy == OUTER_WINS) {
    addCut(quote);
  } else if (policy == INNER_WINS) {
    addCut(openingQuote(outer));
  } else {
    store<u32>(RENAMES + (renameCount << 2), <u32>quote);
    renameCount++;
  }
}

/** Finds the conflicts of all inner keys; false when there are too many keys. */
export function findConflicts(): bool {
  let from: usize = 0;
  let to = outerCount;
  if (lengthOf(prefix()) != 0) {
    if (!stripOuter()) return false;
    from = innerTo;
    to = namesFrom;
  }
  const many = to - from > 64;
  if (many) sortKeys(HASHES + (from << 2), KEYS + (from << 2), to - from);
  const again = againKey();
  const wantsAgain = lengthOf(again) != NONE;
  // Of 64 bits, those that the outer keys have by their hashes: a key whose bit is missing is none of them.
  let bits: u64 = 0;
  for (let i = from; i < to; i++) bits |= (<u64>1) << (load<u32>(HASHES + (i << 2)) & 63);
  for (let i = innerFrom; i < innerTo; i++) {
    const h = load<u32>(HASHES + (i << 2));
    const key = <usize>load<u32>(KEYS + (i << 2));
    let same: isize = -1;
    if ((bits >> (h & 63)) & 1) same = many ? search(from, to, key, h) : findFew(from, to, key, h);
    const kept = same < 0 || settleAt(<usize>same, key - 1);
    if (wantsAgain && kept && h == hashOf(again) && sameKey(startOf(again), endOf(again), key, keyEnd(key - 1))) hasAgain = true;
  }
  resetKeys(namesFrom);
  return true;
}

@inline
function findFew(from: usize, to: usize, key: usize, h: u32): isize {
  const hashes = i32x4.splat(<i32>h);
  for (let i = from; i < to; i += 4) {
    if (v128.any_true(i32x4.eq(v128.load(HASHES + (i << 2)), hashes))) return findKey(from, to, key, keyEnd(key - 1), h);
  }
  return -1;
}

/** Settles a conflict; true when the inner member stays under its own key. */
function settleAt(outer: usize, quote: usize): bool {
  const key = <usize>load<u32>(KEYS + (outer << 2));
  settle(key, quote);
  return conflictPolicy() == INNER_WINS && !isProtected(openingQuote(key));
}

/** Whether the event has the key [p, end) already: outside, inside (unless `outerOnly`), or as a name that was given. */
function isTaken(p: usize, end: usize, outerOnly: bool): bool {
  const h = <u32>hashKey(p, end, true);
  if (findKey(0, outerCount, p, end, h) >= 0 || findKey(namesFrom, keyCount, p, end, h) >= 0) return true;
  if (outerOnly) return false;
  const rest = afterPrefix(p, end, startOf(prefix()), endOf(prefix()));
  return rest != 0 && findKey(innerFrom, innerTo, rest, end, <u32>hashKey(rest, end, true)) >= 0;
}

@inline
function putText(o: usize, text: usize): usize {
  return copy(o, startOf(text), lengthOf(text));
}

/** Notes the name [p, end) as given, a quote behind it. */
function give(p: usize, end: usize): void {
  store<u8>(end, QUOTE);
  store<u32>(HASHES + (keyCount << 2), <u32>hashKey(p, end, true));
  store<u32>(KEYS + (keyCount << 2), <u32>p);
  resetKeys(keyCount + 1);
}

/** Writes to `o` a free name for the key [key, end): the field's name and `_` before it, as often as it takes. Answers its end, a quote there; 0 when it passes `limit`. */
export function nameRenamed(key: usize, end: usize, withPrefix: bool, outerOnly: bool, o: usize, limit: usize): usize {
  for (let times = 1; ; times++) {
    const size = <usize>times * (lengthOf(fieldName()) + 1) + lengthOf(prefix()) + (end - key);
    if (o + size + 32 > limit) return 0;
    let p = o;
    for (let i = 0; i < times; i++) {
      p = putText(p, fieldName());
      store<u8>(p++, 95);
    }
    if (withPrefix) p = putText(p, prefix());
    p = copy(p, key, end - key);
    if (isTaken(o, p, outerOnly)) continue;
    give(o, p);
    return p;
  }
}

/** Writes to `o` a free name for the object that takes conflicting members: the field's, and `_inner` behind it as often as it takes; 0 when it passes `limit`. */
export function nameNest(outerOnly: bool, o: usize, limit: usize): usize {
  if (o + lengthOf(fieldName()) + 32 > limit) return 0;
  let p = putText(o, fieldName());
  while (isTaken(o, p, outerOnly)) {
    if (p + 64 > limit) return 0;
    store<u32>(p, 0x6e6e695f); // _inn
    store<u16>(p, 0x7265, 4); // er
    p += 6;
  }
  give(o, p);
  return p;
}
