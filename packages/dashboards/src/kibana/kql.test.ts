import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Condition } from '../model.ts';
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

// ---- a reader of what is written, by the rules of the language: its own, so that it does not share a mistake with the writer ----

type Token = { readonly kind: 'bare' | 'quoted' | 'mark'; readonly text: string; readonly stars: boolean };

function tokens(query: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < query.length; ) {
    const char = query[at] ?? '';
    if (char === ' ') at += 1;
    else if (char === '"') at = quotedToken(query, at + 1, found);
    else if ('():<>'.includes(char)) at = markToken(query, at, found);
    else at = bareToken(query, at, found);
  }
  return found;
}

function quotedToken(query: string, from: number, found: Token[]): number {
  let text = '';
  for (let at = from; at < query.length; at += 1) {
    if (query[at] === '"') {
      found.push({ kind: 'quoted', text, stars: false });
      return at + 1;
    }
    if (query[at] === '\\') {
      at += 1;
      // Within quotes \t, \r and \n would be white space.
      if ('trn'.includes(query[at] ?? '')) throw new Error('an escape that nobody wrote');
    }
    text += query[at];
  }
  throw new Error('the quotes are not closed');
}

function markToken(query: string, at: number, found: Token[]): number {
  const text = query.slice(at, at + 2) === '>=' ? '>=' : (query[at] ?? '');
  found.push({ kind: 'mark', text, stars: false });
  return at + text.length;
}

function bareToken(query: string, from: number, found: Token[]): number {
  let text = '';
  let stars = false;
  let at = from;
  for (; at < query.length && !/[\s():<>"]/.test(query[at] ?? ''); at += 1) {
    if (query[at] === '*') stars = true;
    else if (query[at] === '\\') {
      at += 1;
      text += query[at];
    } else text += query[at];
  }
  const isWord = /^(and|or|not)$/i.test(text);
  found.push({ kind: isWord ? 'mark' : 'bare', text: isWord ? text.toLowerCase() : text, stars });
  return at;
}

const marks = (query: string): string =>
  tokens(query)
    .map((token) => (token.kind === 'mark' ? token.text : token.kind === 'quoted' ? 'V' : token.stars ? 'W' : 'F'))
    .join(' ');

const anyText = fc.oneof(
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.string({
    minLength: 1,
    unit: fc.constantFrom('"', '\\', '*', ' ', '(', ')', ':', '<', '>', '{', '}', 'a', 'n', 't'),
  }),
  fc.constantFrom('and', 'OR', 'not', ' or ', '" or a:*', '\\"', '\\', 'a\nb', '\\n'),
);

test('any value is read back as it was, and says nothing else', () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 4 }), (values) => {
      const read = tokens(text({ field: 'f', is: values }));
      expect(read.filter(({ kind }) => kind === 'quoted').map((token) => token.text)).toEqual(values);
      const expected = values.length === 1 ? 'F : V' : `F : ( ${values.map(() => 'V').join(' or ')} )`;
      expect(marks(text({ field: 'f', is: values }))).toBe(expected);
    }),
    { numRuns: 200 },
  );
});

test('any beginning is read back as it was, with one star behind it', () => {
  fc.assert(
    fc.property(anyText, (value) => {
      fc.pre(!/\s|\?|^(and|or|not)$/i.test(value));
      const read = tokens(text({ field: 'f', startsWith: value }));
      expect(read.map((token) => token.kind)).toEqual(['bare', 'mark', 'bare']);
      expect(read.at(-1)).toEqual({ kind: 'bare', text: value, stars: true });
    }),
    { numRuns: 200 },
  );
});

test('any name of a field is read back as it was', () => {
  fc.assert(
    fc.property(anyText, (field) => {
      fc.pre(!/\s|^(and|or|not)$/i.test(field));
      expect(tokens(text({ field, is: 'v' }))[0]).toEqual({ kind: 'bare', text: field, stars: false });
    }),
    { numRuns: 200 },
  );
});
