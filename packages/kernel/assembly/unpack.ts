// Lifts the JSON text that a field holds into the event. An event is outer text; what the field's text holds is inner.
import { copy } from './bytes';
import { addCut, collect, CUTS, cutCount, findKey, foundEnd, foundKey, foundText, givenText, giveText, HASHES, KEYS, keyCount, lookFor, refusal, RENAMES, resetCuts, resetKeys } from './collect';
import { findConflicts, hasAgain, MAX_RENAMES, renameCount, setKeys, settle } from './conflicts';
import { sortAddresses } from './heap';
import { CLOSE_OBJECT, ERR_NOT_JSON, ERR_NOT_OBJECT, ERR_NOT_UTF8, ERR_TOO_LARGE, ERR_TOO_MANY_FIELDS, OPEN_OBJECT, QUOTE, skipSpace } from './json';
import { sameKey } from './keys';
import { CONTENT_BYTES, MAX_DEPTH, MAX_EVENT_BYTES, OUT_END, PAD } from './memory';
import { copyUncut, movedBy, movedWhole, putInto, putRoot, startInner, startMerge } from './merge';
import { keepNoNotes, keepNotes, openNotes, startNotes } from './notes';
import { passString, passValue } from './pass';
import { resetPredictions, startShape } from './predict';
import { afterMember } from './splice';
import { conflictPolicy, depthCap, endOf, hashOf, into, keepsField, lengthOf, maxBytes, maxFields, NONE, RENAME, removesOnError, startOf, step, stepCount } from './unpack-options';
import { sawHighBytes, textEnd, unescape } from './unescape';
import { validUtf8 } from './utf8';

// Two texts at the end of the output region: one is un-escaped into the other when JSON text holds JSON text.
const ROOM: usize = MAX_EVENT_BYTES + PAD;
const TEXT_A: usize = OUT_END - 2 * ROOM;
const TEXT_B: usize = OUT_END - ROOM;
const EVENTS_END: usize = TEXT_A - PAD;

const UNTOUCHED: u8 = 0;
const UNPACKED: u8 = 1;

/** What became of the event, as in `status` of the host's unpack. */
let code: u8 = UNTOUCHED;
/** Levels of JSON in JSON that may still be opened. */
let levels: u8 = 0;

// The field: its key's opening quote and where its value ends.
let fieldKey: usize = 0;
let fieldEnd: usize = 0;
// The inner value, and the buffer that does not hold it.
let value: usize = 0;
let valueEnd: usize = 0;
let spare: usize = 0;
// The field's text, un-escaped.
let inner: usize = 0;

function fail(err: u8): bool {
  code = 1 + err;
  return false;
}

/** Finds the last member with the key of step `i` in the object at `p`; answers its opening quote, or 0. */
function findMember(p: usize, i: usize): usize {
  const text = step(i);
  let found: usize = 0;
  if (load<u8>(p) != OPEN_OBJECT) return 0;
  p = skipSpace(p + 1);
  while (load<u8>(p) == QUOTE) {
    const end = passString(p + 1);
    if (sameKey(startOf(text), endOf(text), p + 1, end - 1)) found = p;
    const stop = passValue(skipSpace(skipSpace(end) + 1));
    p = afterMember(stop);
    if (p == stop) break;
  }
  return found;
}

/** Finds the field of the valid event at `p` by all its steps; answers its value's first byte, or 0. */
function findField(p: usize): usize {
  for (let i: usize = 0; ; i++) {
    fieldKey = findMember(p, i);
    if (fieldKey == 0) return 0;
    p = skipSpace(skipSpace(passString(fieldKey + 1)) + 1);
    if (i + 1 == stepCount()) return p;
  }
  return 0;
}

