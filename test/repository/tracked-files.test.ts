import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root, trackedFiles } from './workspace.ts';

// Each is put together from parts, so that this file does not hold what it looks for.
const forbidden: readonly (readonly [what: string, pattern: RegExp])[] = [
  [
    'a path of somebody’s machine',
    new RegExp(
      ['(?<![\\w.:/-])/(?:root', 'work', 'home/(?!user\\b|node\\b)\\w+', 'Users/\\w+', 'tmp/bash_jobs)(?=/)'].join('|'),
    ),
  ],
  [
    'a registry’s host',
    new RegExp(
      ['registry\\.npmjs', 'npm\\.pkg\\.github', 'repo1?\\.maven\\.apache', 'maven-central\\.', 'artifactory'].join(
        '|',
      ),
      'i',
    ),
  ],
  ['unfinished work', new RegExp(`\\b(?:TO${'DO'}|FIX${'ME'}|X${'XX'})\\b`)],
  [
    'a check switched off',
    new RegExp(['@ts-', 'biome-'].map((tool) => `${tool}(?:ignore|nocheck|expect-error)`).join('|')),
  ],
  [
    'a test that is switched off or alone',
    new RegExp(`\\b(?:it|test|describe)\\.(?:on${'ly'}|sk${'ip'}|to${'do'})\\(`),
  ],
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
