import { transformHarness } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { modify } from './modify.ts';
import { applyTwin, type Raw, rawOf, type TwinOperation } from './modify.twin.ts';

const KEYS = ['a', 'b'];
const key = fc.constantFrom(...KEYS);
/** Some are not written as JSON.stringify would write them. */
const leaf = fc.constantFrom(
  ...[
    '"x"',
    '"X,y, Z"',
    '"\\u00C4\\/"',
    '"😀é"',
    '""',
    '1',
    '-0.10',
    '1e5',
    '9007199254740993',
    'true',
    'false',
    'null',
  ],
);
const keyText = key.chain((name) =>
  fc.constantFrom(`"${name}"`, `"${name}"`, `"\\u00${name.charCodeAt(0).toString(16)}"`),
);
const space = fc.constantFrom('', '', ' ');
const { value: anyText, object: eventText } = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('object'), tie('list')),
  object: fc
    .array(fc.tuple(keyText, space, tie('value')), { maxLength: 4 })
    .map((members) => `{${members.map(([name, gap, value]) => `${name}:${gap}${value}`).join(',')}}`),
  list: fc.tuple(space, fc.array(tie('value'), { maxLength: 3 })).map(([gap, items]) => `[${items.join(`,${gap}`)}]`),
}));

const member = fc.array(key, { minLength: 1, maxLength: 3 }).map((steps) => steps.join('.'));
const field = fc.oneof(
  { arbitrary: member, weight: 4 },
  { arbitrary: fc.tuple(member, fc.nat(2)).map(([text, index]) => `${text}[${index}]`), weight: 1 },
);
const fields = fc.array(field, { minLength: 1, maxLength: 3 });
const value = anyText.map((text) => JSON.parse(text) as unknown);
const secret = 'sixteen bytes or more';
const operation: fc.Arbitrary<TwinOperation> = fc.oneof(
  fc.record({ field: member, value }).map((set) => ({ set })),
  fc.record({ field: member, value }).map((options) => ({ default: options })),
  fc
    .record({ from: field, to: member })
    .filter(({ from, to }) => from !== to)
    .map((rename) => ({ rename })),
  fc
    .record({ from: field, to: member })
    .filter(({ from, to }) => from !== to)
    .map((copy) => ({ copy })),
  fields.map((paths) => ({ remove: { fields: paths } })),
  fields.map((paths) => ({ lower: { fields: paths } })),
  fc.record({ field, to: member }, { requiredKeys: ['field'] }).map((split) => ({ split })),
  fc.record({ field, to: member }, { requiredKeys: ['field'] }).map((join) => ({ join })),
  fields.map((paths) => ({ hash: { fields: paths, key: secret } })),
  fields.map((paths) => ({ mask: { fields: paths } })),
  fields.map((paths) => ({ truncate: { fields: paths, limit: 3 } })),
);
const operations = fc.array(
  fc
    .tuple(operation, fc.option(member, { freq: 4 }))
    .map(([entry, guard]) => (guard === null ? entry : { ...entry, when: `has(${guard})` })),
  { minLength: 1, maxLength: 5 },
);

test('any list of operations does to text what it does to objects, and leaves the rest as it is written', async () => {
  await fc.assert(
    fc.asyncProperty(operations, fc.array(eventText, { minLength: 1, maxLength: 3 }), async (list, events) => {
      const { texts, rejected } = (await transformHarness(modify, { operations: list })).run(events);
      const expected = events.map((text) => {
        const event = rawOf(text) as Map<string, Raw>;
        applyTwin(event, list);
        return event;
      });
      expect(rejected).toEqual([]);
      expect(texts.map(rawOf)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});