/** Validates the event [p, end) and un-escapes the field's text into TEXT_A; false with `code` set when there is none. */
function openField(p: usize, end: usize): bool {
  const only = stepCount() == 1;
  const name = step(0);
  resetKeys(0);
  resetCuts(0);
  inner = givenText != 0 ? givenText : TEXT_A;
  lookFor(only ? startOf(name) : 0, endOf(name), hashOf(name), TEXT_A);
  let q = collect(p, MAX_DEPTH, u32.MAX_VALUE, true, false);
  const quick = only && q != 0;
  if (q == 0 && only) {
    // Either the event is damaged, or only the field's text is none that UTF-8 can hold.
    resetKeys(0);
    resetCuts(0);
    lookFor(0, 0, 0, 0);
    q = collect(p, MAX_DEPTH, u32.MAX_VALUE, true, false);
  }
  fieldKey = 0;
  if (q == 0) return fail(refusal);
  if (skipSpace(q) != end) return fail(ERR_NOT_JSON);
  if (load<u8>(p) != OPEN_OBJECT) return fail(ERR_NOT_OBJECT);
  code = UNTOUCHED;
  if (quick) {
    fieldKey = foundKey;
    fieldEnd = foundEnd;
    valueEnd = foundText;
    return foundText != 0;
  }
  inner = TEXT_A;
  const at = findField(p);
  if (at == 0 || load<u8>(at) != QUOTE) return false;
  fieldEnd = passString(at + 1);
  if (unescape(at + 1, TEXT_A) == 0) return fail(ERR_NOT_JSON);
  valueEnd = textEnd;
  return true;
}

/** Collects the inner text [text, end), whose keys come behind `keys` others; false with `code` set when it is refused. */
function openText(text: usize, end: usize, keys: usize, cuts: usize): bool {
  store<u8>(end, 0);
  resetKeys(keys);
  resetCuts(cuts);
  const p = skipSpace(text);
  const q = collect(p, depthCap(), maxFields(), false, startNotes());
  if (q == 0) return fail(refusal);
  if (skipSpace(q) != end) return fail(ERR_NOT_JSON);
  value = p;
  valueEnd = q;
  spare = text == TEXT_A ? TEXT_B : TEXT_A;
  return true;
}

/** Opens the field's text and, while levels are left, the string that it may be; false with `code` set. */
function openLevels(): bool {
  if (valueEnd - inner > maxBytes()) return fail(ERR_TOO_LARGE);
  // A text that was given is valid.
  if (inner == TEXT_A && sawHighBytes && !validUtf8(TEXT_A, valueEnd)) return fail(ERR_NOT_UTF8);
  lookFor(0, 0, 0, 0);
  const keys = keyCount;
  const cuts = cutCount;
  if (!openText(inner, valueEnd, keys, cuts)) return false;
  levels--;
  while (levels > 0 && load<u8>(value) == QUOTE) {
    const text = spare;
    const was = value;
    const wasEnd = valueEnd;
    if (unescape(was + 1, text) == 0 || textEnd - text > maxBytes() || !openText(text, textEnd, keys, cuts)) {
      // A string whose text is no JSON is simply a string.
      value = was;
      valueEnd = wasEnd;
      spare = text;
      resetKeys(keys);
      resetCuts(cuts);
      break;
    }
    levels--;
  }
  if (lengthOf(into()) == NONE && load<u8>(value) != OPEN_OBJECT) return fail(ERR_NOT_OBJECT);
  code = UNPACKED;
  return true;
}

/** Takes the field's key off the outer keys, unless it stays; answers how many there are. */
function outerKeys(count: usize): usize {
  if (keepsField()) return count;
  addCut(fieldKey);
  if (stepCount() > 1) return count;
  const name = step(0);
  const at = findKey(0, count, startOf(name), endOf(name), hashOf(name));
  if (at < 0) return count;
  store<u32>(HASHES + (<usize>at << 2), load<u32>(HASHES + ((count - 1) << 2)));
  store<u32>(KEYS + (<usize>at << 2), load<u32>(KEYS + ((count - 1) << 2)));
  return count - 1;
}

