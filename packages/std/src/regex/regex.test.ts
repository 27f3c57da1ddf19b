import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Engine, re2Engine, v8Engine } from './engines.ts';
import { parsePattern } from './parse-pattern.ts';
import { printForRe2, printForV8 } from './print-pattern.ts';
import { compileRegex, RegexError } from './regex.ts';

const groupsOf = (pattern: string, text: string, flags = ''): (string | undefined)[] | null => {
  const match = compileRegex(pattern, flags).exec(text);
  return match && [...match];
};

test.each([
  ['a(b)?c', 'xabc', ['abc', 'b']],
  ['a(b)?c', 'ac', ['ac', undefined]],
  ['^\\[(?<level>[A-Z]+)\\] (.*)$', '[INFO] up', ['[INFO] up', 'INFO', 'up']],
  ['(?P<a>x)|(?P<a>y)', 'y', ['y', undefined, 'y']],
  ["(?'q'x)", 'x', ['x', 'x']],
  ['(?i)straße (É)', 'STRAßE é', ['STRAßE é', 'é']],
  ['(?i:A)b', 'ab', ['ab']],
  ['(?i:A)b', 'aB', null],
  ['a(?i)b|c', 'C', ['C']],
  ['(?:a(?i)b)c', 'aBC', null],
  ['(?i)[a-c]+', 'aBC', ['aBC']],
  ['(?i)[^a]', 'A', null],
  ['(?i)k', '\u212a', null],
  ['(?m)^b$', 'a\nb\nc', ['b']],
  ['^b$', 'a\nb\nc', null],
  ['a.c', 'a\rc', ['a\rc']],
  ['a.c', 'a\nc', null],
  ['(?s)a.c', 'a\nc', ['a\nc']],
  ['(?s:.)(?-s:.)', '\n\n', null],
  ['[\\w.-]+', '!a-b.c', ['a-b.c']],
  ['[]', '', 'column 1: an empty class'],
  ['[\\]]+', ']]', [']]']],
  ['[[:alpha:]]+[[:^alpha:]]', '1ab2', ['ab2']],
  ['\\x41\\u0042\\u{43}\\x{44}\\t', 'ABCD\t', ['ABCD\t']],
  ['\\Aab\\z', 'ab', ['ab']],
  ['(?m)\\Ab', 'a\nb', null],
  ['\\bfoo\\B', 'foos', ['foo']],
  ['x{2,3}?', 'xxxx', ['xx']],
  ['x{2,}', 'xxxx', ['xxxx']],
  ['x{40}', 'x'.repeat(40), ['x'.repeat(40)]],
  ['a{b', 'a{b', ['a{b']],
  ['\\p{Lu}+', 'aÉA', ['ÉA']],
  ['[😀-😎]', 'x😃', ['😃']],
  ['[^😀-😎]', '😃x', ['x']],
  ['[^\\s\\S]', 'a', null],
  ['[\\s\\S]', 'a', ['a']],
  ['(?:😀){2}', '😀😀', ['😀😀']],
  ['😀{2}', '😀😀', ['😀😀']],
  ['[^"]+', '😀"', ['😀']],
  ['^(.)(.*)$', '😀abc', ['😀abc', '😀', 'abc']],
  ['^(\\S)(\\W)(\\D+?)([^a])(.*)$', '😀😀😀😀😀b', ['😀😀😀😀😀b', '😀', '😀', '😀', '😀', '😀b']],
  ['([^a-z])(abc)', '😀abc', ['😀abc', '😀', 'abc']],
  ['^.{4}$', '😀😀', null],
  ['^.{2}$', '😀😀', ['😀😀']],
  ['[\\u4e00-\\uffff]', '😀', null],
  ['[^\\u4e00-\\uffff]', '😀', ['😀']],
  ['[^\\u0000-\\uffff]', 'x😀', ['😀']],
  ['\ud83d', '😀', null],
  ['^(.)(.)(.)$', '\ude00😀\ud83d', ['\ufffd😀\ufffd', '\ufffd', '😀', '\ufffd']],
  ['\\/\\-\\ ', '/- ', ['/- ']],
  ['[\\b]', '\b', ['\b']],
  ['\\D\\W\\S', 'a-b', ['a-b']],
  ['', 'x', ['']],
])('%s on %j: %j', (pattern, text, groups) => {
  if (typeof groups === 'string') expect(() => compileRegex(pattern)).toThrow(groups);
  else expect(groupsOf(pattern, text)).toEqual(groups);
});

