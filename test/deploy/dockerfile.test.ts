import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { root, trackedFiles } from '../repository/workspace.ts';

const read = (file: string) => readFile(path.join(root, 'deploy/image', file), 'utf8');

test('every image that the Dockerfile begins with is pinned by digest', async () => {
  const text = await read('Dockerfile');
  const pinned = new Map([...text.matchAll(/^ARG (\w+)=(\S+)$/gm)].map(([, name, image]) => [name, image]));
  const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, from]) => pinned.get(/^\$\{(\w+)\}$/.exec(from!)?.[1]));
  expect(bases.length).toBe(2);
  for (const base of bases) expect(base).toMatch(/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
});

test('the image is nobody’s but user 65532, and starts what make-root.sh puts there', async () => {
  const text = await read('Dockerfile');
  expect(text.match(/^USER .*$/gm)).toEqual(['USER 65532:65532']);
  const [, entrypoint] = /^ENTRYPOINT \["([^"]+)"\]$/m.exec(text) ?? [];
  expect(await read('make-root.sh')).toContain(`"$image${entrypoint}"`);
});

test('the installer is the workspace’s own', async () => {
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    devEngines: { packageManager: { name: string; version: string } };
  };
  const { name, version } = manifest.devEngines.packageManager;
  expect(await read('Dockerfile')).toContain(`RUN npx -y ${name}@${version} install --frozen-lockfile`);
});

test('the build is given everything but what it does not need', async () => {
  const left = (await read('Dockerfile.dockerignore'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const folders = left.filter((line) => !line.startsWith('**/') && line !== '.git');
  const files = trackedFiles();
  for (const folder of folders)
    expect(
      files.some((file) => file.startsWith(`${folder}/`)),
      folder,
    ).toBe(true);
  const needed = ['packages/', 'deploy/', 'scripts/tsup-preset.ts', 'tsconfig.json', 'pnpm-lock.yaml', 'LICENSE'];
  expect(needed.filter((file) => folders.some((folder) => file.startsWith(folder)))).toEqual([]);
});

test('no reader in make-root.sh leaves before its writer: by pipefail that would end the build, now and then', async () => {
  const script = await read('make-root.sh');
  expect(script).toContain('set -euo pipefail');
  expect(script).not.toMatch(/\|\s*(?:head|grep -\w*[qm])/);
});
