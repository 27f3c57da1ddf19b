import { path } from '@tailrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fieldsOf } from './event-fields.ts';

const TYPES = { 'fields.user': 'keyword', labels: 'flattened', '"a.b".c': 'long' };

it('gives the members of objects one by one, with their types, and what is declared as a whole undivided', () => {
  const event = {
    fields: { user: 'ada', more: { deep: [1, { x: null }] } },
    labels: { app: 'x', 'app.kubernetes.io/name': 'y' },
    'a.b': { c: 1 },
    empty: {},
    __proto__: null,
  };
  expect(fieldsOf(JSON.stringify(event), TYPES)).toEqual([
    { path: 'fields.user', type: 'keyword', value: 'ada' },
    { path: 'fields.more.deep', type: null, value: [1, { x: null }] },
    { path: 'labels', type: 'flattened', value: { app: 'x', 'app.kubernetes.io/name': 'y' } },
    { path: '"a.b".c', type: 'long', value: 1 },
    { path: 'empty', type: null, value: {} },
  ]);
});

it('loses no digit, and takes any name for a name', () => {
  const text = '{"n":12345678901234567890,"list":[9007199254740993],"__proto__":{"toString":"x"},"constructor":1}';
  expect(JSON.parse(JSON.stringify(fieldsOf(text, TYPES)))).toEqual([
    { path: 'n', type: null, value: '12345678901234567890' },
    { path: 'list', type: null, value: ['9007199254740993'] },
    { path: '__proto__.toString', type: null, value: 'x' },
    { path: 'constructor', type: null, value: 1 },
  ]);
});

it('gives nothing of a text that is no object, and not more than it can show', () => {
  expect(['', '{', '[1]', '"x"', 'null', '{"a":1}x'].map((text) => fieldsOf(text, TYPES))).toEqual(Array(6).fill([]));
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`f${n}`, n])));
  expect(fieldsOf(many, TYPES)).toHaveLength(2000);
});

it('names each member by a path that leads to it', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.dictionary(fc.string(), fc.string()))),
      (event) => {
        const text = JSON.stringify(event);
        for (const { path: name, value } of fieldsOf(text, {})) {
          let found: unknown = JSON.parse(text);
          for (const step of path(name).steps) found = (found as Record<string, unknown>)[step];
          expect(found).toEqual(value);
        }
      },
    ),
    { numRuns: 100 },
  );
});
