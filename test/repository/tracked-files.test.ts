import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root, trackedFiles } from './workspace.ts';

// A letter of each stands in brackets, so that this file does not hold what it looks for.
const forbidden: readonly (readonly [what: string, pattern: RegExp])[] = [
  [
    'a path of one machine',
    /(?<![\w.:/-])\/(?:[r]oot|[w]ork|[h]ome\/(?!user\/|node\/)\w+|[U]sers\/\w+|tmp\/[b]rief)(?=\/)/,
  ],
  ['a path outside the repository', /\.\.\/[s]hared\b/],
  ['a registry’s host', /[r]egistry\.npmjs|[n]pm\.pkg\.github|[r]epo1?\.maven|[m]aven-central\.|[a]rtifactory/i],
  ['unfinished work', /\b(?:[T]ODO|[F]IXME|[X]XX)\b/],
  ['a check switched off', /@[t]s-(?:ignore|nocheck|expect-error)|[b]iome-ignore/],
  ['a test that is switched off or alone', /\b(?:it|test|describe)\.(?:[o]nly|[s]kip|[t]odo)\(/],
];

const binary = /\.(?:wasm|gz|zst|png|ico|pb|bin|keystore|jks|p12)$/;
const texts = trackedFiles().filter((file) => !binary.test(file) && file !== 'pnpm-lock.yaml');

test.each(forbidden)('no file under version control holds %s', (_what, pattern) => {
  const found = texts.flatMap((file) =>
    readFileSync(path.join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 120)}`] : [])),
  );
  expect(found).toEqual([]);
});

test('the lockfile names no registry', () => {
  expect(readFileSync(path.join(root, 'pnpm-lock.yaml'), 'utf8')).not.toMatch(/https?:\/\/|tarball:/);
});

test('no file under version control is large', () => {
  const large = trackedFiles().filter((file) => statSync(path.join(root, file)).size > 1024 * 1024);
  expect(large).toEqual([]);
});
