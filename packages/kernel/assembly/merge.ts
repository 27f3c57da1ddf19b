// Writes the merged event: text without the members that were cut, and members under new keys.
import { copy } from './bytes';
import { CUTS, cutCount, RENAMES } from './collect';
import { nameNest, nameRenamed, renameCount } from './conflicts';
import { CLOSE_OBJECT, COLON, COMMA, isSpace, OPEN_OBJECT, QUOTE, skipSpace } from './json';
import { keyEnd } from './keys';
import { passString, passValue } from './pass';
import { afterMember, dropComma } from './splice';
import { conflictPolicy, lengthOf, prefix, RENAME, startOf } from './unpack-options';

// The member that was un-escaped: its key and where its value ends, so that nobody has to pass its long text again.
let knownKey: usize = 0;
let knownEnd: usize = 0;
// The next cut that has not been passed: cuts are sorted, and those inside a member that is left out are passed over.
let cut: usize = 0;
// No event may grow beyond this address.
let limit: usize = 0;
// Where names for renamed members may be written.
let names: usize = 0;
let namesEnd: usize = 0;

/** Whether all members of the inner object were put into the event as they stood, and how far from there. */
export let movedWhole: bool = false;
export let movedBy: usize = 0;

/** Starts an event whose un-escaped member is [key, end), which may grow up to `to` and find room for names in [room, roomEnd). */
export function startMerge(key: usize, end: usize, to: usize, room: usize, roomEnd: usize): void {
  knownKey = key;
  knownEnd = end;
  cut = 0;
  movedWhole = false;
  limit = to;
  names = room;
  namesEnd = roomEnd;
}

/** The value of the member whose key's opening quote is at `key`. */
@inline
function valueOf(key: usize): usize {
  return skipSpace(skipSpace(passString(key + 1)) + 1);
}

/** Starts with the inner text, which may stand before the outer one in memory. */
@inline
export function startInner(): void {
  cut = 0;
}

/** Address of the next cut at or behind `p`. */
@inline
function cutFrom(p: usize): usize {
  while (cut < cutCount) {
    const key = <usize>load<u32>(CUTS + (cut << 2));
    if (key >= p) return key;
    cut++;
  }
  return usize.MAX_VALUE;
}

/** Copies [p, end) to `o` without the members that are cut, with the right commas. */
export function copyUncut(p: usize, end: usize, o: usize): usize {
  const from = o;
  for (let key = cutFrom(p); key < end; key = cutFrom(p)) {
    o = copy(o, p, key - p);
    const stop = key == knownKey ? knownEnd : passValue(valueOf(key));
    p = afterMember(stop);
    if (p == stop) o = dropComma(from, o);
  }
  return copy(o, p, end - p);
}

/** Writes a comma unless the object that `o` stands in is still empty. */
@inline
function putComma(o: usize): usize {
  let q = o - 1;
  while (isSpace(load<u8>(q))) q--;
  if (load<u8>(q) != OPEN_OBJECT) store<u8>(o++, COMMA);
  return o;
}

/** Writes `"key":` with the text [key, end), the prefix before it if asked for, and a comma where one is due. */
function putKey(key: usize, end: usize, withPrefix: bool, o: usize): usize {
  o = putComma(o);
  store<u8>(o++, QUOTE);
  if (withPrefix) o = copy(o, startOf(prefix()), lengthOf(prefix()));
  o = copy(o, key, end - key);
  store<u16>(o, <u16>QUOTE | (<u16>COLON << 8));
  return o + 2;
}

@inline
function putChar(o: usize, c: u8): usize {
  store<u8>(o, c);
  return o + 1;
}

/** Writes the inner member at `key` (its opening quote), under the name [name, nameEnd) if that is not 0; answers 0 when the event grows too large. */
function putMember(key: usize, name: usize, nameEnd: usize, o: usize): usize {
  const end = keyEnd(key);
  const value = skipSpace(skipSpace(end + 1) + 1);
  const stop = passValue(value);
  const size = (name != 0 ? nameEnd - name : end - key + lengthOf(prefix())) + (stop - value);
  if (o + size + 16 > limit) return 0;
  o = name != 0 ? putKey(name, nameEnd, false, o) : putKey(key + 1, end, true, o);
  return copyUncut(value, stop, o);
}

