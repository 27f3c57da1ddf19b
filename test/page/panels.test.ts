import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NumbersAnswer, Status } from '@tailrace/local';
import { freePort, type RunningProcess } from '@tailrace/testkit';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { fixedLog, writeFixedPipeline } from '../support/local-pipeline.ts';
import { serverOrSkip } from '../support/servers.ts';
import { startTailrace } from '../support/tailrace.ts';

const { skipped, program } = await serverOrSkip('chromium');

const PAST = { end: '2026-11-19T15:00:00Z', seconds: 1800 };
const END = Date.parse(PAST.end);
const BEGIN = END - PAST.seconds * 1000;
const VIEW = `#/d/mirrord-usage?from=${BEGIN}&to=${END}&refresh=off`;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let running: RunningProcess;
let browser: Browser;
let folder: string;
let url: string;
let page: Page;

const panel = (id: string): Locator => page.locator(`#panel-${id}`);

/** The address of a dashboard's numbers that the page itself asked. */
async function answerOf(id: string): Promise<NumbersAnswer> {
  const asked = await page.evaluate(
    (name) =>
      performance.getEntriesByType('resource').findLast((entry) => entry.name.includes(`/panels/${name}?`))?.name,
    id,
  );
  const answer = await fetch(asked ?? `no request for ${id}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as NumbersAnswer;
}

/** Where something stands once all that is on the screen has its numbers and nothing moves any more. */
async function still(locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  await locator.scrollIntoViewIfNeeded();
  await expect.poll(() => page.locator('[data-state="loading"]').count()).toBe(0);
  // Waits until two drawings in a row found it at the same place.
  await locator.hover({ trial: true });
  const box = await locator.boundingBox();
  if (box === null) throw new Error('not drawn');
  return box;
}

/** Values of a step by the name of the only group. */
function valuesAt({ tables }: NumbersAnswer, time: number): Record<string, number | null> {
  const rows = tables.flatMap(({ rows }) => rows).filter((row) => row.time === time);
  return Object.fromEntries(rows.map(({ groups, columns }) => [String(groups[0]), columns[0] ?? null]));
}

function timesShown(): { from: number; to: number } {
  const parameters = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
  return { from: Number(parameters.get('from')), to: Number(parameters.get('to')) };
}

beforeAll(async () => {
  if (skipped) return;
  folder = mkdtempSync(join(tmpdir(), 'page-'));
  const address = `127.0.0.1:${await freePort()}`;
  url = `http://${address}/`;
  running = await startTailrace(['run', writeFixedPipeline(folder, PAST, address)], { keep: true });
  const lines = fixedLog(PAST).toString('latin1').split('\n').length - 1;
  const hasLog = ({ body }: { body: string }) => (JSON.parse(body) as Status).logs >= lines;
  await running.endpoint(`${url}api/v1/status`, { until: hasLog, timeoutMs: 60_000 });
  browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
}, 150_000);
afterAll(async () => {
  await browser?.close();
  await running?.dispose();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

describe.skipIf(skipped)('panels in a browser', { timeout: 120_000 }, () => {
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 900 }, timezoneId: 'UTC' });
    onTestFinished(() => page.close());
    await page.goto(url + VIEW);
    await panel('events-by-kind').locator('.u-over').waitFor();
  });

  test('the pointer shows the values of a step, and the crosshair stands in the other plots, too', async () => {
    const plot = panel('events-by-kind').locator('.u-over');
    const tooltip = page.locator('.tooltip:popover-open');
    // What is told late of a scrolling hides the values, until the pointer moves again, as a hand's does.
    await expect
      .poll(async () => {
        const box = await still(plot);
        await page.mouse.move(box.x + box.width / 2 - 1, box.y + box.height / 2);
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        return tooltip.isVisible();
      })
      .toBe(true);
    const answer = await answerOf('events-by-kind');
    const clock = await tooltip.locator('.tooltip-time').textContent();
    const time = Date.parse(`2026-11-19T${clock}Z`);
    expect(time).toBeGreaterThanOrEqual(BEGIN);
    const rows = await tooltip
      .locator('.tooltip-row')
      .evaluateAll((all) =>
        all.map((row) =>
          [row.querySelector('.tooltip-name'), row.querySelector('.tooltip-value')].map((cell) => cell?.textContent),
        ),
      );
    const shown = Object.fromEntries(rows.map(([name, value]) => [name, Number(value?.replace(',', ''))]));
    expect(shown).toEqual(valuesAt(answer, time));
    await expect.poll(() => page.locator('.u-cursor-x:not(.u-off)').count()).toBeGreaterThan(1);
    await page.mouse.move(5, 5);
    await tooltip.waitFor({ state: 'detached' });
  });

  test('dragging zooms into what was dragged over', async () => {
    const box = await still(panel('events-by-kind').locator('.u-over'));
    await page.mouse.move(box.x + box.width * 0.25, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 5 });
    await page.mouse.up();
    await expect.poll(() => timesShown().from).toBeGreaterThan(BEGIN);
    const { from, to } = timesShown();
    expect(Math.abs(from - (BEGIN + (END - BEGIN) * 0.25))).toBeLessThan(60_000);
    expect(Math.abs(to - (BEGIN + (END - BEGIN) * 0.5))).toBeLessThan(60_000);
  });

  test('keys move from step to step and say the values; Enter at two steps zooms', async () => {
    const slider = panel('events-by-kind').getByRole('slider');
    await slider.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    const answer = await answerOf('events-by-kind');
    const times = answer.tables[0]!.rows.flatMap(({ time }) => time ?? []);
    const last = Math.max(...times);
    const said = await slider.getAttribute('aria-valuetext');
    const values = valuesAt(answer, last - answer.step!);
    for (const [name, value] of Object.entries(values)) expect(said?.replaceAll(',', '')).toContain(`${name} ${value}`);
    await page.keyboard.press('Enter');
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^Zoom from here/);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await expect.poll(timesShown).toEqual({ from: last - 2 * answer.step!, to: last });
  });

  test('a chart is also told in words, and shown as a table', async () => {
    const frame = panel('session-duration');
    const chart = frame.getByRole('img');
    expect(await chart.getAttribute('aria-label')).toMatch(
      /^Session duration: line chart from .* p50: last .*, highest .* at /,
    );
    await frame.getByRole('button', { name: 'Show as table' }).click();
    const answer = await answerOf('session-duration');
    const times = answer.tables[0]!.rows.filter(({ columns }) => columns.some((value) => value !== null));
    await expect.poll(() => frame.locator('tbody tr').count()).toBe(times.length);
    expect(await frame.getByRole('columnheader').allTextContents()).toEqual(['Time', 'p50', 'p95', 'p99']);
    const newest = new Date(times.at(-1)!.time!).toISOString().slice(0, 19).replace('T', ' ');
    expect(await frame.locator('tbody tr').first().locator('td').first().textContent()).toBe(newest);
    await frame.getByRole('button', { name: 'Show as chart' }).click();
    await frame.locator('.u-over').waitFor();
  });

  test('a click in the legend hides a series, with Shift all others', async () => {
    const frame = panel('events-by-kind');
    const items = frame.locator('.legend-item');
    const pressed = () => items.evaluateAll((all) => all.map((item) => item.getAttribute('aria-pressed') === 'true'));
    const count = await items.count();
    await items.first().click();
    await expect.poll(pressed).toEqual([false, ...Array(count - 1).fill(true)]);
    await items.first().click({ modifiers: ['Shift'] });
    await expect.poll(pressed).toEqual([true, ...Array(count - 1).fill(false)]);
    await frame.getByRole('slider').focus();
    await expect.poll(() => frame.getByRole('slider').getAttribute('aria-valuetext')).not.toContain('Session End');
  });

  test('tables are sorted by their heads, and lead to the events of a group', async () => {
    const frame = panel('users');
    const head = frame.getByRole('button', { name: 'Median session' });
    const sort = () => frame.getByRole('columnheader').nth(4).getAttribute('aria-sort');
    await head.click();
    await expect.poll(sort).toBe('descending');
    await head.click();
    await expect.poll(sort).toBe('ascending');
    const user = await frame.locator('tbody tr').first().getByRole('button').textContent();
    await frame.locator('tbody tr').first().getByRole('button').click();
    await page.waitForURL(/#\/events\?/);
    expect(new URLSearchParams(new URL(page.url()).hash.split('?')[1]).get('where')).toContain(JSON.stringify(user));
  });

  test('a bar of a top list and a share of a donut lead to their events', async () => {
    const bar = panel('top-users').locator('.toplist-row').first();
    const name = await bar.locator('.toplist-name').textContent();
    await bar.click();
    await page.waitForURL(/#\/events\?/);
    const where = () => new URLSearchParams(new URL(page.url()).hash.split('?')[1]).get('where');
    expect(where()).toContain(JSON.stringify(name));
    await page.goBack();
    await panel('steals-by-filter').getByRole('button', { name: 'with a filter' }).click();
    await page.waitForURL(/#\/events\?/);
    expect(where()).toContain('{"field":"fields.http_filter","exists":true}');
  });

  test('nothing that a panel draws is cut off by its frame', async () => {
    await page.setViewportSize({ width: 1280, height: 4000 });
    await expect.poll(() => page.locator('[data-state="loading"]').count()).toBe(0);
    const cut = await page.locator('.panel-body').evaluateAll((bodies) =>
      bodies.flatMap((body) => {
        const inside = body.getBoundingClientRect();
        const drawn = [
          ...body.querySelectorAll(
            '.plot, .foot-bar, .foot-switch, .toplist, .table-scroll, .donut, .donut td, .stat, canvas',
          ),
        ];
        const over = drawn.filter((each) => {
          const { left, right, top, bottom } = each.getBoundingClientRect();
          return (
            left < inside.left - 1 || right > inside.right + 1 || top < inside.top - 1 || bottom > inside.bottom + 1
          );
        });
        return over.map((each) => `${body.parentElement?.id}: ${each.className}`);
      }),
    );
    expect(cut).toEqual([]);
  });

  test('axe finds nothing serious, in charts and in tables', async () => {
    await page.setViewportSize({ width: 1280, height: 4000 });
    await expect.poll(() => page.locator('[data-state="loading"]').count()).toBe(0);
    for (const id of ['events-by-kind', 'ping-latency-heatmap']) {
      await panel(id).getByRole('button', { name: 'Show as table' }).click();
    }
    // The page lets no other program in; axe comes through the debugger.
    const found = await page.evaluate(
      `(async () => { const module = {exports: {}}; (function () { ${axe} }).call(window);
        const { violations } = await window.axe.run(document);
        return violations.flatMap(({ id, impact, nodes }) => ['serious', 'critical'].includes(impact) ? [id + ': ' + nodes[0].html] : []); })()`,
    );
    expect(found).toEqual([]);
  });
});
