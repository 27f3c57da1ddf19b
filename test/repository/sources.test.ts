import { Session } from 'node:inspector';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { packages, root } from './workspace.ts';

/** The files, from the root, of all scripts that this process has compiled, as V8 names them. */
function loadedFiles(): string[] {
  const files: string[] = [];
  const session = new Session();
  session.connect();
  session.on('Debugger.scriptParsed', ({ params }) => {
    const file = params.url.startsWith('file:') ? fileURLToPath(params.url) : params.url;
    files.push(path.relative(root, file));
  });
  session.post('Debugger.enable');
  session.disconnect();
  return files;
}

test('a package is tested on its source, not on a stale build', async () => {
  for (const { manifest } of packages) await import(manifest.name);

  const loaded = loadedFiles();
  for (const { folder } of packages) expect(loaded).toContain(path.join(path.relative(root, folder), 'src/index.ts'));
  expect(loaded.filter((file) => /^packages\/[^/]+\/dist\//.test(file))).toEqual([]);
});
