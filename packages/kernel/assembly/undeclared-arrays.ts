// What check has to know of an array that no path is declared for.
import { isKnown } from './check-rows';
import { clearEscape, CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, OPEN_ARRAY, OPEN_OBJECT, QUOTE, sawEscape, skipSpace } from './json';
import { childHash, hashKey, keyFlags } from './keys';
import { MAX_DEPTH } from './memory';
import { passPlain, passString } from './pass';

// Same numbers as UNKNOWN in src/types.ts.
export const OBJECTS: u32 = 8;
const UNSAFE_INSIDE: u32 = 16;

/** OBJECTS and UNSAFE_INSIDE of the array [p, end). */
export function arrayFlags(p: usize, end: usize): u32 {
  let flags: u32 = 0;
  while (p < end) {
    const c = load<u8>(p);
    if (c == OPEN_OBJECT) flags |= OBJECTS;
    if (c != QUOTE) {
      p++;
      continue;
    }
    clearEscape();
    const key = p + 1;
    p = passString(key);
    if (load<u8>(skipSpace(p)) == COLON && p > key && keyFlags(key, p - 1, <bool>sawEscape) != 0) flags |= UNSAFE_INSIDE;
  }
  return flags;
}

/**
 * Whether each field that the array [p, end) makes is known, `hash` being that of its own path. Items share their fields, so indices have
 * no part in a path; an array without any field is one itself. `stack` has room for 8 bytes per level.
 */
export function fieldsKnown(p: usize, end: usize, hash: u64, stack: usize): bool {
  const bottom = stack;
  const limit = stack + 8 * <usize>MAX_DEPTH;
  let fields: u32 = 0;
  // Of the innermost open container, and of the value that comes next.
  let open = hash;
  let path = hash;
  while (p < end) {
    const c = load<u8>(p);
    if (c == QUOTE) {
      const key = p + 1;
      clearEscape();
      p = passString(key);
      if (load<u8>(skipSpace(p)) == COLON && p > key) {
        path = childHash(open, hashKey(key, p - 1, <bool>sawEscape));
        continue;
      }
    } else if (c == OPEN_OBJECT || c == OPEN_ARRAY) {
      const inside = skipSpace(p + 1);
      if (load<u8>(inside) != (c == OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        if (stack == limit) return false;
        store<u64>(stack, open);
        stack += 8;
        open = path;
        p = inside;
        continue;
      }
      p = inside + 1;
      if (c == OPEN_ARRAY) {
        path = open;
        continue;
      }
    } else if (c == CLOSE_OBJECT || c == CLOSE_ARRAY) {
      p++;
      if (stack == bottom) break;
      stack -= 8;
      open = load<u64>(stack);
      path = open;
      continue;
    } else if (c <= 32 || c == COMMA || c == COLON) {
      p++;
      continue;
    } else {
      p = passPlain(p);
    }
    fields++;
    if (!isKnown(path)) return false;
    path = open;
  }
  return fields != 0 || isKnown(hash);
}