test.each([
  ['a(b', 2, 'the group is not closed'],
  ['ab)', 3, 'no group is open here'],
  ['[a-', 1, 'the class is not closed'],
  ['[z-a]', 2, 'the range runs backwards'],
  ['[a-\\d]', 2, 'a range must end in one character'],
  ['[[:nope:]]', 2, 'no class is called [:nope:]'],
  ['*a', 1, 'there is nothing to repeat'],
  ['a|+', 3, 'there is nothing to repeat'],
  ['a**', 3, 'a repeat of a repeat'],
  ['a++', 3, 'a possessive repeat'],
  ['a{2,1}', 2, 'the wrong way round'],
  ['a{,5}', 2, 'write {0,…}'],
  ['a{2000}', 2, 'counts to 1000 at most'],
  ['(?:(?:a{50}){50}){50}', 1, 'count to more than 1000'],
  ['(a)\\1', 4, 'a reference to an earlier group'],
  ['(?<x>a)\\k<x>', 8, 'a reference to an earlier group'],
  ['a(?=b)', 2, 'a look-around (?='],
  ['a(?!b)', 2, 'a look-around (?!'],
  ['(?<=a)b', 1, 'a look-around (?<='],
  ['(?<!a)b', 1, 'a look-around (?<!'],
  ['(?>a+)', 1, 'an atomic group'],
  ['(?|a)', 1, 'an unknown kind of group'],
  ['(?x)a', 1, 'there is no flag x'],
  ['a(?m)b', 2, 'write (?m) at its start'],
  ['ab\\', 3, 'a backslash at the end'],
  ['\\y', 1, '\\y is no escape'],
  ['\\Z', 1, '\\Z is not supported'],
  ['\\xZ', 1, '\\x wants hexadecimal digits'],
  ['\\u{110000}', 1, 'U+110000 is no character'],
  ['\\p', 1, '\\p wants a property'],
  ['\\p{Nope}', 1, 'cannot be compiled'],
  ['é😀(', 3, 'the group is not closed'],
  ['('.repeat(200), 101, 'nested deeper than 100'],
  ['()'.repeat(501), 1001, 'more than 500 capturing groups'],
  ['a'.repeat(40_000), 32_769, 'longer than 32768 characters'],
])('%s is refused at column %i: %s', (pattern, column, reason) => {
  const error = (() => {
    try {
      compileRegex(pattern);
    } catch (thrown) {
      return thrown as RegexError;
    }
    return null;
  })();
  expect(error).toBeInstanceOf(RegexError);
  expect([error?.column, error?.message]).toEqual([column, expect.stringContaining(reason)]);
});

test('a flag that does not exist is refused', () => {
  expect(() => compileRegex('a', 'g')).toThrow('there is no flag g');
  expect(groupsOf('^B', 'a\nb', 'im')).toEqual(['b']);
});

test('an ordinary pattern runs on V8, one that V8 cannot keep linear does not', () => {
  expect(compileRegex('(?i)^(\\d{1,3}\\.){3}[a-f]+').engine).toBe('v8');
  expect(compileRegex('x{1,50}').engine).toBe('re2js');
  expect(compileRegex('\\p{L}').engine).toBe('re2js');
});

// Backtracking alone needs from minutes to longer than the universe has for each of these; the test's own limit of time is the assertion.
test.each([
  '^(a+)+$',
  '^(?i)(a+)+$',
  '^(a|a)*b',
  '^(a|aa)+$',
  '(a*)*b',
  '(?:a*){1,15}b',
  '(a*a*)*a*b',
  'a*a*a*a*a*b',
  '(?:(?:a+)+)+!!',
  '(a?){200}a{200}b',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '^(\\w+\\s?)*$',
  '(.*)(.*)(.*)(.*)[^a!]',
  '^(?:\\p{L}+)+$',
])('%s ends', { timeout: 60_000 }, (pattern) => {
  const regex = compileRegex(pattern);
  const text = `${'a'.repeat(5000)}!`;
  expect([regex.test(text), regex.exec(text)]).toEqual([false, null]);
});

// A search from each place on, each of which looks at all that follows: a square of the length at least, minutes or more for these.
test.each(['x*y', 'x*?y', '[^y]*z', '.*y', '\\w+@', 'x{3,}y', '(?:x*y)?z', 'x*x*x*y', '^x*x*x*y'])(
  '%s ends on a long text and on a very long one',
  { timeout: 60_000 },
  (pattern) => {
    const regex = compileRegex(pattern);
    const found = [16_000, 500_000].map((length) => regex.test('x'.repeat(length)));
    expect([regex.engine, ...found]).toEqual(['v8', false, false]);
  },
);

test.each(['(.*)(.*)(.*)(.*)\\d', '^(\\S+\\s?)*\\n', '(?:[^y]*y)?z', '.*y'])(
  '%s ends on characters of two units each',
  { timeout: 60_000 },
  (pattern) => {
    const regex = compileRegex(pattern);
    const found = [5000, 100_000].map((length) => regex.test('😀'.repeat(length)));
    expect([regex.engine, ...found]).toEqual(['v8', false, false]);
  },
);

