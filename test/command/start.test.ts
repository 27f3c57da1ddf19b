import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NumbersAnswer, Status } from '@tailrace/local';
import { type RunningProcess, startProcess } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';

const program = fileURLToPath(new URL('../../scripts/start.ts', import.meta.url));

/** `start` with a store of its own and a short past, as a person calls it whose environment does not say CI. */
async function start(dataDir: string, more: string[] = [], env: Record<string, string> = {}): Promise<RunningProcess> {
  const { PATH = '', HOME = '' } = process.env;
  const running = await startProcess({
    command: [process.execPath, '--conditions=source', program, ...more],
    env: { PATH, HOME, DATA_DIR: dataDir, BACKFILL: '10m', ...env },
  });
  onTestFinished(() => running.dispose());
  return running;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'start-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What went into the store according to the summary: events, data points. */
function taken(stderr: string): { events: number; points: number } {
  const out = (id: string) =>
    Number(new RegExp(`^${id} .*?[\\d,]+ +([\\d,]+)`, 'm').exec(stderr)?.[1]?.replaceAll(',', ''));
  const { events, points, stored } = { events: out('usage'), points: out('operator_metrics'), stored: out('store') };
  expect(stored).toBeGreaterThanOrEqual(events + points);
  return { events, points };
}

test('it says where the page is, which shows numbers, and ends on Ctrl-C; the next one goes on there', async () => {
  const dataDir = newFolder();
  const running = await start(dataDir);
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+\//.exec(await running.line('See it', 60_000)) ?? [];
  // Where the data are, since they are not where it looks by itself.
  await running.line(`tailrace query --store '${join(dataDir, 'store.duckdb')}' "SELECT`);
  const get = async (path: string) => await fetch(new URL(path, url));
  expect((await get('')).headers.get('content-type')).toMatch(/^text\/html/);
  const { now, first, logs, metrics } = (await (await get('api/v1/status')).json()) as Status;
  expect([logs > 0, metrics > 0]).toEqual([true, true]);
  expect(now - first!).toBeLessThanOrEqual(660_000);
  const panel = await get(`api/v1/dashboards/mirrord-usage/panels/sessions?from=${now - 900_000}&to=${now}`);
  expect(((await panel.json()) as NumbersAnswer).tables[0]!.rows[0]!.columns[0]).toBeGreaterThan(0);
  await expect.poll(async () => ((await (await get('api/v1/status')).json()) as Status).logs).toBeGreaterThan(logs);

  const second = await (await start(dataDir)).exit();
  expect([second.code, second.stdout]).toEqual([75, '']);
  expect(second.stderr).toMatch(/data_dir .* is in use by process \d+/);
  expect(second.stderr).toContain('start: does it run already in another terminal?');
  expect(second.stderr).not.toMatch(/^ +at /m);

  running.signal('SIGINT');
  const end = await running.exit();
  expect([end.code, end.stdout.match(/See it/g)?.length], end.stderr).toEqual([0, 1]);
  const whole = taken(end.stderr);

  const after = await (await start(dataDir, ['--once'])).exit(60_000);
  expect([after.code, after.stdout], after.stderr).toEqual([0, '']);
  const { events, points } = taken(after.stderr);
  expect(events).toBeLessThan(whole.events / 2);
  expect(points).toBeLessThan(whole.points / 2);
}, 120_000);

test('with CI set it takes the past and ends, whoever has the port', async () => {
  const blocker = createServer().listen(9600, '127.0.0.1');
  blocker.on('error', () => undefined); // then somebody else has it
  onTestFinished(() => void blocker.close());
  const running = await start('data', [], { CI: 'true' });
  const end = await running.exit(60_000);
  expect([end.code, end.stdout], end.stderr).toEqual([0, '']);
  // Below where it was called, not below the pipeline file.
  expect(existsSync(join(running.folder, 'data/store.duckdb'))).toBe(true);
  const { events, points } = taken(end.stderr);
  expect(events).toBeGreaterThan(100);
  expect(points).toBeGreaterThan(1000);
}, 90_000);

test('a port that is taken is passed over', async () => {
  const blocker = createServer().listen(9600, '127.0.0.1');
  blocker.on('error', () => undefined);
  onTestFinished(() => void blocker.close());
  await new Promise((resolve) => blocker.once('listening', resolve).once('error', resolve));
  const running = await start(newFolder(), [], { BACKFILL: '1m' });
  const said = await running.line('See it', 60_000);
  expect(said).toMatch(/http:\/\/127\.0\.0\.1:96(?!00)\d\d\//);
  running.signal('SIGINT');
  expect((await running.exit()).code).toBe(0);
}, 90_000);
