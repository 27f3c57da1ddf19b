import { fileURLToPath } from 'node:url';
import { startProcess } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { indexPrefix } from './elasticsearch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the suite of the shared node where nothing is cached and Maven is missing. */
async function runWithoutMaven(ci: string) {
  const vitest = `${root}node_modules/vitest/vitest.mjs`;
  const suite = ['run', 'test/servers/elasticsearch.test.ts', '-t', 'the shared node', '--reporter=default'];
  const cache = await startProcess({ command: ['true'] }); // for its temporary folder
  onTestFinished(() => cache.dispose());
  const env = { PATH: process.env['PATH'] ?? '', SEARCH_SERVERS_CACHE: cache.folder, MVN: 'no-such-maven', CI: ci };
  const running = await startProcess({ command: [process.execPath, vitest, ...suite], folder: root, env });
  onTestFinished(() => running.dispose());
  const { code, stdout, stderr } = await running.exit();
  return { code, said: stdout + stderr };
}

test('suites are skipped aloud where no node can run', async () => {
  const { code, said } = await runWithoutMaven('');
  expect(said).toMatch(/SKIPPED: the server es8 cannot run here.*needs Maven/s);
  expect(said).toMatch(/Tests .*skipped/);
  expect(code).toBe(0);
});

test('under CI they fail instead', async () => {
  const { code, said } = await runWithoutMaven('true');
  expect(said).toMatch(/the server es8 cannot run here.*needs Maven/s);
  expect(code).toBe(1);
});

test('index prefixes differ at each call', () => {
  expect(indexPrefix('sink')).toMatch(/^sink-[0-9a-f]{8}-$/);
  expect(indexPrefix('sink')).not.toBe(indexPrefix('sink'));
});