test('what is found in a very long text is what is found in a short one', () => {
  const regex = compileRegex('(?:(a)|(b))*c');
  const [short, long] = [100, 20_000].map((length) => regex.exec(`-${'ab'.repeat(length)}c`));
  expect(short && [short.index, ...short.slice(1)]).toEqual([1, undefined, 'b']);
  expect(long && [long.index, long[0]!.length, ...long.slice(1)]).toEqual([1, 40_001, undefined, 'b']);
});

test('a search that needs more memory for going back than there is goes on', { timeout: 60_000 }, () => {
  const regex = compileRegex(`(?:${'(a)?'.repeat(499)}b)*(c)`);
  expect(regex.exec(`${'b'.repeat(16_000)}c`)?.at(-1)).toBe('c');
});

test('what no character is in is found nowhere, in a very long text neither', () => {
  const regex = compileRegex('[^\\s\\S]');
  expect(['a', 'a'.repeat(20_000)].map((text) => regex.test(text))).toEqual([false, false]);
});

test('a pattern that is too large for the quick engine runs on the linear one', () => {
  const regex = compileRegex(`^(?:${'.'.repeat(16_000)}|(.))$`);
  expect(['a', '😀', 'é', '😀'].map((text) => regex.exec(text)?.[1])).toEqual(['a', '😀', 'é', '😀']);
});

test('a match knows its place and its groups, and so do all that follow', () => {
  const all = (pattern: string, text: string) =>
    [...compileRegex(pattern).all(text)].map((match) => [match.index, ...match]);
  expect(all('(b)(c)?', 'abcb')).toEqual([
    [1, 'bc', 'b', 'c'],
    [3, 'b', 'b', undefined],
  ]);
  expect(all('^a|b', 'aab')).toEqual([
    [0, 'a'],
    [2, 'b'],
  ]);
  expect(all('^a', 'aa')).toEqual([[0, 'a']]);
  expect(all('(?m)^a', 'aa\na')).toEqual([
    [0, 'a'],
    [3, 'a'],
  ]);
  for (const pattern of ['x*', '(?:x{0,40})'])
    expect(all(pattern, 'axxb')).toEqual([
      [0, ''],
      [1, 'xx'],
      [3, ''],
      [4, ''],
    ]);
});

test('no match begins or ends between the halves of a pair', () => {
  const all = (pattern: string, text: string) =>
    [...compileRegex(pattern).all(text)].map((match) => [match.index, ...match]);
  expect(all('.', '😀b')).toEqual([
    [0, '😀'],
    [2, 'b'],
  ]);
  for (const pattern of ['x*', '[^b]??', '(?:x{0,40})'])
    expect(all(pattern, '😀b')).toEqual([
      [0, ''],
      [2, ''],
      [3, ''],
    ]);
  expect(all('\\B', 'a😀😀')).toEqual([
    [3, ''],
    [5, ''],
  ]);
  // Here every place but those inside of pairs is an edge of a word.
  expect(compileRegex('\\B').test('a😀'.repeat(100_000).concat('a'))).toBe(false);
});

/** Patterns of all that both engines know, without empty loops, about whose captures engines differ. */
const patterns = fc.letrec<{ one: string; many: string; all: string }>((tie) => ({
  one: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        ...['a', 'b', 'é', '😀', '.', '\\d', '\\s', '\\w', '\\D', '\\S', '\\W', '[ab]', '[^a]', '[^\\s]', ' '],
        ...['[\\u4e00-\\uffff]', '[^\\u4e00-\\uffff]'],
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom('\\bb', 'a\\B', '^a', 'b$') },
    { weight: 2, arbitrary: tie('all').map((inner) => `(${inner})`) },
    { weight: 1, arbitrary: tie('all').map((inner) => `(?i:${inner})`) },
  ),
  many: fc
    .tuple(tie('one'), fc.constantFrom('', '', '?', '+', '*', '??', '+?', '{2}', '{1,3}'))
    .map(([one, repeat]) => (/[?*]/.test(one) || /\\[bB]|[$^|]/.test(one) ? one : one + repeat)),
  all: fc
    .array(fc.array(tie('many'), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 2 })
    .map((branches) => branches.map((pieces) => pieces.join('')).join('|')),
}));

test('both engines find the same', () => {
  const texts = fc.string({
    unit: fc.constantFrom('a', 'b', 'A', 'B', 'é', 'É', '1', ' ', '\n', '\u00a0', '😀', '\ufffd', '\ud83d'),
    maxLength: 12,
  });
  fc.assert(
    fc.property(patterns.all, texts, (pattern, text) => {
      const parsed = parsePattern(pattern, '');
      const quick = v8Engine(printForV8(parsed)!, false, false);
      fc.pre(quick !== null);
      const slow = re2Engine(printForRe2(parsed));
      const found = ({ test, exec, all }: Engine) => [
        test(text),
        ...[exec(text), ...all(text)].map((match) => match && [match.index, ...match]),
      ];
      expect(found(quick!)).toEqual(found(slow));
    }),
    { numRuns: 100 },
  );
});
