import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileFormat, readTime } from './formats.ts';
import { PatternError } from './pattern.ts';
import { UTC, zoneNamed } from './zone.ts';

const NOON = BigInt(Date.UTC(2024, 0, 2, 12)) * 1_000_000n;
const read = (format: string, text: string, zone = UTC, now = NOON): string | null =>
  readTime(text, [compileFormat(format, zone)], () => now);

test.each([
  ['rfc3339', '2024-02-29T12:00:00Z', '2024-02-29T12:00:00Z'],
  ['rfc3339', '2024-02-29t12:00:00.000000001z', '2024-02-29T12:00:00.000000001Z'],
  ['rfc3339', ' 2024-02-29 12:00:00,1234 +0130 ', '2024-02-29T10:30:00.123400Z'],
  ['rfc3339', '2024-02-29T12:00:00.1234567899-00:30', '2024-02-29T12:30:00.123456789Z'],
  ['rfc3339', '2024-12-31T23:59:60Z', '2025-01-01T00:00:00Z'],
  ['rfc3339', '2023-02-29T12:00:00Z', null],
  ['rfc3339', '2024-02-29T24:00:00Z', null],
  ['rfc3339', '2024-02-29T12:00:00+24:00', null],
  ['rfc3339', '2024-02-29', null],
  ['rfc3339', '0000-01-01T00:00:00+01:00', null],
  ['rfc3339', `2024-02-29T12:00:00Z${' '.repeat(300)}`, null],
  ['epoch', '1704067200', '2024-01-01T00:00:00Z'],
  ['epoch', '1704067200.000000001', '2024-01-01T00:00:00.000000001Z'],
  ['epoch', '1.7040672005E9', '2024-01-01T00:00:00.500Z'],
  ['epoch', '-0.5', '1969-12-31T23:59:59.500Z'],
  ['epoch', '253402300800', null],
  ['epoch', '1e99', null],
  ['epoch', '0x10', null],
  ['epoch', '', null],
  ['epoch_ms', '1704067200123', '2024-01-01T00:00:00.123Z'],
  ['epoch_ms', '-1', '1969-12-31T23:59:59.999Z'],
  ['epoch_us', '1704067200123456', '2024-01-01T00:00:00.123456Z'],
  ['epoch_ns', '1704067200123456789', '2024-01-01T00:00:00.123456789Z'],
  ['epoch_ns', '1704067200123456789.9', '2024-01-01T00:00:00.123456789Z'],
  ['%d/%b/%Y:%H:%M:%S %z', '10/Oct/2000:13:55:36 -0700', '2000-10-10T20:55:36Z'],
  ['%a, %d %b %Y %T %Z', 'Mon, 02 Jan 2006 15:04:05 GMT', '2006-01-02T15:04:05Z'],
  ['%A %d %B %Y', 'monday 2 JANUARY 2006', '2006-01-02T00:00:00Z'],
  ['%a %b %e %T %Z %Y', 'Thu Feb  8 07:56:22 CET 2024', '2024-02-08T06:56:22Z'],
  ['%F %T,%f', '2024-02-29 12:00:00,123', '2024-02-29T12:00:00.123Z'],
  ['%F %T.%3N%z', '2024-02-29 12:00:00.123456+01', '2024-02-29T11:00:00.123456Z'],
  ['%m/%d/%Y %I:%M:%S %p', '12/31/2023 12:05:00 AM', '2023-12-31T00:05:00Z'],
  ['%m/%d/%Y %l:%M %P', '1/2/2024 1:05 p.m.', '2024-01-02T13:05:00Z'],
  ['%m/%d/%Y %I:%M %p', '1/2/2024 13:05 PM', null],
  ['%D %R', '12/31/69 23:59', '1969-12-31T23:59:00Z'],
  ['%y%m%d %k:%M:%S', '680102  3:04:05', '2068-01-02T03:04:05Z'],
  ['%Y%m%d%H%M%S', '20240229120000', '2024-02-29T12:00:00Z'],
  ['%Y-%j', '2024-366', '2024-12-31T00:00:00Z'],
  ['%Y-%j', '2023-366', null],
  ['%Y-%j', '2023-0', null],
  ['%s.%f', '1704067200.123', '2024-01-01T00:00:00.123Z'],
  ['[%F%n%T] 100%% (a.b)', '[2024-02-29 \t 12:00:00] 100% (a.b)', '2024-02-29T12:00:00Z'],
  ['[%F] (a.b)', '[2024-02-29] (axb)', null],
  ['%F', '2024-13-01', null],
  ['%F %T %Z', '2024-02-29 12:00:00 Europe/Berlin', '2024-02-29T11:00:00Z'],
  ['%F %T %Z', '2024-02-29 12:00:00 Nowhere/City', null],
])('%s: %s is %s', (format, text, expected) => {
  expect(read(format, text)).toBe(expected);
});

test('a zone of the text counts more than that of the option', () => {
  const berlin = zoneNamed('Europe/Berlin')!;
  expect(read('rfc3339', '2024-07-01T12:00:00', berlin)).toBe('2024-07-01T10:00:00Z');
  expect(read('rfc3339', '2024-07-01T12:00:00Z', berlin)).toBe('2024-07-01T12:00:00Z');
  expect(read('%F %T', '2024-01-01 12:00:00', berlin)).toBe('2024-01-01T11:00:00Z');
  expect(read('%s', '1704067200', berlin)).toBe('2024-01-01T00:00:00Z');
});

