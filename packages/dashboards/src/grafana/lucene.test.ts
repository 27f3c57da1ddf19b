import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Condition } from '../model.ts';
import { DEFAULTS } from '../parameters.ts';
import { luceneOf, luceneString, luceneTerm, variableClauses } from './lucene.ts';

const CASES: [string, Condition[], string][] = [
  ['nothing', [], '*'],
  ['a value', [{ field: 'fields.message', is: 'Port Steal' }], 'fields.message:"Port Steal"'],
  ['one of values', [{ field: 'fields.message', is: ['a', 'b"c'] }], 'fields.message:("a" OR "b\\"c")'],
  ['a list of one', [{ field: 'level', is: ['ERROR'] }], 'level:"ERROR"'],
  [
    'numbers and booleans',
    [
      { field: 'a', is: 5 },
      { field: 'b', is: true },
    ],
    'a:"5" AND b:"true"',
  ],
  ['an exclusion alone', [{ field: 'a', isNot: ['x', 'y'] }], '*:* AND NOT a:("x" OR "y")'],
  [
    'exclusions last',
    [
      { field: 'a', isNot: 'x' },
      { field: 'b', is: 'y' },
    ],
    'b:"y" AND NOT a:"x"',
  ],
  [
    'presence',
    [
      { field: 'a', exists: true },
      { field: 'b', exists: false },
    ],
    '_exists_:a AND NOT _exists_:b',
  ],
  [
    'beginnings',
    [
      { field: 'a', startsWith: 'x y' },
      { field: 'b', startsNotWith: 'mirrord-copy-' },
    ],
    'a:x\\ y* AND NOT b:mirrord\\-copy\\-*',
  ],
  [
    'numbers between',
    [
      { field: 'a', atLeast: -5 },
      { field: 'a', below: 500 },
    ],
    'a:["-5" TO *] AND a:[* TO "500"}',
  ],
];

describe('Lucene', () => {
  test.each(CASES)('%s', (_, conditions, text) => {
    expect(luceneOf(conditions, DEFAULTS, [])).toBe(text);
  });

  test('what a viewer chose stands before exclusions, under the prefix that fields have', () => {
    const parameters = { ...DEFAULTS, field_prefix: 'log-1.' };
    const clauses = variableClauses(
      [
        { name: 'user', label: 'User', field: 'fields.client_user' },
        { name: 'pod', label: 'Pod', label_name: 'pod' },
      ],
      parameters,
    );
    expect(luceneOf([{ field: 'fields.a', isNot: 'x' }], parameters, clauses)).toBe(
      `(log\\-1.client_user:\${user:lucene}) AND NOT log\\-1.a:"x"`,
    );
  });

  test('any text in quotes or bare says the same, and holds no variable of Grafana', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: awkward })), (text) => {
        const [quoted, bare] = [luceneString(text), luceneTerm(text)];
        expect(quoted).toMatch(/^"(?:[^"\\]|\\[\s\S])*"$/);
        expect(withoutEscapes(quoted.slice(1, -1))).toBe(text);
        expect(bare).toMatch(/^(?:[\p{L}\p{N}_.@]|\\[\s\S])*$/u);
        expect(withoutEscapes(bare)).toBe(text);
        for (const each of [quoted, bare]) expect(each).not.toMatch(/[$[]/);
      }),
      { numRuns: 200 },
    );
  });
});

const awkward = fc.constantFrom(...'"\\$[]{}()*?:/~^+-&|! \n\tu0 NOT', 'OR', 'ß', '😀', '\u0000');

/** As Lucene's QueryParserBase.discardEscapeChar reads a term. */
function withoutEscapes(text: string): string {
  return text.replace(/\\(?:u([0-9a-f]{4})|([\s\S]))/gi, (_, unit: string | undefined, character: string) =>
    unit === undefined ? character : String.fromCharCode(Number.parseInt(unit, 16)),
  );
}
