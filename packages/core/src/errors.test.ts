import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ERRORS, errorsPage } from './errors.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = globSync('packages/*/src/**/*.ts', { cwd: root })
  .filter((name) => !/\.(?:test|generated)\.ts$/.test(name) && !name.endsWith('core/src/errors.ts'))
  .map((name) => readFileSync(`${root}${name}`, 'utf8'));

test('docs/errors.md is what the table says', () => {
  expect(readFileSync(`${root}docs/errors.md`, 'utf8')).toBe(errorsPage());
});

test('every row is used somewhere', () => {
  const unused = Object.keys(ERRORS).filter(
    (name) => !sources.some((source) => new RegExp(`['"]${name}['"]|\\b${name}:`).test(source)),
  );
  expect(unused).toEqual([]);
});

test('every code in the sources has a row', () => {
  const used = sources.flatMap((source) =>
    [...source.matchAll(/(?:countErrors\(|\bcode: |ProbeError\(|reject\([^'"\n]*, )'([a-z_0-9]+)'/g)].map(
      ([, name]) => name!,
    ),
  );
  expect(used).toContain('write_failed');
  expect([...new Set(used)].filter((name) => !Object.hasOwn(ERRORS, name))).toEqual([]);
});

test('every row says what happened and what to do, in sentences', () => {
  for (const [name, { meaning, action }] of Object.entries(ERRORS)) {
    expect(name).toMatch(/^[a-z0-9]+(?:_[a-z0-9]+)*$/);
    for (const text of [meaning, action]) expect(text, name).toMatch(/^[A-Z].*\.$/s);
    expect(`${meaning}${action}`, name).not.toContain('|');
  }
});
