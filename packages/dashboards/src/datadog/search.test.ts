import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Condition } from '../model.ts';
import { searchName, searchText } from './search.ts';

const refuse = (reason: string): never => {
  throw new Error(reason);
};
const search = (condition: Condition) => searchText(condition, (field) => searchName(field, refuse), refuse);

describe('conditions', () => {
  test.each<[Condition, string]>([
    [{ field: 'fields.message', is: 'Port Steal' }, '@fields.message:"Port Steal"'],
    [{ field: 'fields.message', is: ['a', 'b c'] }, '@fields.message:("a" OR "b c")'],
    [{ field: 'level', is: ['ERROR'] }, '@level:"ERROR"'],
    [{ field: 'level', isNot: ['ERROR', 'WARN'] }, '-@level:("ERROR" OR "WARN")'],
    [{ field: 'fields.port', is: 8080 }, '@fields.port:8080'],
    [{ field: 'delta', is: -1.5 }, '@delta:"-1.5"'],
    [{ field: 'fields.scale_down', is: true }, '@fields.scale_down:true'],
    [{ field: 'fields.http_filter', exists: true }, '@fields.http_filter:*'],
    [{ field: 'fields.http_filter', exists: false }, '-@fields.http_filter:*'],
    [{ field: 'fields.target_name', startsWith: 'mirrord-copy-' }, '@fields.target_name:mirrord\\-copy\\-*'],
    [{ field: 'fields.target_name', startsNotWith: 'a b*' }, '-@fields.target_name:a\\ b\\**'],
    [{ field: 'status_code', atLeast: 500 }, '@status_code:>=500'],
    [{ field: 'duration', below: 0.5 }, '@duration:<0.5'],
    [{ field: 'service', is: 'shop' }, 'service:"shop"'],
    [{ field: 'x', is: 'say "hi" \\ *' }, '@x:"say \\"hi\\" \\\\ *"'],
  ])('%j', (condition, text) => {
    expect(search(condition)).toBe(text);
  });

  test.each<[Condition, RegExp]>([
    [{ field: 'message', is: 'x' }, /`message` is its text/],
    [{ field: '@timestamp', atLeast: 1 }, /only be chosen for the whole dashboard/],
    [{ field: 'status', is: 200 }, /its severity there/],
    [{ field: 'x', is: [] }, /without values holds for nothing/],
    [{ field: 'x', is: '' }, /empty text/],
    [{ field: 'x', startsWith: '' }, /empty text/],
    [{ field: 'x', is: 'costs $5' }, /read as a template variable/],
    [{ field: '$x', is: 'a' }, /read as a template variable/],
    [{ field: 'x', atLeast: Number.NaN }, /NaN cannot be written/],
    [{ field: 'x', below: 1e21 }, /without an exponent/],
  ])('refused: %j', (condition, reason) => {
    expect(() => search(condition)).toThrow(reason);
  });
});

/** What the documented rules make of a text: characters, and the wildcards among them. */
function read(text: string): { readonly value: string; readonly wildcards: number; readonly isQuoted: boolean } {
  const isQuoted = text.startsWith('"');
  let value = '';
  let wildcards = 0;
  const body = isQuoted ? text.slice(1, -1) : text;
  for (let at = 0; at < body.length; at++) {
    const character = body[at]!;
    if (character === '\\') value += body[++at];
    else if (isQuoted ? character === '"' : ' "()[]{}:<>'.includes(character)) throw new Error(`ends early at ${at}`);
    else if (!isQuoted && '*?'.includes(character)) wildcards++;
    else value += character;
  }
  return { value, wildcards, isQuoted };
}

const awkward = fc
  .string({
    unit: fc.oneof(fc.constantFrom(...'"\\*?:()[]{}<>=!&|#~^+-@/ “”\n\tOR'), fc.string({ minLength: 1, maxLength: 1 })),
  })
  .filter((text) => text !== '' && !text.includes('$'));

test('a value in quotes is read as that value, whatever is in it', () => {
  fc.assert(
    fc.property(awkward, (value) => {
      const text = search({ field: 'x', is: value });
      expect(read(text.slice('@x:'.length))).toEqual({ value, wildcards: 0, isQuoted: true });
    }),
  );
});

test('of a prefix only the star behind it is a wildcard', () => {
  fc.assert(
    fc.property(awkward, (value) => {
      const text = search({ field: 'x', startsWith: value });
      expect(text.endsWith('*')).toBe(true);
      expect(read(text.slice('@x:'.length))).toEqual({ value, wildcards: 1, isQuoted: false });
    }),
  );
});

test('a field’s name is read as that name', () => {
  fc.assert(
    fc.property(awkward, (name) => {
      const text = search({ field: `a.${name}`, exists: true });
      expect(read(text.slice(1, -':*'.length)).value).toBe(`a.${name}`);
    }),
  );
});
