/**
 * Takes the pictures of docs/images: each dashboard in light and dark, of the page over generated data.
 * `npx -y pnpm@12 screenshots`; needs Chromium (test/servers/programs.sh install chromium).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startProcess } from '@tailrace/testkit';
import { chromium } from 'playwright-core';
import { fixedLog, writeFixedPipeline } from '../test/support/local-pipeline.ts';

const PAST = { end: '2026-11-19T15:00:00Z', seconds: 7200 };
const root = path.resolve(import.meta.dirname, '..');
const images = path.join(root, 'docs/images');
/** How long the pipeline tells of itself before its picture is taken. */
const HEALTH_SECONDS = 305;

const folder = mkdtempSync(path.join(tmpdir(), 'screenshots-'));
const kit = path.join(root, 'test/servers/programs.sh');
const executablePath = execFileSync('bash', [kit, 'install', 'chromium'], { encoding: 'utf8' }).trim();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
mkdirSync(images, { recursive: true });
try {
  await takeUsage();
  await takeHealth();
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}

/** Of a fixed past, so that the picture changes only with the page. */
async function takeUsage(): Promise<void> {
  const end = Date.parse(PAST.end);
  const address = `127.0.0.1:${await freePort()}`;
  const lines = fixedLog(PAST).toString('latin1').split('\n').length - 1;
  await whileRunning(writeFixedPipeline(folder, PAST, address), address, {}, lines, () =>
    take(address, 'mirrord-usage', `from=${end - PAST.seconds * 1000}&to=${end}`),
  );
}

/** What the pipeline tells of itself is of now. */
async function takeHealth(): Promise<void> {
  const address = `127.0.0.1:${await freePort()}`;
  const env = { PAGE_ADDRESS: address, DATA_DIR: path.join(folder, 'health'), BACKFILL: '1s' };
  await whileRunning(path.join(root, 'pipelines/mirrord/local.yaml'), address, env, 10, async () => {
    await sleep(HEALTH_SECONDS * 1000);
    await take(address, 'pipeline-health', 'from=now-5m&to=now');
  });
}

async function whileRunning(
  file: string,
  address: string,
  env: Readonly<Record<string, string>>,
  logs: number,
  act: () => Promise<void>,
): Promise<void> {
  const program = path.join(root, 'packages/cli/src/main.ts');
  const { PATH = '', HOME = '' } = process.env;
  const command: [string, ...string[]] = [process.execPath, '--conditions=source', program, 'run', file];
  const running = await startProcess({ command, env: { PATH, HOME, ...env } });
  try {
    const hasAll = ({ body }: { body: string }) => (JSON.parse(body) as { logs: number }).logs >= logs;
    await running.endpoint(`http://${address}/api/v1/status`, { until: hasAll, timeoutMs: 120_000 });
    await act();
  } finally {
    await running.dispose();
  }
}

async function take(address: string, dashboard: string, times: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1060 }, colorScheme, timezoneId: 'UTC' });
    await page.goto(`http://${address}/#/d/${dashboard}?${times}&refresh=off`);
    await page.waitForLoadState('networkidle');
    await page.waitForFunction('document.querySelectorAll(".panel-body[aria-busy=true]").length === 0');
    await page.screenshot({ path: path.join(images, `${dashboard}-${colorScheme}.png`) });
    await page.close();
  }
}
