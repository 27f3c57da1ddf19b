import type { FieldType } from '@tailrace/core';
import { expect, test } from 'vitest';
import { coercionTo } from './coerce.ts';

const max = '9223372036854775807';
const cases: Readonly<Record<FieldType, readonly (readonly [text: string, coerced: string | null])[]>> = {
  keyword: [
    ['"a\\u0062"', '"a\\u0062"'],
    ['1.10', '"1.10"'],
    ['123456789012345678901', '"123456789012345678901"'],
    ['true', '"true"'],
    ['null', 'null'],
    ['{"a":1}', null],
    ['[1, "a", null, [false]]', '["1","a",null,["false"]]'],
    ['["a",  "b"]', '["a",  "b"]'],
    ['[{"a":1}]', null],
    ['[]', '[]'],
  ],
  text: [['7', '"7"']],
  long: [
    ['"8080"', '8080'],
    ['" 8080 "', '8080'],
    ['8080.0', '8080'],
    ['"8.08e3"', '8080'],
    ['1e-2', null],
    ['100e-2', '1'],
    ['0e99', '0'],
    ['0.000', '0'],
    ['8080.5', null],
    ['"+7"', '7'],
    ['"-07"', '-7'],
    ['-0', '-0'],
    [max, max],
    ['9223372036854775808', null],
    ['"-9223372036854775808"', '-9223372036854775808'],
    ['"-9223372036854775809"', null],
    ['1e18', '1000000000000000000'],
    ['1e19', null],
    ['1e999', null],
    ['""', null],
    ['"http"', null],
    ['"0x1f"', null],
    ['true', null],
    ['["1",2]', '[1,2]'],
    ['["1","x"]', null],
    [`"${'9'.repeat(500)}"`, null],
  ],
  double: [
    ['"12.50"', '12.50'],
    ['"1e3"', '1e3'],
    ['".5"', '0.5'],
    ['"5."', '5'],
    ['"+1.5"', '1.5'],
    ['"007"', '7'],
    ['1e400', null],
    ['1.5e308', '1.5e308'],
    ['"NaN"', null],
    ['"Infinity"', null],
    ['"1,5"', null],
    ['false', null],
  ],
  boolean: [
    ['"true"', 'true'],
    ['"False"', 'false'],
    ['1', 'true'],
    ['"0"', 'false'],
    ['2', null],
    ['"yes"', null],
    ['"\\u0074rue"', 'true'],
    ['["true",false]', '[true,false]'],
  ],
  date: [
    ['1704067200', '"2024-01-01T00:00:00Z"'],
    ['"1704067200"', '"2024-01-01T00:00:00Z"'],
    ['1704067200.25', '"2024-01-01T00:00:00.25Z"'],
    ['1704067200123', '"2024-01-01T00:00:00.123Z"'],
    ['1704067200123456', '"2024-01-01T00:00:00.123456Z"'],
    ['1704067200123456789', '"2024-01-01T00:00:00.123456789Z"'],
    ['-1', '"1969-12-31T23:59:59Z"'],
    ['-100000000001', '"1966-10-31T14:13:19.999Z"'],
    ['-1.5', null],
    ['1e3', null],
    ['"2024-02-29T10:00:00.5+02:00"', '"2024-02-29T10:00:00.5+02:00"'],
    ['"2024"', '"2024"'],
    ['"2024-02-29 10:00:00"', '"2024-02-29T10:00:00Z"'],
    ['"2024-02-29 10:00:00,5 +0200"', '"2024-02-29T08:00:00.5Z"'],
    ['"2024-02-29t10:00:00z"', '"2024-02-29T10:00:00Z"'],
    ['"2024-02-29T10:00:00.12345678901Z"', '"2024-02-29T10:00:00.123456789Z"'],
    ['"2023-02-29T10:00:00Z"', null],
    ['"2024-02-29T24:00:00Z"', null],
    ['"Mon, 02 Jan 2006 15:04:05 GMT"', '"2006-01-02T15:04:05Z"'],
    ['"02/Jan/2006:15:04:05 -0700"', '"2006-01-02T22:04:05Z"'],
    ['"02/Foo/2006:15:04:05 -0700"', null],
    ['"soon"', null],
    ['true', null],
    ['["2024", 1704067200]', '["2024","2024-01-01T00:00:00Z"]'],
  ],
  date_nanos: [
    ['1704067200', '"2024-01-01T00:00:00Z"'],
    ['"1969-12-31"', null],
    ['"2262-01-01"', null],
    ['"2261-12-31"', '"2261-12-31"'],
  ],
  ip: [
    ['"10.0.0.1"', '"10.0.0.1"'],
    ['" ::1 "', '"::1"'],
    ['"::ffff:1.2.3.4"', '"::ffff:1.2.3.4"'],
    ['"fe80::1%eth0"', null],
    ['"10.0.0.256"', null],
    ['"10.0.0.1:80"', null],
    ['1', null],
    ['"host"', null],
  ],
  object: [
    ['1', null],
    ['{"a":1}', null],
  ],
  flattened: [['"x"', null]],
};

test.each(
  Object.entries(cases).flatMap(([type, rows]) =>
    rows.map(([text, coerced]) => [type as FieldType, text, coerced] as const),
  ),
)('%s: %s → %s', (type, text, coerced) => {
  const coerce = coercionTo(type, null);
  expect(coerce(text)).toBe(coerced);
  // What was coerced is of the type: it stays.
  if (coerced !== null) expect(coerce(coerced)).toBe(coerced);
});

test('a value’s alias becomes the value, also in arrays and with other escapes', () => {
  const coerce = coercionTo(
    'keyword',
    new Map([
      ['"Port Stolen"', '"Port Steal"'],
      ['"5"', '"five"'],
    ]),
  );
  expect(['"Port Stolen"', '"Port\\u0020Stolen"', '["x","Port Stolen"]', '5', '"Port"'].map(coerce)).toEqual([
    '"Port Steal"',
    '"Port Steal"',
    '["x","Port Steal"]',
    '"five"',
    '"Port"',
  ]);
});
