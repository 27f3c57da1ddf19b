import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Usage } from './row.ts';

export const root = join(import.meta.dirname, '../..');

/** The command at work on a pipeline, in a process of its own. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** What it wrote to stderr, the end of it. */
  said(): string;
  /** Waits for its end; throws when that was no good one. */
  usage(): Promise<Usage>;
}

/** Starts the built command, as users run it, with a pipeline; it writes what it used to `folder` when it ends. */
export async function startCommand(
  folder: string,
  pipeline: string,
  untilDone: boolean,
  env: Readonly<Record<string, string>>,
): Promise<RunningCommand> {
  const report = join(folder, 'usage.json');
  const probe = join(folder, 'usage.mjs');
  await writeFile(
    probe,
    `import { writeFileSync } from 'node:fs';
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(${JSON.stringify(report)}, JSON.stringify({
    cpuMicroseconds: user + system, maxRssKiB: process.resourceUsage().maxRSS, milliseconds: performance.now() }));
});`,
  );
  const profile = process.env['BENCH_CPU_PROF'];
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const command = [join(root, 'packages/cli/dist/main.js'), 'run', ...(untilDone ? ['--once'] : []), pipeline];
  const child = spawn(process.execPath, [...flags, '--import', probe, ...command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, DATA_DIR: join(folder, 'data'), METRICS_ADDRESS: '127.0.0.1:0', NODE_NAME: 'bench', ...env },
  });
  const closed = once(child, 'close') as Promise<[number | null]>;
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-10_000);
  });
  return {
    child,
    said: () => said,
    async usage() {
      const [code] = await closed;
      if (code !== 0) throw new Error(`the pipeline ended with ${code}:\n${said}`);
      return JSON.parse(await readFile(report, 'utf8')) as Usage;
    },
  };
}

/** Builds the packages: users run the built command, so that is what is measured. */
export async function build(): Promise<void> {
  const child = spawn('turbo', ['run', 'build', '--output-logs=errors-only'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DO_NOT_TRACK: '1' },
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`the build failed with ${code}`);
}
