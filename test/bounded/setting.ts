import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningProcess, startProcess } from '@tailrace/testkit';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
/** Where its endpoint listens. */
export const SOCKET = 'run/tailrace.sock';

/** A folder with a pipeline, `data` and `logs` in it; gone after the test. */
export async function workFolder(pipeline: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'machine-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['data', 'logs', 'run']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'pipeline.yaml'), pipeline);
  return folder;
}

/** The settings of such a pipeline that tests share. */
export const SETTINGS = `data_dir: data\nmetrics: { address: unix:${SOCKET} }\n`;

/** The command on a machine that a test makes bad; what stands in `before` starts it. */
export async function startThere(folder: string, before: readonly string[] = []): Promise<RunningProcess> {
  const own = [process.execPath, '--conditions=source', main, 'run', 'pipeline.yaml'];
  const [program, ...rest] = [...before, ...own] as [string, ...string[]];
  const child = await startProcess({ command: [program, ...rest], folder });
  onTestFinished(async () => {
    await child.dispose();
  });
  await isReady(child);
  return child;
}

/** Waits until /readyz has a line that matches. */
export async function saysNotReady(child: RunningProcess, what: RegExp): Promise<string> {
  const answer = await child.endpoint('http://tailrace/readyz', {
    socketPath: join(child.folder, SOCKET),
    until: ({ status, body }) => status === 503 && what.test(body),
  });
  return answer.body;
}

/** Waits until /readyz says nothing but ready. */
export async function isReady(child: RunningProcess): Promise<void> {
  await child.endpoint('http://tailrace/readyz', {
    socketPath: join(child.folder, SOCKET),
    until: ({ status }) => status === 200,
  });
}

/** How often the log says something. */
export function said(child: RunningProcess, what: RegExp): number {
  return child
    .stderr()
    .split('\n')
    .filter((line) => what.test(line)).length;
}

/** Appends numbered lines to a log. */
export async function log(folder: string, name: string, from: number, count: number, more: object = {}): Promise<void> {
  const lines = Array.from({ length: count }, (_, k) => `${JSON.stringify({ n: from + k, ...more })}\n`);
  await appendFile(join(folder, 'logs', name), lines.join(''));
}
