import { setTimeout as sleep } from 'node:timers/promises';
import { resolveConfig } from '@tailrace/core';
import { type MetricPoint, readPoint } from '@tailrace/telemetry';
import { type Script, type ScriptedServer, scriptedServer, sourceContext, sourceRun } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { prometheusScrape } from './index.ts';

const TEXT = { 'content-type': 'text/plain; version=0.0.4' };
const ok = (body: string) => ({ status: 200, headers: TEXT, body });

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await scriptedServer(script);
  onTestFinished(() => server.stop());
  return server;
}

async function create(options: object) {
  const { context, said } = sourceContext();
  const source = await prometheusScrape.create({ config: resolveConfig(prometheusScrape.config, options), context });
  return { source, said, context };
}

async function scrapeOnce(options: object) {
  const { source, said } = await create(options);
  const run = sourceRun();
  await source.run(run.io);
  return { ...run, said, points: run.records.flatMap((batch) => pointsOf(batch)) };
}

function pointsOf(batch: ReturnType<typeof sourceRun>['records'][number]): MetricPoint[] {
  return Array.from({ length: batch.length }, (_, i) => readPoint(batch.envelopeOf(i), batch.record(i)));
}
const numberOf = (points: readonly MetricPoint[], name: string) => points.find((point) => point.name === name)?.value;

test('a scrape: points with their resource, and up, duration and samples', async () => {
  const text = '# TYPE c counter\n# HELP c Some.\nc{a="b"} 3\ng 1.5 5000\n';
  const { url } = await serve([ok(text)]);
  const { points, records, received, isReady } = await scrapeOnce({
    targets: [url],
    job: 'shop',
    labels: { env: 'x' },
  });
  const { host, port, hostname } = new URL(url);
  expect(points.map(({ name }) => name)).toEqual(['c', 'g', 'up', 'scrape_duration_seconds', 'scrape_samples_scraped']);
  expect(points[0]).toMatchObject({
    ...{ description: 'Some.', kind: 'sum', temporality: 'cumulative', isMonotonic: true, value: 3 },
    scope: { name: 'tailrace/prometheus_scrape' },
  });
  expect(Object.fromEntries(points[0]!.attributes)).toEqual({ a: 'b', env: 'x' });
  expect(Object.fromEntries(points[0]!.resource)).toEqual({
    ...{ 'service.name': 'shop', 'service.instance.id': host, 'server.address': hostname },
    ...{ 'server.port': BigInt(port), 'url.scheme': 'http' },
  });
  expect(points[1]).toMatchObject({ kind: 'gauge', value: 1.5, time: 5_000_000_000n });
  expect([numberOf(points, 'up'), numberOf(points, 'scrape_samples_scraped')]).toEqual([1, 2]);
  expect(points[3]).toMatchObject({ unit: 's' });
  expect(Number(points[0]!.time) / 1e6 - Date.now()).toBeLessThan(5000);
  const [batch] = records;
  expect(batch!.signal).toBe('metrics');
  expect(batch!.position(1)).toMatchObject({
    offset: 0,
    end: 1,
    sub: 1,
    stream: { source: 'tested', label: `${url}/metrics` },
  });
  expect(batch!.time(1)).toBe(5_000_000_000n);
  expect(received).toEqual([{ bytes: text.length }]);
  expect(isReady()).toBe(true);
});

test('target_info goes to the resource, otel_scope_info to the scope', async () => {
  const { url } = await serve([
    ok(
      'target_info{region="west"} 1\notel_scope_info{otel_scope_name="lib",otel_scope_version="2",mascot="bear"} 1\nx{otel_scope_name="lib",otel_scope_version="2"} 1\n',
    ),
  ]);
  const { points } = await scrapeOnce({ targets: [url] });
  expect(points[0]).toMatchObject({ name: 'x', scope: { name: 'lib', version: '2' } });
  expect(points[0]!.scope.attributes).toEqual(new Map([['mascot', 'bear']]));
  expect(points[0]!.resource.get('region')).toBe('west');
});

test.each([
  [{ status: 500 }, 'scrape_failed', 'cannot scrape: status 500'],
  [ok('x 1\ny one\n'), 'scrape_malformed', 'cannot scrape: line 2, column 3: expected a number, found "one"'],
  [ok('x 1\ny 1\nz 1\n'), 'scrape_over_limit', 'cannot scrape: more than 2 samples: raise sample_limit'],
  [
    ok('#'.repeat(101)),
    'scrape_over_limit',
    'cannot scrape: the answer is longer than 100 bytes: raise body_size_limit',
  ],
])('a scrape that fails gives up 0 and nothing else, and is counted: %j', async (answer, code, message) => {
  const { url } = await serve([answer]);
  const { points, said } = await scrapeOnce({ targets: [url], sample_limit: 2, body_size_limit: 100 });
  expect(points.map(({ name, value }) => (name === 'scrape_duration_seconds' ? name : [name, value]))).toEqual([
    ['up', 0],
    'scrape_duration_seconds',
    ['scrape_samples_scraped', 0],
  ]);
  expect(said.errors).toEqual({ [code]: 1 });
  expect(said.records).toMatchObject([{ level: 'warn', message, details: { target: `${url}/metrics`, code } }]);
});

test('refused lines are counted, the rest is kept', async () => {
  const { url } = await serve([ok('x 1\nx 2\n')]);
  const { points, said } = await scrapeOnce({ targets: [url] });
  expect(numberOf(points, 'x')).toBe(1);
  expect(said.errors).toEqual({ sample_refused: 1 });
  expect(said.records).toMatchObject([{ level: 'debug', details: { reasons: { x: 'a series that is there twice' } } }]);
});

