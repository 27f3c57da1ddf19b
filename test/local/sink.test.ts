import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FaultDisk, faultDisk, faultDisksMissing, type RunningProcess, startProcess } from '@tailrace/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { metric, replaceFile, until, writer } from '../reload/setting.ts';
import { root } from '../repository/workspace.ts';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const missing = await faultDisksMissing();
if (missing !== undefined) console.warn(`SKIPPED: ${missing}`);

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-store-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** The rows of a statement over a store that no process has open. */
async function query(folder: string, store: string, sql: string): Promise<unknown[][]> {
  const end = await runTailrace(['query', '--store', store, '--format', 'json', '--limit', '100000', sql], { folder });
  expect(end.stderr).toBe('');
  return (JSON.parse(end.stdout) as { rows: unknown[][] }).rows;
}

const readyz = (running: RunningProcess, say: (body: string) => boolean) =>
  running.endpoint('http://tailrace/readyz', {
    socketPath: join(running.folder, 'm.sock'),
    until: ({ body }) => say(body),
  });

const isReady = (body: string): boolean => body.startsWith('ready');
const sent = (running: RunningProcess): Promise<number> =>
  metric(running, 'm.sock', 'tailrace_component_sent_events_total', 'component_id="out"');

describe('a reload under load', () => {
  const pipeline = (options: string): string => `
data_dir: data
metrics: { address: 'unix:m.sock' }
sources: { in: { type: file, include: [in.log], format: ndjson, read_from: beginning } }
sinks: { out: { type: local, inputs: in, ${options} } }
`;
  const noPage = 'page: { enabled: false }';

  test('each event is stored once, and the columns are what was declared last', async () => {
    const folder = await temporaryFolder();
    const declare = (type: string) => JSON.stringify({ version: 1, fields: { n: { type } } });
    const files = {
      'p.yaml': pipeline(`${noPage}, fields: [text.yaml]`),
      'text.yaml': declare('keyword'),
      'number.yaml': declare('long'),
      'in.log': '',
    };
    const running = await startTailrace(['run', 'p.yaml'], { files, folder });
    await readyz(running, isReady);
    const lines = writer(join(folder, 'in.log'));
    const changes = [
      `${noPage}, fields: [number.yaml]`,
      `page: { address: "127.0.0.1:0" }, fields: [number.yaml]`,
      `${noPage}, fields: [text.yaml], memory_limit: 128MiB`,
      `${noPage}, fields: [number.yaml], threads: 1`,
    ];
    for (const [k, options] of changes.entries()) {
      await replaceFile(folder, 'p.yaml', pipeline(options));
      running.signal('SIGHUP');
      await until(
        'the reload',
        async () => (await metric(running, 'm.sock', 'tailrace_config_reloads_total', '"applied"')) > k,
      );
    }
    const count = await lines.stop();
    await until('the last line', async () => (await sent(running)) === count);
    running.signal('SIGTERM');
    expect((await running.exit()).code).toBe(0);
    const [row] = await query(
      folder,
      'data/store.duckdb',
      'SELECT count(*), count(DISTINCT n), min(n), max(n), sum(n) FROM logs',
    );
    expect(row).toEqual([count, count, 0, count - 1, ((count - 1) * count) / 2]);
  }, 90_000);
});

describe('another process has the file', () => {
  test('it is said, and the events come when that process has closed it', async () => {
    const folder = await temporaryFolder();
    const api = createRequire(join(root, 'packages/local/package.json')).resolve('@duckdb/node-api');
    const holder = await startProcess({
      command: [
        process.execPath,
        '-e',
        `require(${JSON.stringify(api)}).DuckDBInstance.create('s.duckdb').then(() => { console.log('holds'); setInterval(() => {}, 1000); })`,
      ],
      folder,
    });
    onTestFinished(() => holder.dispose());
    await holder.line('holds');
    const files = {
      'p.yaml': `
data_dir: data
metrics: { address: 'unix:m.sock' }
sources: { in: { type: file, include: [in.log], format: ndjson, read_from: beginning } }
sinks: { out: { type: local, inputs: in, path: s.duckdb, page: { enabled: false } } }
`,
      'in.log': '{"n":1}\n{"n":2}\n',
    };
    const running = await startTailrace(['run', 'p.yaml'], { files, folder });
    const { body } = await readyz(running, (said) => said.includes('is in use by process'));
    expect(body).toContain(`${folder}/s.duckdb is in use by process ${holder.pid}`);
    holder.signal('SIGKILL');
    await readyz(running, isReady);
    await until('both', async () => (await sent(running)) === 2);
    running.signal('SIGTERM');
    expect((await running.exit()).code).toBe(0);
    expect(await query(folder, 's.duckdb', 'SELECT count(*) FROM logs')).toEqual([[2]]);
  }, 60_000);
});

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** A pipeline whose store is on a small disk of its own. */
async function startOnDisk(lines: number, prepare: (disk: FaultDisk) => Promise<void>) {
  const folder = await temporaryFolder();
  const disk = await faultDisk(join(folder, 'disk'), 24 << 20);
  onTestFinished(() => disk.remove());
  await prepare(disk);
  await writeFile(
    join(folder, 'in.log'),
    Array.from({ length: lines }, (_, n) => `{"n":${n},"text":"${'x'.repeat(200)}"}\n`).join(''),
  );
  const files = {
    'p.yaml': `
data_dir: data
metrics: { address: '127.0.0.1:0' }
sources: { in: { type: file, include: [in.log], format: ndjson, read_from: beginning } }
sinks: { out: { type: local, inputs: in, path: disk/s.duckdb, page: { enabled: false } } }
`,
  };
  const running = await startProcess({
    command: ['env', ...disk.enter, process.execPath, '--conditions=source', main, 'run', join(folder, 'p.yaml')],
    files,
    folder,
  });
  onTestFinished(() => running.dispose());
  const address = /http:\/\/[^"\s]+/.exec(await running.line('metrics and health'))![0];
  return { disk, running, address };
}

describe.skipIf(missing !== undefined)('a disk that takes nothing', () => {
  test.each([
    ['read-only', /cannot|read-only|permission/i, (disk: FaultDisk, is: boolean) => disk.readOnly(is)],
    [
      'full',
      /no space|ENOSPC|could not write/i,
      (disk: FaultDisk, is: boolean) => (is ? disk.fill(64 << 10) : disk.release()),
    ],
  ] as const)(
    '%s: said at /readyz, and nothing is lost or doubled when it is mended',
    async (_name, reason, fail) => {
      const lines = 3000;
      const { disk, running, address } = await startOnDisk(lines, (made) => fail(made, true));
      const { body } = await running.endpoint(`${address}/readyz`, {
        until: (answer) => answer.body.includes('out: store: '),
      });
      expect(body).toMatch(reason);
      await fail(disk, false);
      const all = new RegExp(`sent_events_total\\{.*component_id="out".*\\} ${lines}$`, 'm');
      await running.endpoint(`${address}/metrics`, { until: (answer) => all.test(answer.body), timeoutMs: 60_000 });
      running.signal('SIGTERM');
      expect((await running.exit()).code).toBe(0);
      const count = "SELECT count(*), count(DISTINCT json_extract(_text, '/n')) FROM logs";
      const copy = join(await temporaryFolder(), 's.duckdb');
      await copyFile(join(disk.path, 's.duckdb'), copy);
      expect(await query(tmpdir(), copy, count)).toEqual([[lines, lines]]);
    },
    90_000,
  );
});
