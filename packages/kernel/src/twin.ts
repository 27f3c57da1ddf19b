// The plain JSON.parse twin of each operation: what the property tests hold the kernel against. No production code.
import { MAX_DEPTH } from './memory.ts';

/** A number with the bytes it was written with, so that tests see a re-printed one. */
export class Digits {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

/** JSON.parse with numbers as their own text. */
export function parseLossless(text: string): unknown {
  const revive: Reviver = (_key, value, { source }) => (typeof value === 'number' ? new Digits(source ?? '') : value);
  return JSON.parse(text, revive as (this: unknown, key: string, value: unknown) => unknown);
}

/** Nesting of the brackets in valid JSON text. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{}\]]/gs)) {
    if (token === '{' || token === '[') deepest = Math.max(deepest, ++depth);
    else if (token === '}' || token === ']') depth--;
  }
  return deepest;
}

/** Whether the bytes are one JSON value in UTF-8, at most MAX_DEPTH deep. */
export function isValid(bytes: Uint8Array): boolean {
  try {
    // JSON.parse takes no byte order mark, and neither does the kernel: TextDecoder would eat it.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
    return depthOf(text) <= MAX_DEPTH;
  } catch {
    return false;
  }
}

/** The value at a path, undefined when it is missing; keys only match objects, indices only arrays. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    const fits = typeof step === 'number' ? Array.isArray(at) : typeof at === 'object' && !Array.isArray(at);
    if (!fits || at === null || at instanceof Digits || !Object.hasOwn(at as object, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}
