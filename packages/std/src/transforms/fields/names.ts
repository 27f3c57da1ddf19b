import { coercionTo } from './coerce.ts';
import { printValue, type Value } from './event-tree.ts';

const isLong = coercionTo('long', null);
const isDouble = coercionTo('double', null);

const UNSAFE = /\.|^\s*$/;

/** The keys that lead from the event to a value. */
export function keysOf(value: Value): string[] {
  const keys: string[] = [];
  for (let at = value; at.parent; at = at.parent) if (!at.parent.items) keys.unshift(at.key);
  return keys;
}

/** A key that Elasticsearch takes for one key: dots become `_`, and so does a key of nothing but white space. */
export function safeKey(key: string): string {
  if (!UNSAFE.test(key)) return key;
  return key.trim() === '' ? '_' : key.replaceAll('.', '_');
}

/** `base`, with `_` behind it while it is taken; `size`, how many there are, makes a number that is free when those are taken too. */
export function freeName(base: string, size: number, isTaken: (name: string) => boolean): string {
  let name = base;
  for (let n = 1; isTaken(name); n++) name = n < 4 ? base + '_'.repeat(n) : `${base}_${size + n}`;
  return name;
}

/** Keys from the event to each field that the objects of an array make. */
export function leafKeysOf(array: Value): string[][] {
  const leaves = new Map<string, string[]>();
  const visit = (value: Value): void => {
    if (value.items) for (const item of value.items) visit(item);
    else if (value.members && value.members.size > 0) for (const member of value.members.values()) visit(member);
    else {
      const keys = keysOf(value);
      leaves.set(keys.join('\0'), keys);
    }
  };
  visit(array);
  // Arrays of nothing but empty arrays take up a name as an empty array does.
  return leaves.size > 0 ? [...leaves.values()] : [keysOf(array)];
}

/** What is put behind the key of a value that does not fit: one word per type, so that the new field has a single type too; `text` for values without one. */
export function renamedFor(value: Value, text: string, source: string): string {
  if (value.items) {
    const kinds = new Set(value.items.map((item) => renamedFor(item, printValue(source, item), source)));
    const [kind] = kinds;
    return kinds.size === 1 && kind !== 'object' ? kind! : 'text';
  }
  if (value.kind === 'number') {
    if (/^-?\d+$/.test(text) && isLong(text) !== null) return 'long';
    return isDouble(text) === null ? 'text' : 'double';
  }
  return value.kind === 'null' ? 'text' : value.kind;
}
