import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FoundEvents } from '@tailrace/local';
import type { RunningProcess } from '@tailrace/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { MARKUP, markedPipeline } from '../support/marked-pipeline.ts';
import { serverOrSkip } from '../support/servers.ts';
import { startTailrace } from '../support/tailrace.ts';

const { skipped, program } = await serverOrSkip('chromium');
const TOKEN = 'a-token-of-some-length';

// A name server that is not ours can say anything.
const ARGUMENTS = ['--no-sandbox', '--host-resolver-rules=MAP evil.example 127.0.0.1'];

let running: RunningProcess;
let browser: Browser;
let url: string;
let page: Page;

/** Starts a pipeline and gives it with its page's URL, which ends with a slash. */
async function startPage(options: object): Promise<{ running: RunningProcess; url: string }> {
  const started = await startTailrace(['run', 'pipeline.yaml'], {
    files: markedPipeline({ address: '127.0.0.1:0', ...options }),
    keep: true,
  });
  const said = await started.line('page: ');
  return { running: started, url: /http:\/\/127\.0\.0\.1:\d+\//.exec(said)?.[0] ?? said };
}

beforeAll(async () => {
  if (skipped) return;
  ({ running, url } = await startPage({}));
  const hasLog = ({ body }: { body: string }) => JSON.parse(body).logs > 100;
  await running.endpoint(`${url}api/v1/status`, { until: hasLog, timeoutMs: 60_000 });
  browser = await chromium.launch({ executablePath: program, args: ARGUMENTS });
}, 150_000);
afterAll(async () => {
  await browser?.close();
  await running?.dispose();
});

/** Serves one page of another site and gives its URL. */
async function evilSite(html: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://evil.example:${(server.address() as AddressInfo).port}/`;
}

describe.skipIf(skipped)('the page in a browser', { timeout: 120_000 }, () => {
  let problems: string[];
  beforeEach(async () => {
    problems = [];
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.on('dialog', (dialog) => {
      problems.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) problems.push(`asked ${request.url()}`);
    });
    onTestFinished(() => page.close());
  });

  test('shows markup in fields as text, in panels, lists and one event, and asks nobody else', async () => {
    await page.goto(`${url}#/d/mirrord-usage?from=now-1h`);
    await page.locator('#panel-top-users').scrollIntoViewIfNeeded();
    const where = encodeURIComponent(JSON.stringify([{ field: 'fields.client_user', is: MARKUP }]));
    await page.goto(`${url}#/events?from=now-1h&where=${where}`);
    await page.getByText(MARKUP, { exact: false }).first().waitFor();
    const found = await fetch(`${url}api/v1/events?from=0&to=${Date.now() + 60_000}&where=${where}`);
    const { events } = (await found.json()) as FoundEvents;
    await page.goto(`${url}#/event/${events[0]?.key}`);
    await page.getByText(MARKUP, { exact: false }).first().waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('is not for other sites, whatever they try', async () => {
    const tried = await evilSite(`<!doctype html><title>evil</title><body><script>
      const base = ${JSON.stringify(url)};
      const ok = (asked) => asked.then(({ ok }) => ok || Promise.reject());
      const say = (name, promise) => promise.then(() => name + ': got it', () => name + ': refused');
      const loaded = (element, attributes) => new Promise((resolve, reject) => {
        const made = Object.assign(document.createElement(element), attributes, { onload: resolve, onerror: reject });
        document.body.append(made);
      });
      window.results = Promise.all([
        say('read', ok(fetch(base + 'api/v1/status'))),
        say('read with cookies', ok(fetch(base + 'api/v1/status', { credentials: 'include' }))),
        say('json', ok(fetch(base + 'api/v1/query', { method: 'POST', body: '{"sql":"SELECT 1"}', headers: { 'content-type': 'application/json' } }))),
        say('script', loaded('script', { src: base + 'page.js' })),
        say('image', loaded('img', { src: base + 'api/v1/status' })),
        say('events', new Promise((resolve, reject) => Object.assign(new EventSource(base + 'api/v1/changes'), { onopen: resolve, onerror: reject }))),
      ]);
      fetch(base + 'api/v1/query', { method: 'POST', mode: 'no-cors', body: '{"sql":"SELECT 1"}' }).catch(() => {});
      document.body.append(Object.assign(document.createElement('iframe'), { src: base }));
    </script>`);
    // Without the browser's own protection: the server is to refuse by itself.
    const args = [...ARGUMENTS, '--disable-web-security', '--disable-features=LocalNetworkAccessChecks'];
    const careless = await chromium.launch({ executablePath: program, args });
    onTestFinished(() => careless.close());
    const evil = await careless.newPage();
    const statuses: number[] = [];
    evil.on('response', (response) => {
      if (response.url().startsWith(url)) statuses.push(response.status());
    });
    await evil.goto(tried);
    const results = await evil.evaluate('window.results');
    expect(results).toEqual(
      ['read', 'read with cookies', 'json', 'script', 'image', 'events'].map((name) => `${name}: refused`),
    );
    await expect.poll(() => statuses.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(4);
    expect(statuses.filter((status) => status < 400)).toEqual([]);
  });

  test('is refused under a name that was pointed at this machine', async () => {
    const rebound = url.replace('127.0.0.1', 'evil.example');
    expect((await page.goto(rebound))?.status()).toBe(421);
    const inPage = await page.evaluate(() => fetch('/api/v1/status').then((response) => response.status));
    expect(inPage).toBe(421);
  });

  test('is opened with a token once, also by a link of another site', async () => {
    const own = await startPage({ token: TOKEN });
    onTestFinished(() => own.running.dispose());
    const shut = await page.goto(own.url);
    expect(shut?.status()).toBe(401);
    expect(await page.locator('body').textContent()).toContain('this needs a token');

    const typed = page.waitForResponse(`${own.url}api/v1/status`);
    await page.goto(`${own.url}?token=${TOKEN}`);
    expect((await typed).status()).toBe(200);
    expect(page.url()).not.toContain(TOKEN);
    expect(await page.evaluate('document.cookie')).toBe('');

    const visitor = await browser.newContext();
    onTestFinished(() => visitor.close());
    const other = await visitor.newPage();
    await other.goto(await evilSite(`<!doctype html><a href="${own.url}?token=${TOKEN}">the page</a>`));
    const linked = other.waitForResponse(`${own.url}api/v1/status`);
    await other.getByText('the page').click();
    expect((await linked).status()).toBe(200);
    expect(other.url()).not.toContain(TOKEN);
  });
});
