import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@tailrace/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fieldColumns } from './field-columns.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tailrace-field-columns-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function columns(...files: Readonly<Record<string, string>>[]) {
  const names = files.map((_, i) => `${i}.yaml`);
  for (const [i, types] of files.entries()) {
    const fields = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
    await writeFile(join(folder, names[i]!), JSON.stringify({ version: 1, fields }));
  }
  return fieldColumns(names, { resolvePath: (name) => join(folder, name) });
}

async function refusal(...files: Readonly<Record<string, string>>[]): Promise<string> {
  const error: unknown = await columns(...files).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  const { at, message } = error as ConfigError;
  return `${at.join('.')}: ${message}`;
}

test('the union of the files; the time is a column already', async () => {
  const found = await columns({ '@timestamp': 'date', 'a.b': 'keyword' }, { 'a.b': 'keyword', n: 'long' });
  expect(found).toEqual([
    { name: 'a.b', steps: ['a', 'b'], type: 'keyword' },
    { name: 'n', steps: ['n'], type: 'long' },
  ]);
});

test('what cannot be one table is refused', async () => {
  expect(await refusal({ port: 'long' }, { port: 'keyword' })).toBe(
    'fields.1: "port" is a keyword in 1.yaml and a long in 0.yaml: give it one type, or a store for each file',
  );
  expect(await refusal({ Port: 'long', port: 'long' })).toBe(
    'fields.0: "port" (0.yaml) and "Port" (0.yaml) differ in case only: rename one',
  );
  expect(await refusal({ 'A.b': 'long', 'a.c': 'long' })).toBe(
    'fields: "a.c" (0.yaml) and "A.b" (0.yaml) stand below members that differ in case only: rename one',
  );
  expect(await refusal({ _Text: 'text' })).toBe(
    'fields.0: 0.yaml declares "_Text", which is a column of the store itself: rename the field',
  );
  for (const name of ['a."\\u0000"', 'a."\\ud800".b']) {
    expect(await refusal({ [name]: 'text' })).toBe(
      `fields.0: "${name}" (0.yaml) has a NUL or half a character in its name, which DuckDB does not take: rename the field`,
    );
  }
});

test('a value in one file may have members in another', async () => {
  const found = await columns({ a: 'long' }, { 'a.b': 'keyword', '""': 'keyword' });
  expect(found.map(({ steps }) => steps)).toEqual([['a'], ['a', 'b'], ['']]);
});

test('a file that is missing or wrong is named', async () => {
  const context = { resolvePath: (name: string) => join(folder, name) };
  expect(() => fieldColumns(['none.yaml'], context)).toThrow(/^cannot read none.yaml: ENOENT/);
  await writeFile(join(folder, 'bad.yaml'), 'version: 1\nfields: { a: { type: int } }\n');
  expect(() => fieldColumns(['bad.yaml'], context)).toThrow(/^bad.yaml has mistakes: fields.a.type must be one of/);
});
