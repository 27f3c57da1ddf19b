// Reads the trie that src/paths.ts writes into the constants region. All offsets count bytes from CONST_AT.
//   header u32: root node, number of nodes
//   node   u32: path + 1 (0: none), node number, offset and count of the paths at and below it, table mask, kinds of children,
//               path hash low, high; then mask + 1 slots
//   slot   u32: hash, offset of the key, its length or INDEX, child node (0: free)
import { CONST_AT } from './memory';
import { sameBytes, sameKey } from './keys';

export const NO_NODE: usize = 0;
/** Kinds of children a node has: members of an object, items of an array. */
export const KEYS: u32 = 1;
export const ITEMS: u32 = 2;

const INDEX: u32 = 0xffff_ffff;

@inline
export function rootNode(): usize {
  return CONST_AT + load<u32>(CONST_AT);
}

@inline
export function nodeCount(): usize {
  return load<u32>(CONST_AT, 4);
}

/** The node's path number + 1, or 0. */
@inline
export function pathOf(node: usize): u32 {
  return load<u32>(node);
}

@inline
export function numberOf(node: usize): usize {
  return load<u32>(node, 4);
}

@inline
export function leavesOf(node: usize): usize {
  return CONST_AT + load<u32>(node, 8);
}

@inline
export function leafCount(node: usize): usize {
  return load<u32>(node, 12);
}

@inline
export function childKinds(node: usize): u32 {
  return load<u32>(node, 20);
}

@inline
export function pathHash(node: usize): u64 {
  return load<u64>(node, 24);
}

/** The child of `node` for the key [p, end) with the hash `h`, or NO_NODE. */
@inline
export function childByKey(node: usize, p: usize, end: usize, h: u64, escaped: bool): usize {
  const mask = load<u32>(node, 16);
  let slot = <u32>h & mask;
  while (true) {
    const at = node + 32 + (<usize>slot << 4);
    const child = load<u32>(at, 12);
    if (child == 0) return NO_NODE;
    if (load<u32>(at) == <u32>h) {
      const length = load<u32>(at, 8);
      const key = CONST_AT + load<u32>(at, 4);
      if (escaped) {
        if (length != INDEX && sameKey(key, key + length, p, end)) return CONST_AT + child;
      } else if (length == <u32>(end - p) && sameBytes(key, p, length)) {
        return CONST_AT + child;
      }
    }
    slot = (slot + 1) & mask;
  }
}

/** The child of `node` for the array item `index`, or NO_NODE. */
export function childByIndex(node: usize, index: u32): usize {
  const mask = load<u32>(node, 16);
  let slot = index & mask;
  while (true) {
    const at = node + 32 + (<usize>slot << 4);
    const child = load<u32>(at, 12);
    if (child == 0) return NO_NODE;
    if (load<u32>(at, 8) == INDEX && load<u32>(at, 4) == index) return CONST_AT + child;
    slot = (slot + 1) & mask;
  }
}

