import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type DatadogIntake,
  datadogIntake,
  type ElasticsearchClient,
  freePort,
  startCollector,
} from '@tailrace/testkit';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { newSetting, removeSettings, writeLog } from '../main-job/setting.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { serverOrSkip } from '../support/servers.ts';
import { startTailrace } from '../support/tailrace.ts';

const elasticsearch = await elasticsearchOrSkip();
const collector = await serverOrSkip('collector');
const shipped = fileURLToPath(new URL('../../pipelines/mirrord/fan-out.yaml', import.meta.url));

afterAll(removeSettings);

interface Fanned {
  sinks: { datadog: Record<string, unknown> };
}

/** More than the queues hold in memory, so that a queue on the disk has to do it. */
const LINES = 50_000;

/** The shipped pipeline, with an address for Datadog that is not its own. */
function pipelineIn(folder: string, datadogUrl: string): string {
  const pipeline = parse(readFileSync(shipped, 'utf8')) as Fanned;
  Object.assign(pipeline.sinks.datadog, { url: datadogUrl, retry: { initial: '100ms', max: '500ms' } });
  copyFileSync(join(dirname(shipped), 'fields.yaml'), join(folder, 'fields.yaml'));
  const file = join(folder, 'fan-out.yaml');
  writeFileSync(file, JSON.stringify(pipeline));
  return file;
}

async function stored(node: ElasticsearchClient, prefix: string): Promise<number> {
  await node.request('POST', `${prefix}*/_refresh`);
  return (await node.json<{ count: number }>('GET', `${prefix}*/_count`)).count;
}

const countLogs = (requests: readonly object[]): number =>
  requests.reduce((sum, request) => sum + JSON.stringify(request).split('"timeUnixNano"').length - 1, 0);

/** The generated lines are older than Datadog keeps; that it drops them is its own affair. */
const taken = ({ entries, dropped }: DatadogIntake['logs']): number => entries.length + dropped.length;

test.skipIf(elasticsearch.skipped || collector.skipped)(
  'a dead Datadog holds neither Elasticsearch nor the OTLP receiver back, and gets everything when it is back',
  async () => {
    const node = await elasticsearch.shared();
    const receiver = await startCollector({ program: collector.program });
    onTestFinished(() => receiver.stop());
    const prefix = indexPrefix('fan-out');
    const port = await freePort();
    const more = { DD_API_KEY: 'key', OTLP_ENDPOINT: receiver.receiver.http };
    const setting = await newSetting(node.url, prefix, more);
    await writeLog(setting.logFile('d'), { lines: LINES, seed: 3, format: 'docker' });
    const file = pipelineIn(setting.folder, `http://127.0.0.1:${port}`);

    const tailrace = await startTailrace(['run', file], { env: setting.env });
    const timeout = 60_000;
    await expect.poll(() => stored(node, prefix), { timeout, interval: 500 }).toBe(LINES);
    await expect.poll(async () => countLogs(await receiver.received('logs')), { timeout, interval: 500 }).toBe(LINES);

    const intake = await datadogIntake({ port });
    onTestFinished(() => intake.stop());
    await expect.poll(() => taken(intake.logs), { timeout, interval: 100 }).toBe(LINES);
    tailrace.signal('SIGTERM');
    const end = await tailrace.exit();
    expect(end.code, end.stderr).toBe(0);
    expect(await stored(node, prefix)).toBe(LINES);
  },
  180_000,
);