test.each([
  ['2024-01-02T12:00:00Z', 'Jan  2 11:00:00', '2024-01-02T11:00:00Z'],
  ['2024-01-01T00:00:30Z', 'Dec 31 23:59:59', '2023-12-31T23:59:59Z'],
  ['2023-12-31T23:59:59Z', 'Jan  1 00:00:10', '2024-01-01T00:00:10Z'],
  ['2025-03-01T00:00:00Z', 'Feb 29 12:00:00', '2024-02-29T12:00:00Z'],
  ['2022-03-01T00:00:00Z', 'Feb 29 12:00:00', null],
])('at %s, %s without a year is %s', (now, text, expected) => {
  expect(read('%b %e %H:%M:%S', text, UTC, BigInt(Date.parse(now)) * 1_000_000n)).toBe(expected);
});

test('the first format that fits is taken', () => {
  const formats = ['%d.%m.%Y', 'epoch', '%Y'].slice(0, 2).map((format) => compileFormat(format, UTC));
  expect(['01.02.2024', '1', 'x'].map((text) => readTime(text, formats, () => 0n))).toEqual([
    '2024-02-01T00:00:00Z',
    '1970-01-01T00:00:01Z',
    null,
  ]);
});

// Going back over what each directive may take would need from hours to years; the test's own limit of time is the assertion.
test.each([
  ['%Z%Z%Z%Z%Z%Z%Z %j', 'a'.repeat(250)],
  ['%f%f%f%f%f%f%f %j', '1'.repeat(200)],
  ['%n%t%n%t%n%t%n%t%j', `1${' '.repeat(200)}x`],
  ['%j%n%t%n%t%n%t%n%t!', `1${' '.repeat(200)}x`],
])('%s cannot be made to hang', { timeout: 60_000 }, (format, text) => {
  expect(read(format, text)).toBeNull();
});

test.each([
  ['%Q', 'has %Q, which is no directive'],
  ['%', 'has %, which is no directive'],
  ['%3S', 'has %3S, which is no directive'],
  ['%H:%M', 'names no day'],
  ['%F %I', 'needs both %I and %p'],
  ['%F %H %p', 'needs both %I and %p'],
  ['%F'.repeat(200), 'more than 500 capturing groups'],
  ['ISO8601', 'is neither one of rfc3339, epoch, epoch_ms, epoch_us, epoch_ns nor a pattern'],
])('%s is refused: %s', (format, message) => {
  expect(() => compileFormat(format, UTC)).toThrow(PatternError);
  expect(() => compileFormat(format, UTC)).toThrow(message);
});

const nanosOf = (text: string | null): bigint => {
  const [, whole, fraction = ''] = /^(.{19})(?:\.(\d+))?Z$/.exec(text!)!;
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
};
const nanos = fc.bigInt({ min: -62_135_596_800n * 1_000_000_000n, max: 253_402_300_799n * 1_000_000_000n });

test('what is counted since 1970 is read to the nanosecond, however it is written', () => {
  fc.assert(
    fc.property(nanos, fc.integer({ min: -3, max: 12 }), (count, places) => {
      const digits = (count < 0n ? -count : count).toString().padStart(20, '0');
      const sign = count < 0n ? '-' : '';
      expect(nanosOf(read('epoch', `${sign}${digits.slice(0, -9)}.${digits.slice(-9)}`))).toBe(count);
      expect(nanosOf(read('epoch_ns', `${count}`))).toBe(count);
      // The point moved to the left, the exponent makes up for it.
      const at = digits.length - 9 - places;
      const moved = `${sign}${digits.slice(0, at)}.${digits.slice(at)}e${places}`;
      if (at > 0 && at < digits.length) expect(nanosOf(read('epoch', moved))).toBe(count);
    }),
    { numRuns: 100 },
  );
});

const two = (value: number): string => String(value).padStart(2, '0');
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
/** Prints as strftime does, in UTC. */
const PRINTERS: Readonly<Record<string, (date: Date, nanoseconds: string) => string>> = {
  '%F %T.%f': (date, fraction) => `${date.toISOString().slice(0, 19).replace('T', ' ')}.${fraction}`,
  '%d/%b/%Y:%T.%N +0000': (date, fraction) =>
    `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]!.slice(0, 3)}/${date.toISOString().slice(0, 4)}:${date.toISOString().slice(11, 19)}.${fraction} +0000`,
  '%B %e %Y %l:%M:%S.%f %p': (date, fraction) =>
    `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(0, 4)} ${String(date.getUTCHours() % 12 || 12).padStart(2)}:${date.toISOString().slice(14, 19)}.${fraction} ${date.getUTCHours() < 12 ? 'am' : 'PM'}`,
  '%Y %j %H%M%S%f': (date, fraction) =>
    `${date.toISOString().slice(0, 4)} ${(Date.UTC(2000, date.getUTCMonth(), date.getUTCDate()) - Date.UTC(2000, 0, 0)) / 86_400_000 - (date.getUTCMonth() > 1 && new Date(Date.UTC(date.getUTCFullYear(), 1, 29)).getUTCMonth() > 1 ? 1 : 0)} ${date.toISOString().slice(11, 19).replaceAll(':', '')}${fraction}`,
};

test.each(Object.keys(PRINTERS))('%s reads what it printed', (pattern) => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_102_444_800n * 1_000_000_000n }), (count) => {
      const text = PRINTERS[pattern]!(
        new Date(Number(count / 1_000_000n)),
        String(count % 1_000_000_000n).padStart(9, '0'),
      );
      expect(nanosOf(read(pattern, text)), text).toBe(count);
    }),
    { numRuns: 100 },
  );
});
