import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ERRORS } from '@tailrace/core';
import { expect, test } from 'vitest';
import { root } from './workspace.ts';

const folder = path.join(root, 'scripts/generate');
const modules = readdirSync(folder).filter((name) => name.endsWith('.ts'));

test.each(modules)('the files of scripts/generate/%s are current: pnpm generate', async (name) => {
  const generator = (await import(path.join(folder, name))) as {
    files(): Promise<Record<string, string>> | Record<string, string>;
  };
  for (const [file, text] of Object.entries(await generator.files())) {
    const target = path.join(root, file);
    expect(existsSync(target) ? readFileSync(target, 'utf8') : 'no such file', file).toBe(text);
  }
});

test('docs/reference holds nothing that is not generated', async () => {
  const generator = (await import(path.join(folder, 'reference.ts'))) as { files(): Promise<Record<string, string>> };
  const generated = Object.keys(await generator.files());
  const present = readdirSync(path.join(root, 'docs/reference'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  expect(present.sort()).toEqual(generated.sort());
});

test('docs/errors.md explains every error code once, and no other', () => {
  const page = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');
  const explained = [...page.matchAll(/^\| `(\w+)` \| .+ \| .+ \|$/gm)].map(([, code]) => code);
  expect(explained.sort()).toEqual(Object.keys(ERRORS).sort());
});
