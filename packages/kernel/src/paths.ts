import { childHash, hashKey, ROOT_HASH } from './hash.ts';
import { type Kernel, MAX_DEPTH, REGION } from './memory.ts';

/** Paths compiled to the trie that assembly/trie.ts reads; `count` is the number of paths. */
export interface Paths {
  readonly count: number;
  readonly trie: Uint8Array;
}

interface Node {
  path: number;
  number: number;
  hash: bigint;
  readonly keys: Map<string, Node>;
  readonly items: Map<number, Node>;
}

const INDEX = 0xffff_ffff;
const NODE = 32;
const SLOT = 16;

const newNode = (hash: bigint): Node => ({ path: -1, number: 0, hash, keys: new Map(), items: new Map() });

/**
 * Compiles paths, each a list of keys (strings) and array indices (whole numbers from 0). Throws a RangeError for an empty
 * path, a bad index, a path given twice, and for more paths than the kernel's constants region holds (about 20,000).
 */
export function compilePaths(paths: readonly (readonly (string | number)[])[]): Paths {
  const root = newNode(ROOT_HASH);
  for (const [i, path] of paths.entries()) {
    if (path.length > MAX_DEPTH)
      throw new RangeError(`path ${i} has ${path.length} steps; at most ${MAX_DEPTH} can be nested`);
    const node = path.reduce((at, step) => childOf(at, step, path), root);
    if (node === root) throw new RangeError(`path ${i} is empty: it must name at least one key`);
    if (node.path >= 0) throw new RangeError(`path ${i} repeats path ${node.path}: ${JSON.stringify(path)}`);
    node.path = i;
  }
  const nodes = preorder(root);
  const trie = layOut(nodes);
  if (trie.length > REGION.constants.size) {
    throw new RangeError(`${paths.length} paths take ${trie.length} bytes; at most ${REGION.constants.size} fit`);
  }
  return { count: paths.length, trie };
}

/** Copies compiled paths into the constants region, where the operations read them. */
export function loadPaths(k: Kernel, paths: Paths): void {
  k.bytes.set(paths.trie, REGION.constants.at);
}

function childOf(node: Node, step: string | number, path: readonly (string | number)[]): Node {
  if (typeof step === 'string') {
    const child = node.keys.get(step) ?? newNode(childHash(node.hash, hashKey(step)));
    node.keys.set(step, child);
    return child;
  }
  if (!Number.isInteger(step) || step < 0 || step > 0x7fff_ffff) {
    throw new RangeError(`${JSON.stringify(path)}: ${step} is no array index; use whole numbers from 0`);
  }
  // The hash of a path leaves indices out: items of an array share their field.
  const child = node.items.get(step) ?? newNode(node.hash);
  node.items.set(step, child);
  return child;
}

function preorder(root: Node): Node[] {
  const nodes: Node[] = [];
  const rest = [root];
  for (let node = rest.pop(); node; node = rest.pop()) {
    node.number = nodes.length;
    nodes.push(node);
    rest.push(...node.keys.values(), ...node.items.values());
  }
  return nodes;
}

/** Slots of a node's table: a power of two with at least one free slot, where a search ends. */
function slotsOf(node: Node): number {
  const children = node.keys.size + node.items.size;
  let slots = 1;
  while (slots < 2 * children || slots <= children) slots *= 2;
  return slots;
}

function layOut(nodes: readonly Node[]): Uint8Array {
  const at = new Map<Node, number>();
  let size = 8;
  for (const node of nodes) {
    at.set(node, size);
    size += NODE + SLOT * slotsOf(node);
  }
  const tail: number[] = [];
  const view = new DataView(new ArrayBuffer(size));
  view.setUint32(0, at.get(nodes[0]!)!, true);
  view.setUint32(4, nodes.length, true);
  for (const node of nodes) writeNode(view, node, at, size, tail);
  const trie = new Uint8Array(size + tail.length);
  trie.set(new Uint8Array(view.buffer));
  trie.set(tail, size);
  return trie;
}

function writeNode(view: DataView, node: Node, at: Map<Node, number>, size: number, tail: number[]): void {
  const start = at.get(node)!;
  const slots = slotsOf(node);
  const leaves = preorderPaths(node);
  view.setUint32(start, node.path + 1, true);
  view.setUint32(start + 4, node.number, true);
  view.setUint32(start + 8, size + tail.length, true);
  view.setUint32(start + 12, leaves.length, true);
  view.setUint32(start + 16, slots - 1, true);
  view.setUint32(start + 20, (node.keys.size > 0 ? 1 : 0) | (node.items.size > 0 ? 2 : 0), true);
  view.setBigUint64(start + 24, node.hash, true);
  for (const leaf of leaves) tail.push(leaf & 255, (leaf >> 8) & 255, (leaf >> 16) & 255, leaf >>> 24);
  const put = (hash: number, key: number, length: number, child: Node): void => {
    let slot = (hash & (slots - 1)) >>> 0;
    while (view.getUint32(start + NODE + SLOT * slot + 12, true) !== 0) slot = (slot + 1) & (slots - 1);
    const words = [hash, key, length, at.get(child)!];
    for (const [i, word] of words.entries()) view.setUint32(start + NODE + SLOT * slot + 4 * i, word, true);
  };
  for (const [key, child] of node.keys) {
    // Keys stand in the trie as JSON text: a backslash there is an escape, as it is in the events.
    const text = new TextEncoder().encode(JSON.stringify(key).slice(1, -1));
    put(Number(hashKey(key) & 0xffff_ffffn), size + tail.length, text.length, child);
    for (const byte of text) tail.push(byte);
    // Word-wise comparison reads up to 8 bytes behind a key.
    while (tail.length % 4 !== 0) tail.push(0);
  }
  for (const [index, child] of node.items) put(index, index, INDEX, child);
}

function preorderPaths(node: Node): number[] {
  const below = [...node.keys.values(), ...node.items.values()].flatMap(preorderPaths);
  return node.path < 0 ? below : [node.path, ...below];
}
