import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packages, root } from '../repository/workspace.ts';
import { follow, type Step, stepsOf } from './follow-document.ts';
import { finish, packAll, tarballName } from './tarballs.ts';

let folder: string;
let author: string;
let steps: readonly Step[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tailrace-author-'));
  author = path.join(folder, 'shop');
  await mkdir(author);
  await packAll(folder);
  steps = stepsOf(await readFile(path.join(root, 'docs/write-a-plugin.md'), 'utf8'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The packages come from tarballs: those of a registry are older. */
function fromTarballs(command: string): string {
  const quiet = 'npm install --no-audit --no-fund --loglevel=error';
  const tarballs = (names: (name: string) => boolean): string =>
    packages
      .filter(({ manifest }) => names(manifest.name))
      .map((each) => path.join(folder, tarballName(each)))
      .join(' ');
  if (command === 'npm install tailrace @tailrace/core')
    return `${quiet} ${tarballs((name) => name !== '@tailrace/testkit')}`;
  if (command === 'npm install --save-dev @tailrace/testkit')
    return `${quiet} --save-dev ${tarballs((name) => name === '@tailrace/testkit')}`;
  return command;
}

test('who follows docs/write-a-plugin.md to the letter has three plugins that work', async () => {
  expect(steps.length).toBeGreaterThan(10);
  await follow(steps, author, fromTarballs);
}, 240_000);

test('its TypeScript compiles against the packages', async () => {
  const sources = (await readdir(author)).filter((file) => file.endsWith('.ts'));
  expect(sources).toContain('tailrace.config.ts');
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--allowImportingTsExtensions',
  ];
  const types = ['--skipLibCheck', '--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')];
  expect(await finish('tsc', [...options, ...types, ...sources], author)).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});
