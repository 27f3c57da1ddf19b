import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadFieldFile } from '@tailrace/std';
import { freePort, type RunningProcess } from '@tailrace/testkit';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { startTailrace } from '../support/tailrace.ts';
import type { GivenMetric } from './contract.ts';
import { allPaths, takeDocuments, takeMetrics, takeTelemetry } from './stand-ins.ts';

const pipelines = fileURLToPath(new URL('../../pipelines/', import.meta.url));
export const shipped = (name: string): string => join(pipelines, name);

/** What the shipped pipelines of a system brought to each target, from sample input. */
export interface Arrived {
  /** Fields of documents in Elasticsearch, and their indices. */
  readonly fields: ReadonlySet<string>;
  readonly indices: ReadonlySet<string>;
  /** Attributes of logs in Datadog, and their tags. */
  readonly attributes: ReadonlySet<string>;
  readonly tags: ReadonlySet<string>;
  /** Metrics as Prometheus has them, and as Datadog stores them. */
  readonly metrics: ReadonlyMap<string, GivenMetric>;
  readonly datadogMetrics: ReadonlyMap<string, GivenMetric>;
}

type LogsInDatadog = Pick<Arrived, 'attributes' | 'tags'>;
const TIMEOUT_MS = 30_000;

/** The operator's sample log and generated metrics through the pipelines of mirrord. */
export async function mirrordArrived(): Promise<Arrived> {
  return await inFolder(async (folder) => {
    const env = { LOG_DIR: shipped('mirrord/samples/docker'), DD_API_KEY: 'key', METRICS_ADDRESS: '127.0.0.1:0' };
    const port = await freePort();
    const operator = await startTailrace(['generate', 'mirrord-metrics', '--port', String(port)], { keep: true });
    const url = `http://127.0.0.1:${port}/metrics`;
    try {
      await operator.endpoint(url);
      // By then each metric has come up.
      for (let scrape = 0; scrape < 30; scrape++) await (await fetch(url)).text();
      const points = { ...env, OPERATOR_METRICS_URL: url, SCRAPE_INTERVAL: '1s', DATA_DIR: join(folder, 'points') };
      return {
        ...(await documents(folder, env)),
        ...(await logsInDatadog(folder, env)),
        metrics: await scraped(folder, url),
        datadogMetrics: await pointsInDatadog(folder, points),
      };
    } finally {
      await operator.dispose();
    }
  });
}

async function documents(folder: string, env: Record<string, string>): Promise<Pick<Arrived, 'fields' | 'indices'>> {
  const taken = await takeDocuments();
  try {
    const here = { ...env, DATA_DIR: join(folder, 'documents'), ELASTICSEARCH_URL: taken.url };
    await runOnce([shipped('mirrord/elasticsearch.yaml')], here);
    return { fields: allPaths(taken.documents()), indices: taken.indices() };
  } finally {
    await taken.stop();
  }
}

async function logsInDatadog(folder: string, env: Record<string, string>): Promise<LogsInDatadog> {
  const taken = await takeTelemetry();
  try {
    const here = { ...env, DATA_DIR: join(folder, 'logs') };
    await runOnce([pointedTo(taken.url, 'mirrord/datadog.yaml', folder)], here);
    return logsOf(taken.logs());
  } finally {
    await taken.stop();
  }
}

async function pointsInDatadog(folder: string, env: Record<string, string>): Promise<Arrived['datadogMetrics']> {
  const taken = await takeTelemetry();
  const running = await start([pointedTo(taken.url, 'mirrord/metrics-datadog.yaml', folder)], env);
  try {
    await until('three scrapes', () => taken.scrapes() >= 3);
    return taken.metrics();
  } finally {
    await stop(running);
    await taken.stop();
  }
}

/** What the watched pipeline does beside: it discards. Its errors are the lines of the sample that are no JSON. */
const BESIDE = {
  transforms: { wanted: { type: 'filter', inputs: 'usage', condition: 'level == "ERROR"' } },
  sinks: { wanted_lines: { type: 'file', inputs: 'wanted', path: 'wanted.ndjson' } },
};

/** tailrace's own numbers, while it works on the operator's sample log. */
export async function tailraceArrived(): Promise<Arrived> {
  return await inFolder(async (folder) => {
    const beside = join(folder, 'beside.yaml');
    writeFileSync(beside, JSON.stringify(BESIDE));
    const env = { LOG_DIR: shipped('mirrord/samples/docker'), DD_API_KEY: 'key', HEALTH_INTERVAL: '1s' };
    return { ...(await healthDocuments(folder, beside, env)), ...(await healthInDatadog(folder, beside, env)) };
  });
}

const RECORDS = ['process', 'component', 'errors', 'discards'];

