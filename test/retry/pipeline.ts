import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningProcess } from '@tailrace/testkit';
import { expect, onTestFinished } from 'vitest';
import { startTailrace } from '../support/tailrace.ts';

export const IN_FLIGHT = 4;

/** A pipeline over one file of numbered lines, to which `feed` appends so many per second. */
export async function pipeline(url: string, more = 'retry: { initial: 100ms, max: 500ms }') {
  const folder = await mkdtemp(join(tmpdir(), 'outages-'));
  const log = join(folder, 'in.log');
  await writeFile(log, '');
  const yaml = `
data_dir: data
metrics: { address: "unix:metrics.sock" }
sources: { in: { type: file, include: ["${log}"], format: ndjson } }
sinks:
  out:
    { type: elasticsearch, inputs: in, nodes: ["${url}"], index: numbers, template: { enabled: false }, max_wait: 100ms,
      max_in_flight: ${IN_FLIGHT}, ${more} }
`;
  await writeFile(join(folder, 'pipeline.yaml'), yaml);
  const running = await startTailrace(['run', 'pipeline.yaml'], { folder });
  let written = 0;
  let feeding = true;
  onTestFinished(async () => {
    feeding = false;
    await running.kill();
    await sleep(50);
    await rm(folder, { recursive: true, force: true });
  });
  const feed = async (perSecond: number): Promise<void> => {
    for (const started = performance.now(); feeding; await sleep(20)) {
      const due = Math.floor(((performance.now() - started) * perSecond) / 1000);
      let lines = '';
      while (written < due) lines += `{"n":${written++}}\n`;
      await appendFile(log, lines);
    }
  };
  const stop = async (): Promise<string> => {
    feeding = false;
    await sleep(500);
    running.signal('SIGTERM');
    const { code, stderr } = await running.exit();
    expect(code, stderr).toBe(0);
    return stderr;
  };
  /** The dead letters, as they stand in data_dir. */
  const deadLetters = async (): Promise<string> => {
    const data = join(folder, 'data');
    const files = (await readdir(data, { recursive: true })).filter((name) => /dead-letters.*\.ndjson$/.test(name));
    return (await Promise.all(files.map((name) => readFile(join(data, name), 'utf8')))).join('');
  };
  return { running, feed, stop, deadLetters, written: () => written };
}

/** Asks the running pipeline over its unix socket, until the answer is the awaited one. */
export async function ask({ running }: { running: RunningProcess }, path: string, until = (_: string) => true) {
  const socketPath = join(running.folder, 'metrics.sock');
  return await running.endpoint(`http://localhost${path}`, { socketPath, until: ({ body }) => until(body) });
}
