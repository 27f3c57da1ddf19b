import fc from 'fast-check';
import { expect, test } from 'vitest';
import { run } from './modify.fixture.ts';

test.each([
  ['a,b,,c', {}, ['a', 'b', '', 'c']],
  ['', {}, ['']],
  ['', { drop_empty: true }, []],
  [' a ;; b ', { separator: ';', trim: true, drop_empty: true }, ['a', 'b']],
  [' a ;; b ', { separator: ';', trim: true }, ['a', '', 'b']],
  ['a, b, c', { separator: ', ', limit: 2 }, ['a', 'b, c']],
  ['a,b', { limit: 2 }, ['a', 'b']],
  ['a,b', { limit: 1 }, ['a,b']],
])('split %j by %j', async (text, options, pieces) => {
  expect((await run([{ split: { field: 'a', ...options } }], [{ a: text }])).events).toEqual([{ a: pieces }]);
});

const separator = fc.string({ minLength: 1, maxLength: 2 });
const item = fc.string({ unit: 'binary', maxLength: 4 }).filter((text) => text.isWellFormed());

test('what split cut, join puts together, and the other way round', async () => {
  await fc.assert(
    fc.asyncProperty(separator, fc.array(item, { minLength: 1, maxLength: 4 }), async (mark, items) => {
      const text = items.join(mark);
      const there = await run(
        [{ split: { field: 'a', separator: mark } }, { join: { field: 'a', separator: mark, to: 'b' } }],
        [{ a: text }],
      );
      expect(there.events).toEqual([{ a: text.split(mark), b: text }]);
      fc.pre(text.split(mark).length === items.length);
      const back = await run(
        [{ join: { field: 'a', separator: mark } }, { split: { field: 'a', separator: mark } }],
        [{ a: items }],
      );
      expect(back.events).toEqual([{ a: items }]);
    }),
    { numRuns: 100 },
  );
});
