// The members of an event that unpack took notes of, compared with what is declared: only values that somebody asks about are looked at.
import { ARRAY_STACK, FRAME, member } from './check-member';
import { clearEscape, sawEscape } from './json';
import { childHash, hashKey, keyFlags } from './keys';
import { KEY_ESCAPED } from './locate';
import { SCRATCH_AT } from './memory';
import { firstNote, keyNumber, lastNote, NOTE, noteBehind, notedEnd, notedKey, notedValue, notesShift } from './notes';
import { passString } from './pass';
import { MOST_ENTRIES } from './predict';
import { childByKey, NO_NODE, pathHash, rootNode } from './trie';

/** Where the event at hand has notes of its members, and what turns their addresses into those of its text. */
let first: usize = 0;
let last: usize = 0;
let shift: usize = 0;
/** The key of the first noted member; 0: there is none. Nothing but noted members stands behind it. */
export let notedFrom: usize = 0;

// Far behind the frames: for each number of a key, two of what was looked up for it: below which node (u32, plus 1), what was found there (u32), the
// key's hash (u64), its flags (u32); the rest of the 32 bytes is free.
const LOOKED_UP: usize = SCRATCH_AT + 0x80_0000;
const LOOK_UP: usize = 32;

let keyHash: u64 = 0;
let keyType: u32 = 0;
let child: usize = NO_NODE;
let flags: u32 = 0;

/** Sets keyHash, keyType, child and flags for the key at `key` in the object at `node`. `number`: unpack's, 0 for none. */
@inline
function lookUp(key: usize, number: u32, node: usize): void {
  const at = LOOKED_UP + ((<usize>number << 1) | ((node >> 5) & 1)) * LOOK_UP;
  if (number != 0 && load<u32>(at) == <u32>node + 1) {
    child = load<u32>(at, 4);
    keyHash = load<u64>(at, 8);
    flags = load<u32>(at, 16);
    keyType = 0;
    return;
  }
  clearEscape();
  const end = passString(key + 1) - 1;
  const escaped = <bool>sawEscape;
  keyType = escaped ? KEY_ESCAPED : 0;
  keyHash = hashKey(key + 1, end, escaped);
  child = node == NO_NODE ? NO_NODE : childByKey(node, key + 1, end, keyHash, escaped);
  flags = keyFlags(key + 1, end, escaped);
  if (number == 0) return;
  store<u32>(at, <u32>node + 1);
  store<u32>(at, <u32>child, 4);
  store<u64>(at, keyHash, 8);
  store<u32>(at, flags, 16);
}

// A frame of FRAME bytes: the node, the end of its notes (u32 each), 8 free bytes, the path hash (u64).

/** Does with the noted members of the event at hand what checkEvent does with others. */
export function checkNoted(expects: usize, wantUnknown: bool): void {
  let at = first;
  let close = last;
  let node = rootNode();
  let hash = pathHash(node);
  let top = SCRATCH_AT;
  while (true) {
    while (at == close) {
      if (top == SCRATCH_AT) return;
      top -= FRAME;
      node = load<u32>(top);
      close = load<u32>(top, 4);
      hash = load<u64>(top, 16);
    }
    const key = notedKey(at) + shift;
    lookUp(key, keyNumber(at), node);
    const p = member(child, key, notedValue(at) + shift, keyType, hash, keyHash, flags, expects, wantUnknown, top < ARRAY_STACK, notedEnd(at) + shift);
    if (p != 0) {
      at = noteBehind(at);
      continue;
    }
    store<u32>(top, <u32>node);
    store<u32>(top, <u32>close, 4);
    store<u64>(top, hash, 16);
    top += FRAME;
    close = noteBehind(at);
    hash = child != NO_NODE ? pathHash(child) : childHash(hash, keyHash);
    node = child;
    at += NOTE;
  }
}

/** Forgets what was looked up: equal keys of another call have other numbers. */
export function openNoted(): void {
  memory.fill(LOOKED_UP, 0, 2 * LOOK_UP * <usize>MOST_ENTRIES);
}

/** Starts event `i`. `notes`: what unpack kept, 0 for nothing. */
@inline
export function startNoted(notes: usize, i: usize): void {
  first = notes == 0 ? 0 : firstNote(notes, i);
  notedFrom = 0;
  if (first == 0) return;
  last = lastNote(notes, i);
  shift = notesShift(notes, i);
  notedFrom = notedKey(first) + shift;
}