/** Writes the members of the inner object at `open`; answers 0 when the event grows too large. */
function putMembers(open: usize, o: usize): usize {
  let p = skipSpace(open + 1);
  let renamed: usize = 0;
  while (load<u8>(p) == QUOTE) {
    const stop = passValue(valueOf(p));
    if (renamed < renameCount && load<u32>(RENAMES + (renamed << 2)) == <u32>p) {
      renamed++;
      if (conflictPolicy() == RENAME) {
        const nameEnd = nameRenamed(p + 1, keyEnd(p), true, false, names, namesEnd);
        if (nameEnd == 0) return 0;
        o = putMember(p, names, nameEnd, o);
        names = nameEnd + 1;
      }
    } else if (cutFrom(p) != p) {
      o = putMember(p, 0, 0, o);
    }
    if (o == 0) return 0;
    p = afterMember(stop);
    if (p == stop) break;
  }
  return o;
}

/** Writes the object that takes the conflicting members. */
function putNest(o: usize): usize {
  const nameEnd = nameNest(false, names, namesEnd);
  if (nameEnd == 0 || o + (nameEnd - names) + 16 > limit) return 0;
  o = putChar(putKey(names, nameEnd, false, o), OPEN_OBJECT);
  // Cuts inside these members were passed with the others.
  cut = 0;
  for (let i: usize = 0; i < renameCount; i++) {
    o = putMember(load<u32>(RENAMES + (i << 2)), 0, 0, o);
    if (o == 0) return 0;
  }
  return putChar(o, CLOSE_OBJECT);
}

/** Puts the members of the inner object [v, end) behind the outer ones that end at `o`; answers 0 when the event grows too large. */
export function putRoot(v: usize, end: usize, o: usize): usize {
  if (lengthOf(prefix()) == 0 && renameCount == 0 && cutFrom(v) >= end) {
    const body = skipSpace(v + 1);
    if (body == end - 1) return o;
    if (o + (end - body) + 16 > limit) return 0;
    o = putComma(o);
    movedWhole = true;
    movedBy = o - body;
    return copy(o, body, end - 1 - body);
  }
  o = putMembers(v, o);
  return o != 0 && renameCount != 0 && conflictPolicy() != RENAME ? putNest(o) : o;
}

/** Writes the inner value [v, end), the keys of an object with the prefix. */
function putValue(v: usize, end: usize, o: usize): usize {
  if (o + (end - v) + 16 > limit) return 0;
  if (load<u8>(v) != OPEN_OBJECT || lengthOf(prefix()) == 0) return copyUncut(v, end, o);
  o = putMembers(v, putChar(o, OPEN_OBJECT));
  return o == 0 ? 0 : putChar(o, CLOSE_OBJECT);
}

/** Puts the inner value [v, end) under the key [key, keyStop); `renamed`: that key is taken and the policy gives it another place. */
export function putInto(key: usize, keyStop: usize, renamed: bool, v: usize, end: usize, o: usize): usize {
  let closes = false;
  if (renamed) {
    const renames = conflictPolicy() == RENAME;
    const nameEnd = renames ? nameRenamed(key, keyStop, false, true, names, namesEnd) : nameNest(true, names, namesEnd);
    if (nameEnd == 0 || o + (nameEnd - names) + 16 > limit) return 0;
    if (renames) {
      key = names;
      keyStop = nameEnd;
    } else {
      o = putChar(putKey(names, nameEnd, false, o), OPEN_OBJECT);
      closes = true;
    }
  }
  if (o + (keyStop - key) + 16 > limit) return 0;
  o = putValue(v, end, putKey(key, keyStop, false, o));
  if (o == 0 || !closes) return o;
  return o + 16 > limit ? 0 : putChar(o, CLOSE_OBJECT);
}
