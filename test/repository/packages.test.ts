import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packages, readManifest, root } from './workspace.ts';

const workspace = readManifest(path.join(root, 'package.json'));

describe.each(packages.map((each) => [each.manifest.name, each] as const))('%s', (name, { folder, manifest }) => {
  test('says what it is and under which licence', () => {
    expect(manifest.description).toMatch(/^[A-Z].{20,}\.$/);
    expect(manifest.license).toBe('Apache-2.0');
    expect(readFileSync(path.join(folder, 'README.md'), 'utf8')).toContain(`# ${name}\n`);
  });

  test('runs on the same Node versions as the workspace', () => {
    expect(manifest.engines).toEqual(workspace.engines);
  });

  test('publishes what it exports here, without the sources', () => {
    const published = Object.entries(manifest.exports ?? {}).map(([door, { source, ...rest }]) => {
      expect(existsSync(path.join(folder, source ?? 'no source'))).toBe(true);
      return [door, rest];
    });
    expect(manifest.publishConfig).toEqual({ access: 'public', exports: Object.fromEntries(published) });
    expect(manifest.files).toEqual(['dist']);
  });

  test('takes versions from the catalog and the workspace only', () => {
    const { dependencies, devDependencies } = manifest;
    const versions = Object.entries({ ...devDependencies, ...dependencies });
    expect(versions.filter(([, version]) => !['catalog:', 'workspace:^'].includes(version))).toEqual([]);
  });
});

test('the licence is the Apache License 2.0 in full', () => {
  const text = readFileSync(path.join(root, 'LICENSE'), 'utf8');
  expect(text).toContain('Apache License\n                           Version 2.0, January 2004');
  expect(text).toContain('END OF TERMS AND CONDITIONS');
});