/** Writes the event at `p`, whose closing brace is at `close`, merged with the inner value, to `o`; answers 0 with `code` set. */
function merge(p: usize, close: usize, keys: usize, o: usize): usize {
  const outer = outerKeys(keys);
  setKeys(outer, keys, keyCount);
  const name = into();
  const whole = lengthOf(name) != NONE;
  let dropped = false;
  if (!whole) {
    if (!findConflicts() || (conflictPolicy() == RENAME && renameCount > MAX_RENAMES)) {
      code = 1 + ERR_TOO_MANY_FIELDS;
      return 0;
    }
  } else {
    const at = findKey(0, outer, startOf(name), endOf(name), hashOf(name));
    const cuts = cutCount;
    // The value's own address stands for the key that it does not have.
    if (at >= 0) settle(load<u32>(KEYS + (<usize>at << 2)), value);
    dropped = cutCount > cuts && load<u32>(CUTS + (cuts << 2)) == <u32>value;
  }
  const renamed = whole && renameCount > 0;
  if (whole) setKeys(outer, keys, keyCount);
  sortAddresses(CUTS, cutCount);
  sortAddresses(RENAMES, renameCount);
  const limit = o + MAX_EVENT_BYTES;
  startMerge(fieldKey, fieldEnd, limit, spare, spare + MAX_EVENT_BYTES);
  o = copyUncut(p, close, o);
  startInner();
  if (!whole) o = putRoot(value, valueEnd, o);
  else if (!dropped) o = putInto(startOf(name), endOf(name), renamed, value, valueEnd, o);
  if (o == 0 || o + 1 > limit) {
    code = 1 + ERR_TOO_LARGE;
    return 0;
  }
  store<u8>(o, CLOSE_OBJECT);
  return o + 1;
}

/** Writes the event [p, end) unpacked, or as it is, to `o`. */
function unpackEvent(p: usize, end: usize, o: usize): usize {
  const first = skipSpace(p);
  fieldKey = 0;
  startShape();
  if (openField(first, end)) {
    const keys = keyCount;
    if (openLevels()) {
      let close = end - 1;
      while (load<u8>(close) != CLOSE_OBJECT) close--;
      const stop = merge(first, close, keys, o);
      if (stop != 0) return stop;
    }
  }
  if (code > UNPACKED && removesOnError() && fieldKey != 0) {
    // Merging may have sorted cuts of the inner text among the outer ones.
    resetKeys(0);
    resetCuts(0);
    startShape();
    lookFor(0, 0, 0, 0);
    collect(first, MAX_DEPTH, u32.MAX_VALUE, true, false);
    addCut(fieldKey);
    sortAddresses(CUTS, cutCount);
    startMerge(fieldKey, fieldEnd, 0, 0, 0);
    return copyUncut(p, end, o);
  }
  return copy(o, p, end - p);
}

/**
 * `starts`, `ends`: u32 per event; `levelsOf`: u8 per event, the levels to open at most, which becomes those left when the
 * unpacked object has the field again, else 0. `contents`: what the framer kept of the texts of the field (two u32 per event), if that is the last
 * member of each event, else 0. Writes events from `o` on, their starts, ends (u32) and codes (u8), and notes to [notes,
 * notesEnd) if `notes` is not 0. Answers how many fitted.
 */
export function unpack(starts: usize, ends: usize, count: usize, levelsOf: usize, contents: usize, o: usize, outStarts: usize, outEnds: usize, codes: usize, notes: usize, notesEnd: usize): usize {
  resetPredictions();
  openNotes(notes, notesEnd, count);
  for (let i: usize = 0; i < count; i++) {
    if (o + MAX_EVENT_BYTES + 64 > EVENTS_END) return i;
    const end = <usize>load<u32>(ends + (i << 2));
    const kept = load<u8>(end);
    store<u8>(end, 0);
    levels = load<u8>(levelsOf + i);
    if (contents != 0) giveText(load<u32>(contents + i * CONTENT_BYTES), load<u32>(contents + i * CONTENT_BYTES, 4), end - 1);
    else giveText(0, 0, 0);
    store<u32>(outStarts + (i << 2), <u32>o);
    o = unpackEvent(load<u32>(starts + (i << 2)), end, o);
    if (code == UNPACKED && movedWhole) keepNotes(i, movedBy);
    else keepNoNotes(i);
    store<u32>(outEnds + (i << 2), <u32>o);
    store<u8>(end, kept);
    store<u8>(codes + i, code);
    store<u8>(levelsOf + i, code == UNPACKED && hasAgain ? levels : 0);
  }
  return count;
}
