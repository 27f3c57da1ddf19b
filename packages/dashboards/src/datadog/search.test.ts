import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meets } from '../log-query.twin.ts';
import type { Condition } from '../model.ts';
import { finds } from './search.fixture.ts';
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

const awkward = fc
  .string({
    unit: fc.oneof(fc.constantFrom(...'"\\*?:()[]{}<>=!&|#~^+-@/ “”\n\tOR'), fc.string({ minLength: 1, maxLength: 1 })),
  })
  .filter((text) => text !== '' && !text.includes('$'));

const words = fc.oneof(awkward, fc.constantFrom('a', 'ab', 'b'));
const numbers = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, -0.5));
const cases = fc
  .record({ field: awkward, value: fc.option(words, { nil: undefined }), others: fc.array(words) })
  .chain(({ field, value, others }) => {
    const wanted = fc.constantFrom(...others, value ?? 'a', `${value ?? ''}b`, (value ?? 'a').slice(0, 1));
    const condition: fc.Arbitrary<Condition> = fc.oneof(
      fc.record({ field: fc.constant(field), is: fc.oneof(wanted, fc.array(wanted, { minLength: 1, maxLength: 3 })) }),
      fc.record({
        field: fc.constant(field),
        isNot: fc.oneof(wanted, fc.array(wanted, { minLength: 1, maxLength: 3 })),
      }),
      fc.record({ field: fc.constant(field), exists: fc.boolean() }),
      fc.record({ field: fc.constant(field), startsWith: wanted }),
      fc.record({ field: fc.constant(field), startsNotWith: wanted }),
    );
    return fc.record({
      field: fc.constant(field),
      value: fc.constant(value),
      conditions: fc.array(condition, { maxLength: 3 }),
    });
  });
const searchAll = (conditions: readonly Condition[]) => conditions.map(search).join(' ');

test('a search finds the events that meet the conditions, whatever is in names and values', () => {
  fc.assert(
    fc.property(cases, ({ field, value, conditions }) => {
      const event = value === undefined ? {} : { [field]: value };
      expect(finds(searchAll(conditions), event)).toBe(meets(event, conditions));
    }),
    { numRuns: 200 },
  );
});

test('and those of numbers and flags', () => {
  const field = fc.constant('n');
  const condition: fc.Arbitrary<Condition> = fc.oneof(
    fc.record({ field, is: fc.oneof(numbers, fc.array(numbers, { minLength: 1, maxLength: 3 })) }),
    fc.record({ field, isNot: numbers }),
    fc.record({ field, atLeast: numbers }),
    fc.record({ field, below: numbers }),
    fc.record({ field: fc.constant('flag'), is: fc.boolean() }),
  );
  fc.assert(
    fc.property(
      fc.record({ n: numbers, flag: fc.boolean() }),
      fc.array(condition, { maxLength: 3 }),
      (event, conditions) => {
        expect(finds(searchAll(conditions), event)).toBe(meets(event, conditions));
      },
    ),
    { numRuns: 200 },
  );
});
