import { expect, test } from 'vitest';
import { fieldFileFrom, fieldsFrom } from './field-file.ts';

/** Problems of inline fields as "way: message". */
const problemsOf = (fields: unknown): string[] =>
  fieldsFrom(fields).problems.map(({ at, message }) => `${at.join(' > ')}: ${message}`);

test('a whole field', () => {
  const { fields, problems } = fieldFileFrom({
    version: 1,
    fields: {
      'f.target': {
        type: 'keyword',
        unit: 'u',
        description: 'd',
        aliases: ['target', 'old."a.b"'],
        values: { A: { aliases: ['a', 'b'], description: 'x' }, B: null },
        split: { separator: '/', into: ['f.kind'] },
        ignore_above: 256,
      },
      'f.kind': { type: 'keyword' },
    },
  });
  expect(problems).toEqual([]);
  expect(fields[0]).toEqual({
    path: { text: 'f.target', steps: ['f', 'target'] },
    type: 'keyword',
    unit: 'u',
    description: 'd',
    aliases: [
      { text: 'target', steps: ['target'] },
      { text: 'old."a.b"', steps: ['old', 'a.b'] },
    ],
    values: [
      { value: 'A', aliases: ['a', 'b'], description: 'x' },
      { value: 'B', aliases: [], description: null },
    ],
    split: { separator: '/', into: [{ text: 'f.kind', steps: ['f', 'kind'] }] },
    ignoreAbove: 256,
  });
  expect(fields[1]).toMatchObject({
    type: 'keyword',
    unit: null,
    aliases: [],
    values: [],
    split: null,
    ignoreAbove: null,
  });
});

test('every problem is told, with the way to it', () => {
  expect(
    problemsOf({
      'a..b': { type: 'long' },
      'c[0]': { type: 'long' },
      d: 'long',
      e: {},
      f: { type: 'int' },
      g: { tpye: 'long', type: 'long', unit: 1 },
      h: { type: 'keyword', aliases: ['g', 'h.x'] },
      'h.y': { type: 'long' },
      i: { type: 'keyword', values: { A: { aliases: ['B'] }, B: {}, C: 'no' } },
      j: { type: 'long', values: {}, split: { separator: '', into: ['nope'] } },
      k: { type: 'keyword', split: { into: [] }, aliases: 'x', ignore_above: 0 },
      l: { type: 'keyword', split: { separator: '/', into: ['gg'] } },
    }),
  ).toEqual([
    'a..b: field path "a..b", column 3: expected a key (quote one that holds . " [ ] or white space)',
    'c[0]: names an array item: a field holds for all items, so write it without "[…]"',
    'd: must be an object with a "type", is a string',
    'e: has no type: give it one of keyword, text, long, double, boolean, date, date_nanos, ip, object, flattened',
    'f > type: must be one of keyword, text, long, double, boolean, date, date_nanos, ip, object, flattened, is "int"',
    'g > tpye: is not known here; did you mean "type"?',
    'g > unit: must be text, is a number',
    'i > values > A > aliases > 0: "B" stands for "B" already',
    'i > values > C: must be an object, is a string',
    'j > values: are for keyword and text only, and this is a long',
    'j > split: is for keyword and text only, and this is a long',
    'j > split > separator: must be text',
    'k > ignore_above: must be a whole number above 0, and stands with the type keyword only',
    'k > aliases: must be a list of texts, is a string',
    'k > split > separator: must be text',
    'k > split > into: must name the fields that take the pieces',
    'h > aliases > 0: "g" is the field "g" already',
    'h.y: cannot stand below "h", which is a keyword: only an object has members',
    'j > split > into > 0: "nope" is not declared',
    'l > split > into > 0: "gg" is not declared; did you mean "g"?',
  ]);
});

test('a path is declared once, however it is written', () => {
  expect(problemsOf({ 'a.b': { type: 'long' }, 'a."b"': { type: 'long' } })).toEqual([
    'a."b": "a.b" is the field "a.b" already',
  ]);
});

test.each([
  [[], ['must be an object with "version" and "fields", is a list']],
  [{ fields: {} }, ['has no version: write "version: 1"']],
  [{ version: 2, fields: {} }, ['is 2, newer than 1: use a newer tailrace']],
  [{ version: '1', fields: {} }, ['must be 1, is "1"']],
  [{ version: 1 }, ['must be an object of fields by their paths, is missing']],
  [{ version: 1, fields: null }, ['must be an object of fields by their paths, is empty']],
  [{ version: 1, feilds: {}, fields: {} }, ['is not known here; did you mean "fields"?']],
])('a file %j', (value, messages) => {
  expect(fieldFileFrom(value).problems.map(({ message }) => message)).toEqual(messages);
});
