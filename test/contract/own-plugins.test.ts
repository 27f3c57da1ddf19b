import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import type { PluginDeclaration, SinkDeclaration, SourceDeclaration } from '@tailrace/core';
import {
  batchOf,
  bulkAnswer,
  datadogIntake,
  elasticsearchScript,
  freePort,
  listenOnLoopback,
  metricsRoutes,
  type SinkContractOptions,
  type SourceContractOptions,
  scriptedServer,
  sinkContract,
  sourceContract,
  takenMetrics,
  transformContract,
} from '@tailrace/testkit';
import { describe, expect, test } from 'vitest';
import { registry } from '../../packages/cli/src/registry.generated.ts';
import { metricBatch } from '../../packages/datadog/src/metrics/batch.fixture.ts';
import { point } from '../../packages/datadog/src/metrics/points.fixture.ts';

const hooks = { describe, test };
const plugins = await Promise.all(registry.map((entry) => entry.load()));
const ofKind = <K extends PluginDeclaration['kind']>(kind: K) =>
  plugins.filter((plugin): plugin is Extract<PluginDeclaration, { kind: K }> => plugin.kind === kind);

// ---- transforms: their examples say what they work on ------------------------------------------------------------------

/** Those whose output depends on when an event comes. */
const BY_THE_CLOCK = ['throttle'];

for (const transform of ofKind('transform')) {
  transformContract(hooks, transform, { repeatable: !BY_THE_CLOCK.includes(transform.type) });
}

// ---- sources: each needs an input -------------------------------------------------------------------------------------

const EXPOSITION =
  '# TYPE jobs_total counter\njobs_total{kind="a"} 3\njobs_total{kind="b"} 4\n# TYPE load gauge\nload 0.5\n';

const sources: Record<string, SourceContractOptions> = {
  file: {
    faults: [{ config: { include: ['a.log'], path_field: 'log' }, at: ['path_field'] }],
    resumes: true,
    async input(folder) {
      const lines = Array.from({ length: 200 }, (_, i) => `{"n":${i}}\n`);
      await writeFile(path.join(folder, 'a.log'), lines.join(''));
      return { config: { include: ['*.log'], scan_interval: '100ms' }, events: 200 };
    },
  },
  generate: { input: () => Promise.resolve({ config: { template: 'line {{seq}}', lines: 100 }, events: 100 }) },
  generate_metrics: { input: () => Promise.resolve({ config: { interval: '1s', backfill: '5s' } }) },
  internal_stats: { input: () => Promise.resolve({ config: { interval: '1s' }, events: 0 }) },
  prometheus_scrape: {
    async input() {
      const server = createServer((_, response) => response.setHeader('content-type', 'text/plain').end(EXPOSITION));
      const { port, stop } = await listenOnLoopback(server);
      return { config: { targets: [`http://127.0.0.1:${port}/metrics`], interval: '1s' }, events: 3, stop };
    },
  },
  otlp: {
    async input() {
      const port = await freePort();
      return {
        config: { grpc: false, http: { address: `127.0.0.1:${port}` } },
        events: 4,
        async feed() {
          for (const text of ['one', 'two']) await sendLogs(port, text);
        },
      };
    },
  },
  // It reads the standard input of the process, which a test run has not to itself.
  stdin: { faults: [{ config: { max_event_bytes: '1GB' }, at: ['max_event_bytes'] }] },
};

async function sendLogs(port: number, text: string): Promise<void> {
  const record = { timeUnixNano: '1795168800000000000', body: { stringValue: text } };
  const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: [record, record] }] }] };
  const response = await fetch(`http://127.0.0.1:${port}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(logs),
  });
  expect(response.status).toBe(200);
}

// ---- sinks: each needs a target ---------------------------------------------------------------------------------------

const sinks: Record<string, SinkContractOptions> = {
  blackhole: { target: () => Promise.resolve({ config: {} }) },
  // It prints to the standard output of the test run.
  stdout: { config: { format: 'json' }, faults: [{ config: { format: 'text' }, at: ['template'] }] },
  file: {
    config: { path: 'out.ndjson' },
    target: (folder) => Promise.resolve({ config: { path: path.join(folder, 'a.ndjson') } }),
  },
  local: { config: {}, target: (folder) => Promise.resolve({ config: { path: path.join(folder, 'store.duckdb') } }) },
  elasticsearch: {
    config: { nodes: ['http://127.0.0.1:9'] },
    faults: [{ config: { nodes: ['nowhere'] }, at: ['nodes', 0] }],
    async target() {
      const server = await scriptedServer(elasticsearchScript((request) => bulkAnswer(request, () => 201)));
      return { config: { nodes: [server.url] }, stop: () => server.stop() };
    },
  },
  datadog_logs: {
    config: { api_key: 'key' },
    faults: [{ config: { api_key: 'key', site: 'no site' }, at: ['site'] }],
    async target() {
      const intake = await datadogIntake();
      return { config: { url: intake.url }, stop: () => intake.stop() };
    },
  },
  datadog_metrics: {
    config: { api_key: 'key' },
    batch: () =>
      metricBatch(Array.from({ length: 6 }, (_, i) => point({ kind: 'gauge', name: `level${i}`, value: i }))),
    async target() {
      const intake = await datadogIntake({ routes: metricsRoutes(takenMetrics()) });
      return { config: { url: intake.url }, stop: () => intake.stop() };
    },
  },
  otlp: {
    config: { endpoint: 'http://127.0.0.1:9' },
    faults: [{ config: { endpoint: 'nowhere' }, at: ['endpoint'] }],
    batch: () => batchOf(Array.from({ length: 5 }, (_, i) => ({ body: `line ${i}`, severity_text: 'INFO' }))),
    async target() {
      const server = createServer((request, response) => {
        request.resume().on('end', () => response.setHeader('content-type', 'application/x-protobuf').end());
      });
      const { port, stop } = await listenOnLoopback(server);
      return { config: { endpoint: `http://127.0.0.1:${port}` }, stop };
    },
  },
};

for (const source of ofKind('source')) sourceContract(hooks, source satisfies SourceDeclaration, sources[source.type]);
for (const sink of ofKind('sink')) sinkContract(hooks, sink satisfies SinkDeclaration, sinks[sink.type]);

test('every source and every sink is held to its contract here', () => {
  expect(Object.keys(sources).toSorted()).toEqual(
    ofKind('source')
      .map(({ type }) => type)
      .toSorted(),
  );
  expect(Object.keys(sinks).toSorted()).toEqual(
    ofKind('sink')
      .map(({ type }) => type)
      .toSorted(),
  );
});
