import '@tailrace/core';
import '@tailrace/dashboards';
import '@tailrace/datadog';
import '@tailrace/elasticsearch';
import '@tailrace/http';
import '@tailrace/kernel';
import '@tailrace/local';
import '@tailrace/otlp';
import '@tailrace/runner';
import '@tailrace/std';
import '@tailrace/telemetry';
import '@tailrace/testkit';
import { Session } from 'node:inspector';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import 'tailrace';
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

test('a package is tested on its source, not on a stale build', () => {
  const loaded = loadedFiles();
  // A package that is not imported above is missing here, too.
  for (const { folder } of packages) expect(loaded).toContain(path.join(path.relative(root, folder), 'src/index.ts'));
  expect(loaded.filter((file) => /^packages\/[^/]+\/dist\//.test(file))).toEqual([]);
});
