import fc from 'fast-check';
import { expect, test } from 'vitest';
import { run } from './modify.fixture.ts';

const key = 'sixteen bytes or more';
/** What an operation makes of the field `a`. */
async function made(operation: object, value: unknown): Promise<unknown> {
  return ((await run([operation], [{ a: value }])).events as { a: unknown }[])[0]!.a;
}
const anyText = fc.string({ unit: 'binary', maxLength: 12 });

test('hash is HMAC-SHA-256: the first case of RFC 4231', async () => {
  const hash = { fields: ['a'], key: '\u000b'.repeat(20) };
  const hex = 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7';
  expect(await made({ hash }, 'Hi There')).toBe(hex);
  expect(await made({ hash: { ...hash, length: 8, prefix: 'u_' } }, 'Hi There')).toBe('u_b0344c61');
  expect(await made({ hash: { ...hash, output: 'base64' } }, 'Hi There')).toBe(
    Buffer.from(hex, 'hex').toString('base64'),
  );
});

test('hash, mask and truncate reach every value, keep what is null, and leave keys', async () => {
  const value = { user: 'ada', ids: [17, 1.5, null, [true]] };
  expect(await made({ mask: { fields: ['a'], keep_first: 1 } }, value)).toEqual({
    user: 'a**',
    ids: ['1*', '1**', null, ['t***']],
  });
  expect(await made({ truncate: { fields: ['a'], limit: 2 } }, value)).toEqual({ user: 'a…', ids: value.ids });
  const { user, ids } = (await made({ hash: { fields: ['a'], key } }, value)) as { user: string; ids: unknown[] };
  expect(ids).toEqual([
    await made({ hash: { fields: ['a'], key } }, 17),
    expect.any(String),
    null,
    [expect.any(String)],
  ]);
  expect(user).toMatch(/^[0-9a-f]{64}$/);
});

test('a key that holds a dot is a field of its own, which quotes name', async () => {
  const event = { 'user.name': 'ada', user: { name: 'bob' } };
  const { events } = await run([{ mask: { fields: ['"user.name"'] } }], [event]);
  expect(events).toEqual([{ 'user.name': '***', user: { name: 'bob' } }]);
});

test('a number is hashed as it is written, a text as what it says', async () => {
  const { events } = await run(
    [{ hash: { fields: ['a', 'b', 'c', 'd'], key } }],
    ['{"a":10,"b":"10","c":"\\u0031\\u0030","d":1e1}'],
  );
  const { a, b, c, d } = events[0] as Record<'a' | 'b' | 'c' | 'd', string>;
  expect([b, c]).toEqual([a, a]);
  expect(d).not.toBe(a);
});

test.each([
  ['4111111111111111', { keep_first: 4, keep_last: 4 }, '4111********1111'],
  ['secret', { keep_first: 3, keep_last: 3 }, '******'],
  ['secret', { keep_first: 3, keep_last: 2 }, 'sec*et'],
  ['a😀é😀', { keep_last: 1, character: '😀' }, '😀😀😀😀'],
  ['😀ab😎', { keep_first: 1, keep_last: 1, character: '·' }, '😀··😎'],
  ['from 10.1.2.3 to 10.1.2.45', { pattern: '\\d+(\\.\\d+){3}', keep_first: 3 }, 'from 10.***** to 10.******'],
  ['nothing', { pattern: '\\d+' }, 'nothing'],
  ['12345678', { pattern: '\\b\\d{4}' }, '****5678'],
  ['a\nb\nb', { pattern: '(?m)^b$' }, 'a\n*\n*'],
  ['É é', { pattern: '(?i)é' }, '* *'],
  ['ab', { pattern: 'x*' }, 'ab'],
  ['😀b😀', { pattern: '(?s)^.' }, '*b😀'],
  ['😀b😀', { pattern: '.' }, '***'],
])('mask %j by %j: %j', async (value, options, masked) => {
  expect(await made({ mask: { fields: ['a'], ...options } }, value)).toBe(masked);
});

test('a number without a match stays a number', async () => {
  const operation = { mask: { fields: ['a'], pattern: '\\d{13,}' } };
  expect((await run([operation], ['{"a":[1.50,4111111111111111]}'])).texts).toEqual([
    '{"a":[1.50,"****************"]}',
  ]);
});

test.each(['^(a+)+$', '(a|a)*b', 'a.*b|a', '(?i)(a|aa)+b|a'])(
  'an evil pattern (%s) ends, and what it had no time for is hidden',
  async (pattern) => {
    const masked = (await made({ mask: { fields: ['a'], pattern } }, `${'a'.repeat(60_000)}!`)) as string;
    expect(masked.length).toBe(60_001);
    // Either nothing matches, or every a does.
    expect(masked.replaceAll('*', '')).toMatch(/^(?:a{60000})?!?$/);
  },
);

test('mask keeps as many characters as it may and hides all others', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, fc.nat(4), fc.nat(4), async (text, first, last) => {
      const masked = (await made({ mask: { fields: ['a'], keep_first: first, keep_last: last } }, text)) as string;
      const before = [...text];
      const hidden = before.length > first + last ? before.fill('*', first, before.length - last) : before.fill('*');
      expect(masked).toBe(hidden.join(''));
    }),
    { numRuns: 100 },
  );
});

const marker = fc.constantFrom('', '.', '…', '[cut]');
test('truncate keeps the limit, cuts between characters, and leaves what is short', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyText,
      fc.integer({ min: 7, max: 30 }),
      fc.constantFrom('characters', 'bytes'),
      marker,
      async (text, limit, unit, mark) => {
        const size = (part: string): number => (unit === 'bytes' ? Buffer.byteLength(part) : [...part].length);
        const cut = (await made({ truncate: { fields: ['a'], limit, unit, marker: mark } }, text)) as string;
        if (size(text) <= limit) {
          expect(cut).toBe(text);
          return;
        }
        const characters = [...text];
        let kept = 0;
        while (size(characters.slice(0, kept + 1).join('')) <= limit - size(mark)) kept++;
        expect(cut).toBe(characters.slice(0, kept).join('') + mark);
      },
    ),
    { numRuns: 100 },
  );
});
