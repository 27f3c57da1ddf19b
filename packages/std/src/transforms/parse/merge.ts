import type { Json } from '@tailrace/core';
import type { Members } from './line.ts';

const NONE: ReadonlySet<string> = new Set();

/** What happens to members whose key is there already. */
export interface ConflictPolicy {
  readonly onConflict: 'inner_wins' | 'outer_wins' | 'rename';
  /** Keys that stay under `inner_wins`. */
  readonly protect: ReadonlySet<string>;
  /** Put in front of a key under `rename`, as often as it takes. */
  readonly prefix: string;
}

/** Puts members into an object that has some already; objects on both sides are merged. */
export function merge(object: { [key: string]: Json }, members: Members, policy: ConflictPolicy): void {
  for (const [key, value] of Object.entries(members)) {
    const there = Object.hasOwn(object, key) ? object[key] : undefined;
    if (there === undefined) assign(object, key, value);
    else if (isObject(there) && isObject(value) && !policy.protect.has(key))
      merge(there, value, { ...policy, protect: NONE });
    else if (policy.onConflict === 'rename') assign(object, freeName(object, members, policy.prefix, key), value);
    else if (policy.onConflict === 'inner_wins' && !policy.protect.has(key)) assign(object, key, value);
  }
}

/** A name that nothing has: not in the object, and not among the members, of which some may still be on their way into it. */
function freeName(object: { [key: string]: Json }, members: Members, prefix: string, key: string): string {
  let name = `${prefix}${key}`;
  while (Object.hasOwn(object, name) || Object.hasOwn(members, name)) name = `${prefix}${name}`;
  return name;
}

/** `__proto__` is an ordinary key. */
function assign(object: { [key: string]: Json }, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

/** The object that the last of the keys stands in; `null` when the way does not lead to one. */
export function homeOf(object: { [key: string]: Json }, keys: readonly string[]): { [key: string]: Json } | null {
  let home: Json | undefined = object;
  for (const key of keys.slice(0, -1)) {
    if (!isObject(home) || !Object.hasOwn(home, key)) return null;
    home = home[key];
  }
  return isObject(home) && Object.hasOwn(home, keys.at(-1)!) ? home : null;
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
