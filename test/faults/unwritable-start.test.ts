import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FaultDisk, faultDisk, faultDisksMissing, startProcess } from '@tailrace/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const missing = await faultDisksMissing();
if (missing !== undefined) console.warn(`SKIPPED: ${missing}`);

/** A pipeline from a file to a file whose data_dir is on a disk of its own. */
async function startOn(prepare: (disk: FaultDisk) => Promise<void>, commandLine: readonly string[] = []) {
  const folder = await mkdtemp(join(tmpdir(), 'unwritable-'));
  const data = join(folder, 'data');
  await mkdir(data);
  const disk = await faultDisk(data, 4 << 20);
  onTestFinished(() => disk.remove());
  await prepare(disk);
  await writeFile(join(folder, 'in.log'), '{"n":1}\n{"n":2}\n');
  const pipeline = `data_dir: ${data}
metrics: { address: "127.0.0.1:0" }
sources: { in: { type: file, include: ["${join(folder, 'in.log')}"], format: ndjson } }
sinks: { out: { type: stdout, inputs: in } }
`;
  await writeFile(join(folder, 'p.yaml'), pipeline);
  const running = await startProcess({
    command: [
      'env',
      ...disk.enter,
      process.execPath,
      '--conditions=source',
      main,
      'run',
      ...commandLine,
      join(folder, 'p.yaml'),
    ],
    folder,
  });
  onTestFinished(() => running.dispose());
  return { disk, running };
}

const addressIn = (line: string): string => /http:\/\/[^"\s]+/.exec(line)![0];

describe.skipIf(missing !== undefined)('a start on a disk that takes nothing', () => {
  test.each([
    ['read-only', 'EROFS', (disk: FaultDisk, is: boolean) => disk.readOnly(is)],
    ['full', 'ENOSPC', (disk: FaultDisk, is: boolean) => (is ? disk.fill() : disk.release())],
  ] as const)('%s: waits with the reason at /readyz and goes on without a restart', async (_, code, fail) => {
    const { disk, running } = await startOn((made) => fail(made, true));
    const waiting = addressIn(await running.line('metrics and health'));
    const answer = await running.endpoint(`${waiting}/readyz`, { until: ({ body }) => body.includes(code) });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('nothing is read until it can');
    await fail(disk, false);
    await running.line('"n":2', 10_000);
    running.signal('SIGTERM');
    const end = await running.exit();
    expect(end.code).toBe(0);
    expect(end.stderr.split('\n').filter((line) => line.includes(code)).length).toBe(1);
  });

  test('a run that is to end says so and ends', async () => {
    const { running } = await startOn((disk) => disk.readOnly(true), ['--once']);
    const end = await running.exit();
    expect(end.code).toBe(75);
    expect(end.stderr).toContain('EROFS');
  });

  test('it can be stopped while it waits', async () => {
    const { running } = await startOn((disk) => disk.readOnly(true));
    await running.line('metrics and health');
    running.signal('SIGTERM');
    expect((await running.exit()).code).toBe(75);
  });
});
