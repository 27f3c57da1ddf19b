import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PathError, path, printPath } from './path.ts';

test.each([
  ['fields.client_id', ['fields', 'client_id']],
  ['kubernetes.labels."app.kubernetes.io/name"', ['kubernetes', 'labels', 'app.kubernetes.io/name']],
  ['spans[0].name', ['spans', 0, 'name']],
  ['a[1][22]', ['a', 1, 22]],
  ['@timestamp', ['@timestamp']],
  ['"".""', ['', '']],
  ['"a\\"b\\u00e9"[3]', ['a"bé', 3]],
  ['ключ.鍵', ['ключ', '鍵']],
])('%s', (text, steps) => {
  expect(path(text)).toEqual({ text, steps });
});

test.each([
  ['', 1, 'a key'],
  ['.a', 1, 'a key (quote one that holds . " [ ] or white space)'],
  ['a.', 3, 'a key (quote one that holds . " [ ] or white space)'],
  ['a..b', 3, 'a key (quote one that holds . " [ ] or white space)'],
  ['a b', 2, '"." or "["'],
  ['a[x]', 3, 'an array index and "]"'],
  ['a[1', 3, 'an array index and "]"'],
  ['a[-1]', 3, 'an array index and "]"'],
  ['[0]', 1, 'a key (quote one that holds . " [ ] or white space)'],
  ['a."b', 3, 'a closing quote'],
  ['"a\\x"', 1, 'a key quoted like a JSON string'],
  ['"a"b', 4, '"." or "["'],
])('%j is refused at column %i', (text, column, expected) => {
  let error: unknown;
  try {
    path(text);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(PathError);
  expect(error).toMatchObject({
    column,
    message: `field path ${JSON.stringify(text)}, column ${column}: expected ${expected}`,
  });
});

test('a printed path is read back as the same steps', () => {
  const key = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('a.b', 'a b', '"', '', '0', '[1]'));
  const steps = fc.tuple(key, fc.array(fc.oneof(key, fc.nat({ max: 999_999_999 })), { maxLength: 4 }));
  fc.assert(
    fc.property(steps, ([first, rest]) => {
      const all = [first, ...rest];
      const text = printPath(all);
      expect(path(text)).toEqual({ text, steps: all });
    }),
    { numRuns: 300 },
  );
});
