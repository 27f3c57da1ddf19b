import {
  anyOf,
  anything,
  boolean,
  bytes,
  duration,
  fieldPath,
  integer,
  list,
  map,
  number,
  object,
  oneOf,
  type Schema,
  secret,
  string,
} from '@tailrace/core';
import { expect, test } from 'vitest';
import { describeSchema, describeValue } from './describe-schema.ts';

const description = 'An option.';
const text = string({ description });

const schemas: [words: string, schema: Schema<unknown>][] = [
  ['text', text],
  ['text', secret({ description })],
  ['text that is not empty', string({ description, minLength: 1 })],
  ['text that matches ^a+$', string({ description, pattern: '^a+$' })],
  ['a whole number', integer({ description })],
  ['a whole number of at least 1', integer({ description, minimum: 1 })],
  ['a number of at most 1', number({ description, maximum: 1 })],
  ['a number from 0 to 1', number({ description, minimum: 0, maximum: 1 })],
  ['true or false', boolean({ description })],
  ['one of a, b, 3', oneOf(['a', 'b', 3], { description })],
  ['a', oneOf(['a'], { description })],
  ['a duration such as 250ms, 30s, 5m, 2h or 7d', duration({ description })],
  ['a size such as 512, 64KB, 5MB or 32MiB', bytes({ description })],
  ['a field path such as fields.client_id', fieldPath({ description })],
  ['a list', list(text, { description })],
  ['a list with at least 1 entry', list(text, { description, minItems: 1 })],
  ['a list with at least 2 entries', list(text, { description, minItems: 2 })],
  ['keys with values', map(text, { description })],
  ['options', object({ text })],
  ['text, or a list', anyOf([text, list(text, { description })], { description })],
  ['another value', anything({ description })],
];

test.each(schemas)('takes %s', (words, { json }) => {
  expect(describeSchema(json)).toBe(words);
});

test.each<[value: unknown, shown: string, hidden: string]>([
  ['a"b', 'the text "a\\"b"', 'text'],
  ['x'.repeat(61), `the text "${'x'.repeat(60)}…"`, 'text'],
  [1.5, 'the number 1.5', 'a number'],
  [2n ** 64n, 'the number 18446744073709551616', 'a number'],
  [true, 'true', 'true'],
  [null, 'empty', 'empty'],
  [[], 'a list', 'a list'],
  [{}, 'a map of keys', 'a map of keys'],
])('%s is described with and without its value', (value, shown, hidden) => {
  expect([describeValue(value, true), describeValue(value, false)]).toEqual([shown, hidden]);
});
