// The edits of a batch once more, on plain objects: what tests compare LogBatch with.
import type { Json } from './json.ts';
import type { Step } from './path.ts';

type Node = Json | undefined;

/** The member at `steps`. */
export function twinGet(root: Json, steps: readonly Step[]): Json | undefined {
  let node: Node = root;
  for (const step of steps) {
    if (!has(node, step)) return undefined;
    node = child(node, step);
  }
  return node;
}

/**
 * Sets a member: makes the objects on the way, replaces what is no object. Does nothing when an array item would have to be made.
 */
export function twinSet(root: Json, steps: readonly Step[], value: Json): void {
  let depth = 0;
  let node: Node = root;
  while (depth < steps.length - 1 && has(node, steps[depth]!)) node = child(node, steps[depth++]!);
  const last = depth === steps.length - 1;
  if (last && has(node, steps[depth]!)) {
    put(node, steps[depth]!, value);
    return;
  }
  const rest = steps.slice(depth);
  if (rest.some((step) => typeof step === 'number')) return;
  let made = value;
  for (const step of rest.slice(1).reverse()) {
    const parent = {};
    put(parent, step, made);
    made = parent;
  }
  if (isObject(node)) {
    put(node, rest[0]!, made);
    return;
  }
  const parent = {};
  put(parent, rest[0]!, made);
  put(twinGet(root, steps.slice(0, depth - 1)), steps[depth - 1]!, parent);
}

/** Removes a member; the items behind an array's item move up. */
export function twinRemove(root: Json, steps: readonly Step[]): void {
  const parent = twinGet(root, steps.slice(0, -1));
  const step = steps.at(-1)!;
  if (!has(parent, step)) return;
  if (Array.isArray(parent)) parent.splice(step as number, 1);
  else Reflect.deleteProperty(parent as object, step);
}

/** Moves a member; nothing happens when it is missing. */
export function twinRename(root: Json, from: readonly Step[], to: readonly Step[]): void {
  const value = twinGet(root, from);
  if (value === undefined) return;
  twinRemove(root, from);
  twinSet(root, to, structuredClone(value));
}

function isObject(node: Node): node is { [key: string]: Json } {
  return typeof node === 'object' && node !== null && !Array.isArray(node);
}

function has(node: Node, step: Step): boolean {
  if (typeof step === 'number') return Array.isArray(node) && step < node.length;
  return isObject(node) && Object.hasOwn(node, step);
}

function child(node: Node, step: Step): Json {
  return Object.getOwnPropertyDescriptor(node as object, step)!.value as Json;
}

function put(node: Node, step: Step, value: Json): void {
  Object.defineProperty(node as object, step, { value, configurable: true, enumerable: true, writable: true });
}
