// check over a parsed tree: what the property tests hold the kernel against.
import type { Tree } from './tree.ts';
import { EXPECT } from './types.ts';

/** Paths with the type expected at each. */
export type Declared = readonly (readonly [path: readonly string[], expected: number])[];

/** Exceptions as "path key value end" and undeclared members as "key value end", by position. */
export function checkTwin(tree: Tree, declared: Declared): { exceptions: string[]; unknown: string[] } {
  const exceptions: string[] = [];
  const unknown: string[] = [];
  const walk = (object: Tree, at: readonly string[], known: boolean): void => {
    for (const { keyAt, key, value } of object.members ?? []) {
      const path = [...at, JSON.parse(Buffer.from(key, 'latin1').toString()) as string];
      const under = known ? declared.filter(([steps]) => path.every((step, i) => steps[i] === step)) : [];
      const exact = declared.findIndex(
        ([steps]) => steps.length === path.length && under.some(([other]) => other === steps),
      );
      const place = `${keyAt} ${value.at} ${value.end}`;
      if (under.length > 0) {
        const expected = exact < 0 ? EXPECT.object : declared[exact]![1];
        const walked = expected === EXPECT.object || (expected === EXPECT.any && under.length > 1);
        if (value.members && walked) walk(value, path, true);
        else if (exact < 0 && value.plain !== 'null') unknown.push(place);
        else if (exact >= 0 && !accepts(value, expected)) exceptions.push(`${exact} ${place}`);
      } else if (value.members && value.members.length > 0) {
        if (path.at(-1)!.includes('.') || path.at(-1)!.trim() === '') unknown.push(place);
        walk(value, path, false);
      } else unknown.push(place);
    }
  };
  walk(tree, [], true);
  return { exceptions, unknown };
}

function accepts({ plain = '', members, items }: Tree, expected: number): boolean {
  if (expected === EXPECT.any) return true;
  if (plain === 'null') return expected !== EXPECT.always;
  if (members) return expected === EXPECT.opaque || expected === EXPECT.object;
  if (items && expected === EXPECT.opaque) return items.every((item) => item.members || item.plain === 'null');
  const scalar: readonly number[] = [EXPECT.string, EXPECT.integer, EXPECT.number, EXPECT.boolean, EXPECT.date];
  if (!scalar.includes(expected)) return false;
  if (items) return items.every((item) => accepts(item, expected));
  const integer = /^-?\d+$/.test(plain) && BigInt.asIntN(64, BigInt(plain)) === BigInt(plain);
  if (expected === EXPECT.string) return plain.startsWith('"');
  if (expected === EXPECT.integer) return integer;
  if (expected === EXPECT.number) return /^-?\d/.test(plain) && Math.abs(Number(plain)) < 1e308;
  if (expected === EXPECT.boolean) return plain === 'true' || plain === 'false';
  return integer || /^"\d{4}(-\d\d-\d\d)?"$/.test(plain);
}
