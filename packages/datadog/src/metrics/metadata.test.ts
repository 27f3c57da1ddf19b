import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PluginContext } from '@tailrace/core';
import { type DatadogIntake, datadogIntake, metricsRoutes, type TakenMetrics, takenMetrics } from '@tailrace/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MissingLibrary, metricsApi } from '../api-client.ts';
import { type HttpClient, httpClient } from '../http-client.ts';
import { closeRuns, newRun } from './delivery.fixture.ts';
import { type MetadataTeller, metadataTeller } from './metadata.ts';
import { ago, histogram, point } from './points.fixture.ts';

let taken: TakenMetrics;
let intake: DatadogIntake;
let folder: string;
let http: HttpClient;
let said: string[];
let errors: number;
let api: (signal: AbortSignal) => ReturnType<typeof metricsApi>;
const tellers: MetadataTeller[] = [];

beforeEach(async () => {
  taken = takenMetrics();
  intake = await datadogIntake({ routes: metricsRoutes(taken) });
  folder = mkdtempSync(join(tmpdir(), 'metadata-'));
  http = httpClient({ tls: {}, proxy: undefined, connectTimeout: 1000, headersTimeout: 0, bodyTimeout: 0, kept: 1 });
  [said, errors] = [[], 0];
  api = (signal) => metricsApi({ url: new URL(intake.url), apiKey: 'key', appKey: 'app key', http, signal });
});
afterEach(async () => {
  await closeRuns();
  for (const teller of tellers.splice(0)) await teller.close();
  http.close();
  await intake.stop();
  rmSync(folder, { recursive: true, force: true });
});

function teller(retryAfterMs = 60_000): MetadataTeller {
  const silent = (): void => undefined;
  const say = (_: object, message: string): void => void said.push(message);
  const context: PluginContext = {
    componentId: 'metrics',
    log: { debug: silent, info: silent, warn: say, error: say },
    dataDir: folder,
    resolvePath: (path) => path,
    countErrors: (_, count) => {
      errors += count;
    },
    gauge: silent,
    notReady: silent,
  };
  const made = metadataTeller({ context, folder, namespace: undefined, retryAfterMs, api: (signal) => api(signal) });
  tellers.push(made);
  return made;
}

const gauge = point({ kind: 'gauge', name: 'age', value: 1, unit: 's', description: 'How old it is.' });
const puts = () => intake.requests.filter(({ method }) => method === 'PUT');

test('unit and description of each metric are set once, with the parts that a histogram has', async () => {
  const run = newRun(intake.url, folder, { assembly: { firstValue: 'keep' } });
  const points = [gauge, histogram([1, 0, 0], 1, { unit: 'ms', description: 'How long.', time: ago(5) })];
  await run.send(...points);
  const one = teller();
  for (let i = 0; i < 3; i++) one.note(points);
  await vi.waitFor(() => expect(taken.metadata.size).toBe(4), 10_000);
  expect(Object.fromEntries(taken.metadata)).toEqual({
    age: { unit: 'second', description: 'How old it is.' },
    latency: { unit: 'millisecond', description: 'How long.' },
    'latency.sum': { unit: 'millisecond', description: 'How long.' },
    'latency.count': { description: 'How long.' },
  });
  // A gauge of the extremes comes only from histograms of one interval, so Datadog may not know it.
  expect(said.every((message) => message.includes('status 404'))).toBe(true);
}, 20_000);

describe('over restarts', () => {
  test('it is remembered, and told again only when it changes', async () => {
    await newRun(intake.url, folder).send(gauge);
    const first = teller();
    first.note([gauge]);
    await vi.waitFor(() => expect(taken.metadata.size).toBe(1), 10_000);
    await first.close();
    const second = teller();
    second.note([gauge]);
    second.note([{ ...gauge, description: 'Changed.' }]);
    await vi.waitFor(() => expect(taken.metadata.get('age')).toMatchObject({ description: 'Changed.' }), 10_000);
    expect(puts()).toHaveLength(2);
  }, 20_000);
});

describe('a failure is counted and said, and tried again later', () => {
  test('a metric that is not known yet', async () => {
    teller(50).note([gauge]);
    await vi.waitFor(() => expect(errors).toBeGreaterThan(0), 10_000);
    expect(said[0]).toBe('unit and description could not be set: age: status 404');
    await newRun(intake.url, folder).send(gauge);
    await vi.waitFor(() => expect(taken.metadata.size).toBe(1), 10_000);
  }, 20_000);
  test('an application key without the right', async () => {
    api = (signal) => metricsApi({ url: new URL(intake.url), apiKey: 'key', appKey: 'other', http, signal });
    teller().note([gauge]);
    await vi.waitFor(() => expect(said).toHaveLength(1), 10_000);
    expect(said[0]).toMatch(/^unit and description could not be set: .*403/s);
  });
});

describe('the library is missing', () => {
  test('which is said once, with what to install', async () => {
    api = () => Promise.reject(new MissingLibrary('the package x is missing: npm install x'));
    const one = teller(1);
    one.note([gauge]);
    await vi.waitFor(() => expect(said).toHaveLength(1), 10_000);
    one.note([{ ...gauge, name: 'other' }]);
    await one.close();
    expect(said).toEqual(['unit and description cannot be set: the package x is missing: npm install x']);
  });
  test('which is found out where it is loaded', async () => {
    for (const file of ['api-client.ts', 'http-client.ts'])
      copyFileSync(join(import.meta.dirname, '..', file), join(folder, file));
    const script = `const { metricsApi } = await import(${JSON.stringify(join(folder, 'api-client.ts'))});
      await metricsApi({}).catch((error) => console.log(error.name, error.message));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe(
      'MissingLibrary the package @datadog/datadog-api-client is missing: npm install @datadog/datadog-api-client\n',
    );
  });
});
