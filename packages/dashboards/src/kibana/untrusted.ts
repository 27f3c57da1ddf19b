/** Says what is wrong with a part of a file. */
export type Report = (what: string) => void;

/** JSON of which nothing is known yet. */
export type Untrusted = Readonly<Record<string, unknown>>;

/** An object, or an empty one for anything else. */
export function objectIn(value: unknown): Untrusted {
  return isObject(value) ? value : {};
}

export function isObject(value: unknown): value is Untrusted {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list, or an empty one for anything else. */
export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text, or an empty one for anything else. */
export function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Those texts of a list that are texts. */
export function textsIn(value: unknown): readonly string[] {
  return listIn(value).filter((one) => typeof one === 'string');
}

/** What JSON in a text says; undefined when it is none. */
export function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Those of the first list that the second has not. */
export function missingFrom(those: Iterable<string>, has: Iterable<string>): string[] {
  const there = new Set(has);
  return [...new Set(those)].filter((one) => !there.has(one));
}

/** Those that come more than once. */
export function repeated(those: readonly string[]): string[] {
  return [...new Set(those.filter((one, index) => those.indexOf(one) !== index))];
}
