import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NASTY } from '../log-query.fixture.ts';
import { meets } from '../log-query.twin.ts';
import type { Condition } from '../model.ts';
import { holds } from './kql.fixture.ts';
import { kql, type Names } from './kql.ts';

const names: Names = {
  nameOf: (field) => field,
  refuse: (reason) => {
    throw new Error(reason);
  },
};
const text = (...conditions: Condition[]): string => kql(conditions, names);

test.each<[string, Condition, string]>([
  ['a value', { field: 'level', is: 'ERROR' }, 'level:"ERROR"'],
  ['one of several', { field: 'level', is: ['ERROR', 'WARN'] }, 'level:("ERROR" or "WARN")'],
  ['none of several', { field: 'port', isNot: [80, 443] }, 'not port:("80" or "443")'],
  ['a boolean', { field: 'scale_down', is: true }, 'scale_down:"true"'],
  ['there', { field: 'fields.http_filter', exists: true }, 'fields.http_filter:*'],
  ['not there', { field: 'fields.http_filter', exists: false }, 'not fields.http_filter:*'],
  ['a beginning', { field: 'name', startsWith: 'mirrord-copy-' }, 'name:mirrord-copy-*'],
  ['another beginning', { field: 'name', startsNotWith: 'a*(b)' }, 'not name:a\\*\\(b\\)*'],
  ['at least', { field: 'status', atLeast: 500 }, 'status >= 500'],
  ['below', { field: 'delta', below: -1.5 }, 'delta < -1.5'],
  ['quotes', { field: 'a', is: 'say "no" \\ or' }, 'a:"say \\"no\\" \\\\ or"'],
])('%s', (_, condition, expected) => {
  expect(text(condition)).toBe(expected);
});

test('conditions hold together, and none is no query', () => {
  expect(text({ field: 'a', is: '1' }, { field: 'b', exists: false })).toBe('a:"1" and not b:*');
  expect(text()).toBe('');
});

test.each<[Condition, string]>([
  [{ field: 'a', is: [] }, 'without values'],
  [{ field: 'a', isNot: ['b', ''] }, 'empty text'],
  [{ field: 'a', startsWith: '' }, 'empty text'],
  [{ field: 'a', startsWith: 'two words' }, 'white space'],
  [{ field: 'a', startsWith: 'wh?t' }, 'any character'],
  [{ field: 'a b', exists: true }, 'white space'],
  [{ field: 'not', atLeast: 5 }, 'word of KQL'],
  [{ field: 'a', startsWith: 'And' }, 'word of KQL'],
  [{ field: 'a', atLeast: Number.NaN }, 'no number'],
])('%j is refused', (condition, reason) => {
  expect(() => text(condition)).toThrow(reason);
});

const anyText = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.string({ minLength: 1, unit: fc.constantFrom(...'"\\* ():<>{}ant') }),
  fc.constantFrom(
    'and',
    'OR',
    'not',
    ' or ',
    '" or a:*',
    '\\"',
    '\\',
    'a\nb',
    '\\n',
    ...NASTY.filter((one) => one !== ''),
  ),
);
const bare = anyText.filter((one) => !/\s|\?|^(and|or|not)$/i.test(one));
const values = fc.oneof(anyText, fc.array(anyText, { minLength: 1, maxLength: 3 }), fc.integer(), fc.boolean());
const number = fc.double({ noNaN: true, noDefaultInfinity: true });

function conditionOn(field: string): fc.Arbitrary<Condition> {
  return fc.oneof(
    values.map((is) => ({ field, is })),
    values.map((isNot) => ({ field, isNot })),
    fc.boolean().map((exists) => ({ field, exists })),
    bare.map((startsWith) => ({ field, startsWith })),
    bare.map((startsNotWith) => ({ field, startsNotWith })),
    number.map((atLeast) => ({ field, atLeast })),
    number.map((below) => ({ field, below })),
  );
}

/** Values that a condition tells apart: its own, some that look like it, and none at all. */
const someValue = (condition: Condition): fc.Arbitrary<string | number | boolean | undefined> => {
  const own = Object.entries(condition).flatMap(([key, value]) => (key === 'field' ? [] : [value].flat()));
  const near = own.flatMap((one) => [one, `${String(one)}x`, `x${String(one)}`, String(one).slice(0, -1)]);
  return fc.oneof(fc.constantFrom(...(near as (string | number | boolean)[])), anyText, number, fc.constant(undefined));
};

test('a query holds for an event when its conditions do, whatever stands in them', () => {
  const cases = bare.chain((field) =>
    fc.array(conditionOn(field), { minLength: 1, maxLength: 3 }).chain((conditions) =>
      fc.record({
        conditions: fc.constant(conditions),
        value: someValue(conditions[0] as Condition),
        field: fc.constant(field),
      }),
    ),
  );
  fc.assert(
    fc.property(cases, ({ conditions, value, field }) => {
      const event = value === undefined ? {} : { [field]: value };
      expect(holds(text(...conditions), event)).toBe(meets(event, conditions));
    }),
    { numRuns: 200 },
  );
});
