import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FieldFileError, loadFieldFile, parseFieldFile } from './parse.ts';

function messageOf(text: string): string {
  try {
    parseFieldFile(text, 'fields.yaml');
  } catch (error) {
    if (error instanceof FieldFileError) return error.message;
    throw error;
  }
  return 'no problem';
}

test('mirrord’s field file is read whole', () => {
  const { fields } = loadFieldFile(
    fileURLToPath(new URL('../../../../pipelines/mirrord/fields.yaml', import.meta.url)),
  );
  const named = (name: string) => fields.find(({ path }) => path.text === name);
  expect(fields.length).toBeGreaterThan(35);
  expect(named('fields.session_duration')).toMatchObject({
    type: 'double',
    unit: 's',
    aliases: [{ text: 'fields.duration' }],
  });
  expect(named('fields.target')?.split?.into.map(({ text }) => text)).toEqual([
    'fields.target_type',
    'fields.target_name',
  ]);
  expect(named('fields.message')?.values[2]).toMatchObject({ value: 'Port Steal', aliases: ['Port Stolen'] });
});

test('problems come in the order of the file, each with its place', () => {
  const text = [
    'version: 1',
    'fields:',
    '  a: { type: long, untis: s }',
    '  b:',
    '    type: int',
    '  c:',
    '    type: keyword',
    '    aliases:',
    '      - d',
    '      - a',
    '',
  ].join('\n');
  expect(messageOf(text).split('\n')).toEqual([
    'fields.yaml:3:20 fields > a > untis: is not known here; did you mean "unit"?',
    'fields.yaml:5:5 fields > b > type: must be one of keyword, text, long, double, boolean, date, date_nanos, ip, object, flattened, is "int"',
    'fields.yaml:10:9 fields > c > aliases[1]: "a" is the field "a" already',
  ]);
});

test.each([
  ['version: 1\nfields:\n  a: {type: long\n', /^fields\.yaml:4:1 \S.*$/],
  ['version: 1\nfields:\n  a: {type: long}\n  a: {type: long}\n', /^fields\.yaml:4:3 Map keys must be unique$/],
  ['', /^fields\.yaml:1:1 must be an object with "version" and "fields", is empty$/],
  ['fields: {}\n', /^fields\.yaml:1:1 has no version: write "version: 1"$/],
])('text %j', (text, message) => {
  expect(messageOf(text)).toMatch(message);
});

test('a file that is not there fails as the file system says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-fields-'));
  expect(() => loadFieldFile(join(folder, 'none.yaml'))).toThrow(/ENOENT/);
  writeFileSync(join(folder, 'some.yaml'), 'version: 1\nfields: { a: { type: ip } }\n');
  expect(loadFieldFile(join(folder, 'some.yaml')).fields[0]?.type).toBe('ip');
});
