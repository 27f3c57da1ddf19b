// Compares each event with declared types and gives out only what needs attention: members that do not fit, and members that nobody declared.
import { ARRAY_STACK, FRAME, member } from './check-member';
import { checkNoted, notedFrom, openNoted, startNoted } from './check-noted';
import { closeRows, dropRows, openRows, overflow, rowsSoFar, setKnown, startRows } from './check-rows';
import { clearEscape, CLOSE_OBJECT, COLON, COMMA, OPEN_OBJECT, QUOTE, sawEscape, skipSpace } from './json';
import { childHash, hashKey, keyFlags } from './keys';
import { KEY_ESCAPED } from './locate';
import { SCRATCH_AT } from './memory';
import { passString } from './pass';
import { childIn, entryNow, flagsIn, hashIn, learn, learnNothing, lengthIn, predict, resetPredictions, startShape } from './predict';
import { keepObject, repeatedObject } from './repeated-objects';
import { childByKey, NO_NODE, pathHash, rootNode } from './trie';
import { endWatched, mayKeep, openWatched, startWatched } from './watched-paths';

// A frame: the node, then the entry of the object's key (0: none that is of interest), where it begins and the rows so far (u32 each), and the
// path hash (u64).

/** Walks the event [p, end). Answers the position behind it, or 0 when its text is damaged. */
function checkEvent(p: usize, end: usize, expects: usize, wantUnknown: bool): usize {
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
      // Without room for rows nobody knows whether it would have some.
      if (owner != 0 && !overflow && load<u32>(top, 12) == <u32>rowsSoFar()) keepObject(owner, load<u32>(top, 8), p, hash);
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
    if (key == notedFrom) {
      checkNoted(expects, wantUnknown);
      // Unpack writes nothing behind those members but the event's brace.
      p = end - 1;
      continue;
    }
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
    const stop = member(child, key, p, keyType, hash, keyHash, flags, expects, wantUnknown, top < limit, 0);
    if (stop != 0) {
      p = stop;
    } else {
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
 * for a u32 per path; `watchedPaths`: u32 each; `notes`: those that unpack kept of these events, 0 for none. Answers how many events are done.
 */
export function check(starts: usize, ends: usize, shifts: usize, count: usize, base: u32, expects: usize, wantUnknown: bool, exceptions: usize, exceptionsStop: usize, unknowns: usize, unknownsStop: usize, knownTable: usize, knownSlots: usize, seenPaths: usize, paths: usize, watchedPaths: usize, watchedCount: usize, counts: usize, codes: usize, notes: usize): usize {
  openRows(exceptions, exceptionsStop, unknowns, unknownsStop);
  setKnown(knownTable, knownSlots);
  resetPredictions();
  if (notes != 0) openNoted();
  openWatched(seenPaths, paths, watchedPaths, watchedCount);
  let i: usize = 0;
  for (; i < count; i++) {
    const end = <usize>load<u32>(ends + (i << 2));
    startRows(base + <u32>i, load<u32>(shifts + (i << 2)));
    startWatched();
    const kept = load<u8>(end);
    store<u8>(end, 0);
    startNoted(notes, i);
    const stop = checkEvent(load<u32>(starts + (i << 2)), end, expects, wantUnknown);
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
