import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExpositionError, type Sample } from './exposition.ts';
import { readNumber } from './numbers.ts';
import { type ExpositionFormat, parseExposition } from './parse.ts';

const formats: readonly ExpositionFormat[] = ['text', 'openmetrics'];
const metricName = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
const labelText = fc
  .oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.stringMatching(/^["\\\n{}#,= n]{1,12}$/))
  .map((text) => text.replaceAll('\0', '0').toWellFormed());
const labels = fc
  .dictionary(
    fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,6}$/),
    labelText.filter((text) => text !== ''),
    { maxKeys: 5 },
  )
  .map((pairs) => Object.entries(pairs).filter(([name]) => name !== '__proto__'));
const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 0.1, 1e21, 5e-324));
const millis = fc.option(fc.integer({ min: -1e12, max: 4e12 }), { nil: undefined });
const line = fc.record({ name: metricName, labels, value, millis });
type Line = typeof line extends fc.Arbitrary<infer T> ? T : never;

const quoted = (text: string) => `"${text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`))}"`;
const printNumber = (number: number) =>
  Object.is(number, -0) ? '-0' : String(number).replace(/^(-?)Infinity$/, (_, sign: string) => `${sign || '+'}Inf`);

function print(lines: readonly Line[], format: ExpositionFormat): string {
  const time = (ms: number) => (format === 'text' ? String(ms) : (ms / 1000).toFixed(3));
  const printed = lines.map(({ name, labels: pairs, value: number, millis: ms }) => {
    const set = pairs.length === 0 ? '' : `{${pairs.map(([key, text]) => `${key}=${quoted(text)}`).join(',')}}`;
    return `${name}${set} ${printNumber(number)}${ms === undefined ? '' : ` ${time(ms)}`}\n`;
  });
  return printed.join('') + (format === 'text' ? '' : '# EOF\n');
}

test('what is printed is what is read', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), fc.constantFrom(...formats), (lines, format) => {
      const expected = lines.map(({ name, labels: pairs, value: number, millis: ms }): Sample => {
        const sorted = pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)).flat();
        return { name, labels: sorted, value: number, ...(ms !== undefined && { time: BigInt(ms) * 1_000_000n }) };
      });
      const text = Buffer.from(print(lines, format));
      const read = parseExposition(text, { format, sampleLimit: 100 });
      const samples = read.families.flatMap((family) => family.samples);
      const byName = (all: readonly Sample[]) => Map.groupBy(all, (sample) => sample.name);
      expect(byName(samples)).toEqual(byName(expected));
      expect(read.samples).toBe(lines.length);
    }),
    { numRuns: 200 },
  );
});

test('every decimal number is the nearest double', () => {
  const decimal = fc.stringMatching(/^-?\d{1,18}(?:\.\d{0,18})?$/);
  fc.assert(
    fc.property(decimal, (text) => {
      expect(readNumber(text, 0, text.length)).toBe(Number(text));
    }),
    { numRuns: 1000 },
  );
});

test('no bytes do anything but be read or refused at a place', () => {
  const alphabet = [
    '#',
    ' ',
    '\n',
    '{',
    '}',
    '"',
    '\\',
    ',',
    '=',
    'a',
    'a_count',
    '1',
    ' 1e300',
    ' -1',
    '+Inf',
    '# TYPE a ',
    'histogram',
    '# EOF\n',
  ];
  const noise = fc.oneof(
    fc.array(fc.constantFrom(...alphabet), { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
    fc.uint8Array({ maxLength: 60 }),
  );
  fc.assert(
    fc.property(noise, fc.constantFrom(...formats), (body, format) => {
      try {
        parseExposition(body, { format, sampleLimit: 100 });
      } catch (error) {
        expect(error).toBeInstanceOf(ExpositionError);
        const { line: row, column } = error as ExpositionError;
        const lines = Buffer.from(body).toString().split('\n');
        expect(row).toBeGreaterThanOrEqual(1);
        expect(row).toBeLessThanOrEqual(lines.length);
        expect(column).toBeLessThanOrEqual(lines[row - 1]!.length + 1);
      }
    }),
    { numRuns: 200 },
  );
});

test('time grows with the length, whatever the text', () => {
  const size = 200_000;
  const shapes: readonly [string, ExpositionFormat][] = [
    [`x{${Array.from({ length: size / 8 }, (_, k) => `l${size - k}="v"`).join(',')}} 1\n`, 'text'],
    [`x{a="${'\\\\'.repeat(size)}"} 1\n`, 'text'],
    ['# TYPE a histogram\n'.repeat(size / 10), 'text'],
    ['#'.repeat(size), 'text'],
    [`x 1 # {${'a="b",'.repeat(size / 6)}`, 'openmetrics'],
    [
      Array.from({ length: size / 20 }, (_, k) => `# TYPE m${k} counter\nm${k}_total 1\nm${k}_count 1\n`).join(''),
      'text',
    ],
  ];
  const began = performance.now();
  for (const [text, format] of shapes) {
    try {
      parseExposition(Buffer.from(text), { format, sampleLimit: 1e6 });
    } catch (error) {
      expect(error).toBeInstanceOf(ExpositionError);
    }
  }
  // A quadratic way through any of these takes minutes.
  expect(performance.now() - began).toBeLessThan(5000);
});
