import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differenceLine, differences } from './difference.ts';

const lines = (there: unknown, ours: unknown): string[] => differences(there, ours).map(differenceLine);

describe('differences', () => {
  test('what a server adds is none, and neither is what is empty and not there', () => {
    expect(
      lines({ a: 1, id: 7, panels: [{ title: 'A', x: 1, added: true }] }, { a: 1, panels: [{ title: 'A', x: 1 }] }),
    ).toEqual([]);
    expect(lines({}, { list: [], none: null, object: {} })).toEqual([]);
    // JSON has one zero.
    expect(lines({ zero: 0 }, { zero: -0 })).toEqual([]);
  });

  test('elements belong together by name, whatever their place', () => {
    const there = {
      panels: [
        { title: 'A', w: 1 },
        { title: 'Old', w: 1 },
        { title: 'B', w: 1 },
      ],
    };
    const ours = { panels: [{ title: 'New' }, { title: 'A', w: 2 }, { title: 'B', w: 1 }] };
    expect(lines(there, ours)).toEqual([
      '~ panels[A].w: 1 → 2',
      '- panels[Old]: {"title":"Old","w":1}',
      '+ panels[New]: {"title":"New"}',
    ]);
  });

  test('another order is a difference', () => {
    expect(lines({ l: [{ name: 'a' }, { name: 'b' }] }, { l: [{ name: 'b' }, { name: 'a' }] })).toEqual([
      '~ l (order): "a, b" → "b, a"',
    ]);
  });

  test('elements without names are compared by their place', () => {
    expect(lines({ l: [1, 2, 3] }, { l: [1, 5] })).toEqual(['~ l[1]: 2 → 5', '- l[2]: 3']);
  });

  test('JSON in strings is compared by what it says', () => {
    expect(lines({ panelsJSON: '[{"title":"A","w":1}]' }, { panelsJSON: '[ {"w": 1, "title": "A"} ]' })).toEqual([]);
    expect(lines({ panelsJSON: 'broken' }, { panelsJSON: '[]' })).toEqual(['~ panelsJSON: "broken" → []']);
  });

  test('of long values the part that differs is shown', () => {
    const query = (name: string) => `${'x'.repeat(300)} ${name} ${'y'.repeat(300)}`;
    const [line] = lines({ q: query('before') }, { q: query('after') });
    expect(line).toMatch(/^~ q: …x{19} before y+… → …x{19} after y+…$/);
  });
});

test('anything is the same as itself, and as itself with members added', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (value, added) => {
      const copy = JSON.parse(JSON.stringify(value)) as unknown;
      expect(differences(copy, value)).toEqual([]);
      expect(differences({ ...added, value: copy }, { value })).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('a number that is changed is found', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: fc.string({ minLength: 1 }), n: fc.integer() }), { minLength: 1 }),
      fc.nat(),
      (list, at) => {
        const changed = list.map((each, i) => (i === at % list.length ? { ...each, n: each.n + 1 } : each));
        expect(differences({ list }, { list: changed })).toHaveLength(1);
      },
    ),
    { numRuns: 200 },
  );
});
