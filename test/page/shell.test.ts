import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoundEvents, OneEvent, Status } from '@tailrace/local';
import { freePort, type RunningProcess } from '@tailrace/testkit';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { fixedLog, writeFixedPipeline } from '../support/local-pipeline.ts';
import { serverOrSkip } from '../support/servers.ts';
import { startTailrace } from '../support/tailrace.ts';

const { skipped, program } = await serverOrSkip('chromium');

const PAST = { end: '2026-11-19T15:00:00Z', seconds: 1200 };
const END = Date.parse(PAST.end);
const BEGIN = END - PAST.seconds * 1000;
const TIME = `from=${BEGIN}&to=${END}`;
const USAGE = `#/d/mirrord-usage?${TIME}&refresh=off`;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let running: RunningProcess;
let browser: Browser;
let folder: string;
let url: string;
let pipeline: string;
let page: Page;
/** What the browser complained about in the running test: its policy, what did not load, errors of the program. */
let complaints: string[];
let hosts: Set<string>;

const parameters = () => new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
const panel = (id: string): Locator => page.locator(`#panel-${id}`);
/** In the browser, whose names this program does not know. */
const inPage = <T>(expression: string): Promise<T> => page.evaluate(expression) as Promise<T>;
const focused = () => inPage<string>('document.activeElement?.id');

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(`${url}api/v1${path}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}

async function open(hash: string): Promise<void> {
  await page.goto(url + hash);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** The number of a stat panel, once it is there. */
async function stat(id: string): Promise<number> {
  const body = panel(id).locator('.panel-body[data-state="ready"][aria-busy="false"]');
  return Number((await body.locator('.stat-number').first().textContent())?.match(/[\d,]+/)?.[0].replace(',', ''));
}

/** In a part of the page. The page lets no other program in; axe comes through the debugger. */
async function seriousFindings(part: string): Promise<string[]> {
  return await inPage(
    `(async () => { const module = {exports: {}}; if (!window.axe) (function () { ${axe} }).call(window);
      const { violations } = await window.axe.run(${JSON.stringify(part)});
      return violations.flatMap(({ id, impact, nodes }) => ['serious', 'critical'].includes(impact) ? [id + ': ' + nodes[0].html] : []); })()`,
  );
}

async function start(): Promise<void> {
  running = await startTailrace(['run', pipeline], { keep: true });
  const lines = fixedLog(PAST).toString('latin1').split('\n').length - 1;
  const hasLog = ({ body }: { body: string }) => (JSON.parse(body) as Status).logs >= lines;
  await running.endpoint(`${url}api/v1/status`, { until: hasLog, timeoutMs: 60_000 });
}

beforeAll(async () => {
  if (skipped) return;
  folder = mkdtempSync(join(tmpdir(), 'shell-'));
  const address = `127.0.0.1:${await freePort()}`;
  url = `http://${address}/`;
  pipeline = writeFixedPipeline(folder, PAST, address);
  await start();
  browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
}, 150_000);
afterAll(async () => {
  await browser?.close();
  await running?.dispose();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

describe.skipIf(skipped)('the page in a browser', { timeout: 120_000 }, () => {
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, timezoneId: 'UTC', colorScheme: 'light' });
    [complaints, hosts] = [[], new Set()];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    onTestFinished(() => page.close());
  });

  test('leads to the first dashboard, and asks nobody but the process that serves it', async () => {
    await open('');
    await page.waitForURL(/#\/d\/mirrord-usage/);
    await page.getByRole('button', { name: 'Live' }).waitFor();
    await page.locator('.panel').first().waitFor();
    expect([...hosts].filter((host) => !host.startsWith('data:') && host !== 'null')).toEqual([new URL(url).origin]);
    expect(complaints).toEqual([]);
  });

  test('what was chosen of variables narrows all panels, stands in the address, and goes back', async () => {
    await open(USAGE);
    const all = await stat('sessions');
    await page.locator('.variables').getByRole('button', { name: 'User' }).click();
    await page.keyboard.type('olga');
    await page.locator('label.choice').getByTitle('CORP\\olga', { exact: true }).click();
    await page.keyboard.press('Escape');
    await expect.poll(() => stat('sessions')).toBeLessThan(all);
    expect(parameters().getAll('var.client_user')).toEqual(['CORP\\olga']);
    const olgas = await stat('sessions');
    await page.reload();
    await expect.poll(() => stat('sessions')).toBe(olgas);
    // Namespaces stand before users, so they are not narrowed by them; kinds of target neither.
    await page.getByRole('button', { name: 'Clear all' }).click();
    await expect.poll(() => stat('sessions')).toBe(all);
    await page.goBack();
    await expect.poll(() => stat('sessions')).toBe(olgas);
  });

  test('the time is chosen by keys; what is no time is refused with a sentence', async () => {
    await open(USAGE);
    await page.locator('.panel').first().waitFor();
    await page.keyboard.press('t');
    const picker = page.getByRole('dialog', { name: 'Time range' });
    const last = picker.getByLabel('Or the last');
    await last.fill('soon');
    await page.keyboard.press('Enter');
    await expect.poll(() => picker.getByRole('alert').textContent()).toMatch(/Write a number and/);
    await last.fill('90m');
    await page.keyboard.press('Enter');
    await expect.poll(() => parameters().get('from')).toBe('now-90m');
    expect(await focused()).toBe('time-picker');
    await page.getByRole('button', { name: 'Show a longer time' }).first().click();
    await expect.poll(() => parameters().get('from')).toBe('now-3h');
  });

  test('a time without events says so, and leads to those that there are', async () => {
    await open('#/d/mirrord-usage?from=1000&to=2000000&refresh=off');
    await expect.poll(() => panel('session-duration').textContent()).toMatch(/No such events in this time/);
    await expect.poll(() => panel('ping-latency').textContent()).toMatch(/No data points of .*ping_latency/);
    await page.getByRole('button', { name: 'Show all of them' }).click();
    expect(await stat('sessions')).toBeGreaterThan(10);
  });

  test('a panel leads to the events that it counts', async () => {
    await open(USAGE);
    const records = await stat('errors-and-warnings');
    await panel('errors-and-warnings').hover();
    await panel('errors-and-warnings')
      .getByRole('button', { name: /^Menu of/ })
      .click();
    await page.getByRole('button', { name: 'Show the events' }).click();
    await page.waitForURL(/#\/events/);
    const told = page.locator('.events-head [role=status]');
    await expect.poll(() => told.textContent()).toMatch(new RegExp(`^${records.toLocaleString('en')} event`));
    const where = encodeURIComponent(parameters().get('where') ?? '');
    const { total } = await get<FoundEvents>(`/events?${TIME}&where=${where}&columns=level`);
    expect(total).toBe(records);
  });

  test('events are found by text and by filters, and read on', async () => {
    await open(`#/events?${TIME}`);
    const told = page.locator('.events-head [role=status]');
    await expect.poll(() => page.locator('tbody tr').count()).toBe(100);
    await page.getByRole('button', { name: 'Older events' }).click();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(200);
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByLabel('Field').fill('fields.client_user');
    await page.getByLabel('Value').fill('CORP\\olga');
    await page.keyboard.press('Enter');
    const where = JSON.stringify([{ field: 'fields.client_user', is: 'CORP\\olga' }]);
    await expect.poll(() => parameters().get('where')).toBe(where);
    const hers = await get<FoundEvents>(`/events?${TIME}&columns=level&where=${encodeURIComponent(where)}`);
    await expect.poll(() => told.textContent()).toMatch(new RegExp(`^${hers.total.toLocaleString('en')} events`));
    await page.keyboard.press('/');
    expect(await focused()).toBe('event-search');
    await page.keyboard.type('port STEAL');
    await expect.poll(() => parameters().get('text')).toBe('port STEAL');
    await expect.poll(() => page.locator('tbody tr:has-text("Port Steal")').count()).toBeGreaterThan(0);
    await expect.poll(() => page.locator('tbody tr:has-text("Session Start")').count()).toBe(0);
    await page.getByRole('button', { name: /^Remove the filter/ }).click();
    await expect.poll(() => parameters().get('where')).toBeNull();
  });

  test('one event is opened by keys, with its types and where it came from; its fields filter', async () => {
    const where = encodeURIComponent(JSON.stringify([{ field: 'fields.message', is: 'Session End' }]));
    await open(`#/events?${TIME}&where=${where}`);
    await page.locator('tbody tr').first().getByRole('link').focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Event' });
    await dialog.getByRole('row', { name: /^fields\.session_duration double/ }).waitFor();
    const key = parameters().get('event');
    const { source, text } = await get<OneEvent>(`/events/${encodeURIComponent(key ?? '')}`);
    const told = await dialog.textContent();
    for (const part of [source.component, source.label, source.offset.toLocaleString('en'), text])
      expect(told).toContain(part);
    await dialog.getByRole('button', { name: 'Older' }).click();
    await expect.poll(() => parameters().get('event')).not.toBe(key);
    await dialog.getByRole('button', { name: /^Only events whose fields\.client_user is (?!not)/ }).click();
    await expect.poll(() => parameters().get('where')).toContain('fields.client_user');
    await dialog.waitFor({ state: 'detached' });
    await open(`#/event/${encodeURIComponent(key ?? '')}`);
    await expect.poll(() => page.locator('.event-raw').textContent()).toBe(text);
  });

  test('single keys work, but not while somebody writes', async () => {
    await open(USAGE);
    await page.locator('.panel').first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys and help' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys and help' }).waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.waitForURL(/#\/events/);
    await expect.poll(focused).toBe('event-search');
    await page.keyboard.type('d?e');
    await expect.poll(() => parameters().get('text')).toBe('d?e');
  });

  test('colours follow the system until somebody chooses, and the choice is kept', async () => {
    await open(USAGE);
    const scheme = () => inPage<string>('getComputedStyle(document.documentElement).colorScheme');
    expect(await scheme()).toBe('light dark');
    await page.getByRole('button', { name: /change to light/ }).click();
    await page.getByRole('button', { name: /change to dark/ }).click();
    expect(await scheme()).toBe('dark');
    await page.reload();
    await expect.poll(scheme).toBe('dark');
    await inPage('localStorage.clear()');
  });

  test.each([1280, 1000, 420])('at %d pixels no title is cut off and nothing sticks out', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    for (const id of ['mirrord-usage', 'pipeline-health']) {
      await open(`#/d/${id}?${TIME}`);
      await page.locator('.panel').first().waitFor();
      const cut = await page
        .locator('.panel h3')
        .evaluateAll((all) =>
          all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent),
        );
      expect(cut).toEqual([]);
      expect(await inPage<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    }
  });

  test.each(['light', 'dark'] as const)('axe finds nothing serious in %s, nor in what opens', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await open(USAGE);
    await stat('sessions');
    for (const part of ['header', '.variables', '.intro']) expect(await seriousFindings(part)).toEqual([]);
    for (const name of [/^Time:/, /^Namespace/, 'Live', /^mirrord \/ Usage/]) {
      await page.getByRole('button', { name }).first().click();
      await page.locator('.popover:popover-open').waitFor();
      expect(await seriousFindings('.popover:popover-open')).toEqual([]);
      await page.keyboard.press('Escape');
    }
    await open(`#/events?${TIME}`);
    await page.locator('tbody tr').first().waitFor();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    expect(await seriousFindings('main')).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('tbody tr').first().getByRole('link').click();
    await page.locator('.event-raw').waitFor();
    expect(await seriousFindings('dialog')).toEqual([]);
  });

  test('when the process is gone the page says so and keeps what it shows; it goes on when the process is back', async () => {
    await open(USAGE);
    const sessions = await stat('sessions');
    await running.dispose();
    await expect.poll(() => page.getByRole('alert').first().textContent()).toMatch(/does not answer/);
    expect(await stat('sessions')).toBe(sessions);
    await start();
    await page.getByRole('button', { name: 'Live' }).waitFor({ timeout: 60_000 });
    await expect.poll(() => page.getByRole('alert').count()).toBe(0);
    await expect.poll(() => stat('sessions')).toBe(sessions);
  });
});
