import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bulkAnswer, elasticsearchScript, scriptedServer } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const EVENTS = 40;

const pipeline = (url: string) => `
data_dir: data
shutdown_timeout: 300ms
metrics: { enabled: false }
sources:
  input: { type: stdin, format: ndjson }
sinks:
  search:
    type: elasticsearch
    inputs: input
    nodes: ['${url}']
    template: { enabled: false }
    queue: { type: disk, max_bytes: 10MB }
    retry: { initial: 10ms, max: 50ms }
`;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'queue-command-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A folder where a pipeline ran whose target was down: its events are in the queue. */
async function folderWithQueue(): Promise<{ folder: string; queue: string; segment: string }> {
  const folder = newFolder();
  const files = { 'p.yaml': pipeline('http://127.0.0.1:9') };
  const running = await startTailrace(['run', 'p.yaml'], { files, folder });
  await running.line('search: ');
  for (let n = 0; n < EVENTS; n++) {
    running.write(`${JSON.stringify({ n })}\n`);
    // Several reads make several records.
    if (n % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 60));
  }
  running.signal('SIGTERM');
  await running.exit();
  const queue = join(folder, 'data/queues/search');
  const segment = readdirSync(queue).find((name) => name.endsWith('.seg'))!;
  return { folder, queue, segment: join(queue, segment) };
}

const numbersOf = (stdout: string): number[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { n: number }).n);
const all = Array.from({ length: EVENTS }, (_, n) => n);

test('inspect, export and repair show and save what a dead target left in a queue', async () => {
  const { folder, queue, segment } = await folderWithQueue();
  const good = await runTailrace(['queue', 'inspect', queue]);
  expect([good.code, good.stderr]).toEqual([0, '']);
  expect(good.stdout).toContain(`${queue}: ${EVENTS} events wait, in 1 files of `);
  const exported = await runTailrace(['queue', 'export', '--events', queue]);
  expect([exported.code, numbersOf(exported.stdout)]).toEqual([0, all]);
  const first = JSON.parse((await runTailrace(['queue', 'export', queue])).stdout.split('\n')[0]!) as object;
  expect(first).toEqual({
    _id: expect.stringMatching(/^[\w-]{16}-0{12}$/),
    position: expect.objectContaining({ source: 'input', label: 'stdin', offset: 0, sub: 0 }),
    event: { n: 0, '@timestamp': expect.stringMatching(/Z$/) },
  });
  expect((await runTailrace(['queue', 'repair', queue])).stdout).toBe('nothing is damaged\n');

  const bytes = readFileSync(segment);
  bytes[60]! ^= 0xff;
  writeFileSync(segment, bytes);
  const damaged = await runTailrace(['queue', 'inspect', '--json', queue]);
  expect(damaged.code).toBe(1);
  const report = JSON.parse(damaged.stdout) as { events: number; damaged_files: number };
  expect(report.damaged_files).toBe(1);
  expect(report.events).toBeGreaterThan(0);
  expect(report.events).toBeLessThan(EVENTS);
  const around = await runTailrace(['queue', 'export', '--events', queue]);
  expect([around.code, numbersOf(around.stdout)]).toEqual([1, all.slice(EVENTS - report.events)]);
  expect(around.stderr).toMatch(/bytes are damaged and left out\n$/);
  const repaired = await runTailrace(['queue', 'repair', queue]);
  expect([repaired.code, repaired.stderr]).toEqual([0, '']);
  expect(repaired.stdout).toContain(`; ${report.events} events saved; moved to ${queue}/quarantine/`);
  const after = await runTailrace(['queue', 'inspect', queue]);
  expect(after.code).toBe(0);
  expect(after.stdout).toContain('in quarantine: ');

  const server = await scriptedServer(() => ({ status: 200, body: '{"errors":false}' }));
  onTestFinished(() => server.stop());
  const files = { 'p.yaml': pipeline(server.url) };
  const running = await startTailrace(['run', '--once', 'p.yaml'], { files, folder });
  running.write('', true);
  const end = await running.exit();
  expect(end.code, end.stderr).toBe(0);
  expect(end.stderr).toContain(`${report.events} events were in the disk queue`);
  expect((await runTailrace(['queue', 'inspect', queue])).stdout).toContain(`${queue}: nothing waits`);
});

test('a folder that is no queue, an empty one, and one that is in use', async () => {
  const folder = newFolder();
  const empty = await runTailrace(['queue', 'inspect', folder]);
  expect([empty.code, empty.stdout]).toEqual([0, `${folder}: nothing waits\n`]);
  expect((await runTailrace(['queue', 'export', folder])).stdout).toBe('');
  expect((await runTailrace(['queue', 'repair', folder])).stdout).toBe('nothing is damaged\n');
  const missing = await runTailrace(['queue', 'inspect', join(folder, 'x')]);
  expect([missing.code, missing.stderr]).toEqual([75, `tailrace: ${folder}/x: there is no such folder\n`]);
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  for (const what of ['inspect', 'export', 'repair']) {
    const { code, stderr } = await runTailrace(['queue', what, folder]);
    expect([code, stderr]).toEqual([
      75,
      `tailrace: ${folder}: is not the folder of a queue; name the one of a sink, data_dir/queues/ID\n`,
    ]);
  }
  const { stderr } = await runTailrace(['queue', 'inspect', join(folder, 'notes.txt')]);
  expect(stderr).toContain('notes.txt: is no folder');

  const { folder: used, queue } = await folderWithQueue();
  const hint = await runTailrace(['queue', 'inspect', join(used, 'data')]);
  expect(hint.stderr).toContain('is not the folder of a queue; it has those of search: name one of them');
  const running = await startTailrace(['run', 'p.yaml'], { folder: used });
  await running.line('server_unreachable').catch(() => running.line('search'));
  const refused = await runTailrace(['queue', 'repair', queue]);
  expect([refused.code, refused.stderr]).toEqual([75, expect.stringContaining(`${used}/data`)]);
  expect((await runTailrace(['queue', 'inspect', queue])).code).toBe(0);
  await running.dispose();
});

test('what was in the queue of an earlier process may be at the target already', async () => {
  const { folder } = await folderWithQueue();
  const conflict = { status: 409, error: { type: 'version_conflict_engine_exception', reason: 'it is there' } };
  const server = await scriptedServer(elasticsearchScript((request) => bulkAnswer(request, () => conflict)));
  onTestFinished(() => server.stop());
  const running = await startTailrace(['run', '--once', 'p.yaml'], {
    files: { 'p.yaml': pipeline(server.url) },
    folder,
  });
  running.write('', true);
  const { code, stderr } = await running.exit();
  expect(code, stderr).toBe(0);
  expect(stderr).toContain(`${EVENTS} duplicates avoided`);
  expect(stderr).not.toContain('id_conflict');
});