test('many points come in several batches with one identity each', async () => {
  const { url } = await serve([ok(Array.from({ length: 12_000 }, (_, k) => `x{k="${k}"} ${k}\n`).join(''))]);
  const { records, points, received } = await scrapeOnce({ targets: [url] });
  expect(records.map(({ length }) => length)).toEqual([5000, 5000, 2003]);
  const ids = records.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => batch.id(i)));
  expect(new Set(ids).size).toBe(12_003);
  expect(points.slice(0, 12_000).map(({ value }) => value)).toEqual(Array.from({ length: 12_000 }, (_, k) => k));
  expect(received.slice(1)).toEqual([{ bytes: 0 }, { bytes: 0 }]);
});

/** Runs until `scrapes` batches came of all targets together. */
async function runUntil(options: object, scrapes: number, outcome?: () => Promise<'delivered'>) {
  const { source, said } = await create(options);
  const run = sourceRun({ once: false, ...(outcome && { outcome }) });
  const ended = source.run(run.io);
  const deadline = performance.now() + 10_000;
  while (run.records.length < scrapes && performance.now() < deadline) await sleep(5);
  run.abort.abort();
  await ended;
  return { ...run, said };
}

test('scraped on and on: a failure is said once, and its end', async () => {
  const server = await serve([ok('x 1\n'), { status: 503 }, { status: 503 }, ok('x 2\n'), ok('x 3\n')]);
  const { records, said } = await runUntil({ targets: [server.url], interval: '100ms' }, 5);
  const ups = records.slice(0, 5).map((batch) => numberOf(pointsOf(batch), 'up'));
  expect(ups).toEqual([1, 0, 0, 1, 1]);
  expect(said.errors).toEqual({ scrape_failed: 2 });
  expect(said.records.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'cannot scrape: status 503'],
    ['info', 'scraped again'],
  ]);
  expect(records.slice(0, 5).map((batch) => batch.position(0).offset)).toEqual([0, 1, 2, 3, 4]);
  expect(said.gauges.size).toBe(1);
  const times = server.requests.slice(0, 5).map(({ at }) => at);
  expect(times[4]! - times[0]!).toBeGreaterThan(380);
});

test('starts: a series that appears later counts from the scrape before', async () => {
  const counter = '# TYPE c counter\n';
  const { url } = await serve([ok(`${counter}c{u="1"} 7\n`), ok(`${counter}c{u="1"} 7\nc{u="2"} 1\n`)]);
  const { records } = await runUntil({ targets: [url], interval: '100ms' }, 2);
  const [first, second] = records.map(pointsOf);
  expect(first![0]!.startTime).toBe(first![0]!.time);
  expect(second![0]!.startTime).toBe(first![0]!.time);
  expect(second![1]).toMatchObject({ value: 1, startTime: first![0]!.time });
});

test('targets are spread over the interval, and one that hangs holds no other back', async () => {
  const hanging = await serve([{ kind: 'hang' }]);
  const server = await serve([ok('x 1\n')]);
  const targets = [hanging.url, server.url];
  await runUntil({ targets, interval: '300ms' }, 5);
  expect(hanging.requests[0]!.at + 100).toBeLessThan(server.requests[0]!.at);
  expect(server.requests.length).toBeGreaterThanOrEqual(3);
  // Never asked again before its timeout.
  const gaps = hanging.requests.slice(1).map(({ at }, k) => at - hanging.requests[k]!.at);
  for (const gap of gaps) expect(gap).toBeGreaterThan(290);
});

test('a stop ends it at once, also while a target hangs, and waits for what was emitted', async () => {
  const hanging = await serve([{ kind: 'hang' }]);
  const { source } = await create({ targets: [hanging.url], interval: '60s' });
  const run = sourceRun({ once: false });
  const ended = source.run(run.io);
  await hanging.received(1);
  run.abort.abort();
  const began = performance.now();
  await ended;
  expect(performance.now() - began).toBeLessThan(1000);
  expect(run.records).toEqual([]);

  let isSettled = false;
  const server = await serve([ok('x 1\n')]);
  await runUntil({ targets: [server.url], interval: '60s' }, 1, async () => {
    await sleep(200);
    isSettled = true;
    return 'delivered';
  });
  expect(isSettled).toBe(true);
});

test('the input of a pipeline’s test is an exposition', async () => {
  const { context } = await create({ targets: ['http://a:1'] });
  const config = resolveConfig(prometheusScrape.config, { targets: ['http://a:1'], job: 'j' });
  const stream = { id: 'streamstreamstre', source: 'in', label: 'test', firstSeen: 0, replayBelow: 0 };
  const sample = (text: string) =>
    prometheusScrape.sample!({ config, context, input: { bytes: Buffer.from(text), stream, seconds: 12.5 } });
  for (const text of ['x_total 1\n', '# TYPE x counter\nx_total 1\n# EOF\n']) {
    const [batch] = (await sample(text)) as ReturnType<typeof sourceRun>['records'];
    const [point] = pointsOf(batch!);
    expect(point).toMatchObject({ name: 'x_total', value: 1, time: 12_500_000_000n });
    expect(batch!.length).toBe(1);
  }
  await expect(sample('x\n')).rejects.toThrow('line 1, column 2: expected a number, found nothing');
});