async function healthDocuments(
  folder: string,
  beside: string,
  env: Record<string, string>,
): Promise<Pick<Arrived, 'fields' | 'indices' | 'metrics'>> {
  const taken = await takeDocuments();
  const address = `127.0.0.1:${await freePort()}`;
  const here = { ...env, DATA_DIR: join(folder, 'data'), METRICS_ADDRESS: address, ELASTICSEARCH_URL: taken.url };
  const files = [shipped('mirrord/elasticsearch.yaml'), beside, shipped('tailrace/health.yaml')];
  const running = await start(files, here);
  const own = () => taken.documents().filter((document) => 'record' in document);
  try {
    await until('all kinds of records', () => RECORDS.every((kind) => own().some(({ record }) => record === kind)));
    await unlessInVain(() => hasDeclared(own()));
    const metrics = await scraped(folder, `http://${address}/metrics`);
    const indices = new Set([...taken.indices()].filter((index) => !index.startsWith('logstash-')));
    return { fields: allPaths(own()), indices, metrics };
  } finally {
    await stop(running);
    await taken.stop();
  }
}

async function healthInDatadog(
  folder: string,
  beside: string,
  env: Record<string, string>,
): Promise<LogsInDatadog & Pick<Arrived, 'datadogMetrics'>> {
  const taken = await takeTelemetry();
  const address = `127.0.0.1:${await freePort()}`;
  const here = { ...env, DATA_DIR: join(folder, 'data-datadog'), METRICS_ADDRESS: address };
  const [watched, health] = ['mirrord/datadog.yaml', 'tailrace/health-datadog.yaml'].map((name) =>
    pointedTo(taken.url, name, folder),
  );
  const running = await start([watched!, beside, health!], here);
  const own = () => taken.logs().filter(({ service }) => service === 'tailrace');
  try {
    await until('a log of errors', () => own().some(({ record }) => record === 'errors'));
    await until('three scrapes', () => taken.scrapes() >= 3);
    return { ...logsOf(own()), datadogMetrics: taken.metrics() };
  } finally {
    await stop(running);
    await taken.stop();
  }
}

/** Some fields come with the first answer of a target, a record later than others. `not_ready` comes only when something is wrong. */
function hasDeclared(events: readonly object[]): boolean {
  const there = allPaths(events);
  const declared = loadFieldFile(shipped('tailrace/fields.yaml')).fields.map(({ path }) => path.steps.join('.'));
  return declared.every((name) => there.has(name) || name === 'not_ready' || name === '@timestamp');
}

/** Waits for what tests look at anyway: they tell better what is missing. */
async function unlessInVain(isSo: () => boolean): Promise<void> {
  for (const giveUpAt = performance.now() + TIMEOUT_MS / 2; !isSo() && performance.now() < giveUpAt; ) await sleep(100);
}

/** Hooks of tests have no `expect.poll`. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + TIMEOUT_MS;
  while (!isSo()) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain for ${what}`);
    await sleep(100);
  }
}

/** What the source `prometheus_scrape` of the shipped pipeline makes of an endpoint. */
async function scraped(folder: string, url: string): Promise<Arrived['metrics']> {
  const taken = await takeMetrics();
  try {
    await runOnce([shipped('mirrord/metrics-otlp.yaml')], {
      ...{ OPERATOR_METRICS_URL: url, OTLP_ENDPOINT: taken.url, OTLP_PROTOCOL: 'http/json' },
      ...{ METRICS_ADDRESS: '127.0.0.1:0', DATA_DIR: mkdtempSync(join(folder, 'scraped-')) },
    });
    return taken.metrics();
  } finally {
    await taken.stop();
  }
}

function logsOf(logs: readonly Readonly<Record<string, unknown>>[]): LogsInDatadog {
  const tags = logs.flatMap(({ ddtags }) => String(ddtags ?? '').split(','));
  return { attributes: allPaths(logs), tags: new Set(tags) };
}

interface Shipped {
  transforms?: Record<string, { file?: string }>;
  sinks: Record<string, { type: string }>;
}

/** The shipped pipeline with an address for Datadog that is not its own. */
function pointedTo(url: string, name: string, folder: string): string {
  const pipeline = parse(readFileSync(shipped(name), 'utf8')) as Shipped;
  for (const sink of Object.values(pipeline.sinks)) Object.assign(sink, { url, max_wait: '100ms' });
  for (const transform of Object.values(pipeline.transforms ?? {}))
    if (transform.file) transform.file = join(shipped(name), '..', transform.file);
  const file = join(folder, name.replace('/', '-'));
  writeFileSync(file, JSON.stringify(pipeline));
  return file;
}

async function runOnce(files: readonly string[], env: Record<string, string>): Promise<void> {
  const running = await startTailrace(['run', '--once', ...files], { env, keep: true });
  const end = await running.exit();
  await running.dispose();
  expect(end.code, end.stderr).toBe(0);
}

async function start(files: readonly string[], env: Record<string, string>): Promise<RunningProcess> {
  return await startTailrace(['run', ...files], { env, keep: true });
}

async function stop(running: RunningProcess): Promise<void> {
  running.signal('SIGTERM');
  const end = await running.exit();
  await running.dispose();
  expect(end.code, end.stderr).toBe(0);
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
