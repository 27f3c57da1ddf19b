import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NumbersAnswer, PanelAnswer } from '@tailrace/local';
import { freePort } from '@tailrace/testkit';
import { root } from './command.ts';
import type { Figure, Timing } from './row.ts';

const ASK_MS = 20;
const LONGEST_MS = 120_000;
const HOURS_BACK_MS = 2 * 3_600_000;

/** From `pnpm start` in a repository whose dependencies are installed to what its page shows; nothing is there before. */
export const startTiming: Timing = {
  name: 'start',
  async measure() {
    const folder = await mkdtemp(join(tmpdir(), 'bench-start-'));
    const { CI: _, ...env } = process.env;
    const address = `127.0.0.1:${await freePort()}`;
    const began = performance.now();
    // A process group, as a terminal makes one: the interrupt at the end goes to all of it.
    const child = spawn('pnpm', ['start'], {
      ...{ cwd: root, stdio: 'ignore', detached: true },
      env: { ...env, DATA_DIR: folder, PAGE_ADDRESS: address },
    });
    const ended = once(child, 'exit');
    const running = () => child.exitCode === null && performance.now() - began < LONGEST_MS;
    try {
      return await figures(`http://${address}/`, running, () => (performance.now() - began) / 1000);
    } finally {
      if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
      await ended;
      await rm(folder, { recursive: true });
    }
  },
};

async function figures(url: string, running: () => boolean, seconds: () => number): Promise<Figure[]> {
  const until = async (what: string, reached: () => Promise<boolean>): Promise<Figure> => {
    while (!(await reached().catch(() => false))) {
      if (!running()) throw new Error(`start: ended, or took too long, before ${what}`);
      await sleep(ASK_MS);
    }
    return { what, seconds: Number(seconds().toFixed(2)) };
  };
  return [
    await until('the page answers', async () => (await fetch(url)).ok),
    await until('the first numbers', async () => (await number(url, 'sessions')) > 0),
    // The newest data point of the two hours is the last one to be stored.
    await until('two hours of log and metrics', async () => (await number(url, 'licence-valid')) > 0),
  ];
}

async function number(url: string, panel: string): Promise<number> {
  const now = Date.now();
  const path = `api/v1/dashboards/mirrord-usage/panels/${panel}?from=${now - HOURS_BACK_MS}&to=${now}`;
  const answer = (await (await fetch(new URL(path, url))).json()) as PanelAnswer;
  return Number((answer as NumbersAnswer).tables[0]?.rows[0]?.columns[0] ?? 0);
}
