/** A JSON value as door 3 gives it: integers that a double cannot hold are `bigint`. */
export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };

/** 2^53 has 16 digits. */
const UNSAFE_DIGITS = /\d{16}/;

interface SourceContext {
  source?: string;
}

/**
 * `JSON.parse` that loses no digit of an integer: one beyond 2^53 comes as `bigint`. `__proto__` is an ordinary key.
 * Fractions come as doubles. Throws SyntaxError like `JSON.parse`.
 */
export function parseJson(text: string): Json {
  // Without so many digits in a row there is no such integer, and a parse without a reviver takes a fraction of the time.
  if (!UNSAFE_DIGITS.test(text)) return JSON.parse(text) as Json;
  return JSON.parse(text, reviveExact as (this: unknown, key: string, value: unknown) => unknown) as Json;
}

/** The text of one JSON number as a value: `bigint` where a double would change an integer. */
export function parseNumber(source: string): number | bigint {
  const value = Number(source);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(source) ? value : BigInt(source);
}

function reviveExact(this: unknown, _key: string, value: unknown, context?: SourceContext): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || context?.source === undefined) return value;
  return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}

/** `JSON.stringify` that writes `bigint` as digits; `undefined`, functions and symbols become null. */
export function printJson(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? 'null' : printObject(value);
    default:
      return JSON.stringify(value) ?? 'null';
  }
}

function printObject(value: object): string {
  // Spread: map would pass over deleted items.
  if (Array.isArray(value)) return `[${[...(value as unknown[])].map(printJson).join(',')}]`;
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${printJson(member)}`).join(',')}}`;
}

/** Deep equality of two parsed values; `-0` equals `0`, key order does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && sameItems(a, b);
  }
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) && sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

function sameItems(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  // A loop, since `every` would pass over deleted items.
  for (let i = 0; i < a.length; i++) if (!sameJson(a[i], b[i])) return false;
  return true;
}
