import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Elasticsearch } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { elasticsearchOrSkip, startElasticsearch } from '../support/elasticsearch.ts';
import { startTailrace } from '../support/tailrace.ts';

const PATIENCE = 120_000;
const access = await elasticsearchOrSkip();

interface Setting {
  readonly sink: string;
  readonly lines: number;
  /** More of an event than its number. */
  readonly more?: (n: number) => string;
}

/** The real command over a file of numbered lines; it runs until it is told to stop. */
async function shipping(node: Elasticsearch, { sink, lines, more = () => '' }: Setting) {
  const folder = await mkdtemp(join(tmpdir(), 'storms-'));
  const text = Array.from({ length: lines }, (_, n) => `{"n":${n}${more(n)},"text":"${'x'.repeat(100)}"}\n`).join('');
  await writeFile(join(folder, 'in.log'), text);
  const yaml = `
data_dir: data
metrics: { address: "unix:metrics.sock" }
sources: { in: { type: file, include: ["${folder}/in.log"], format: ndjson } }
sinks:
  out:
    { type: elasticsearch, inputs: in, nodes: ["${node.url}"], template: { enabled: false }, max_wait: 100ms,
      retry: { initial: 50ms, max: 500ms }, ${sink} }
`;
  const running = await startTailrace(['run', 'pipeline.yaml'], { folder, files: { 'pipeline.yaml': yaml } });
  onTestFinished(async () => {
    await running.kill();
    await rm(folder, { recursive: true, force: true });
  });
  const socketPath = join(folder, 'metrics.sock');
  const ask = async (path: string, until = (_: string) => true) =>
    (await running.endpoint(`http://localhost${path}`, { socketPath, until: ({ body }) => until(body) })).body;
  return {
    ready: (until: (body: string) => boolean) => ask('/readyz', until),
    /** The value of a metric of the sink, 0 where it has none. */
    async metric(name: string, labels = ''): Promise<number> {
      const lines = (await ask('/metrics')).split('\n');
      const found = lines.find((line) => line.startsWith(`${name}{component_id="out"`) && line.includes(labels));
      return Number(found?.split(' ').at(-1) ?? 0);
    },
    /** Ends it once everything has been delivered, and holds that its books are even. */
    async finish(): Promise<void> {
      await expect.poll(() => this.metric('tailrace_component_in_flight_events'), { timeout: 60_000 }).toBe(0);
      await expect.poll(() => this.metric('tailrace_component_sent_events_total')).toBe(lines);
      expect(await ask('/metrics')).toMatch(/^tailrace_events_balance\{edge="out"\} 0$/m);
      running.signal('SIGTERM');
      const { code, stderr } = await running.exit();
      expect(code, stderr).toBe(0);
    },
  };
}

/** What is in an index, by its numbers: how many, their sum and the largest. */
async function stored(node: Elasticsearch, index: string) {
  await node.json('POST', `${index}/_refresh`);
  const aggs = { sum: { sum: { field: 'n' } }, max: { max: { field: 'n' } }, different: distinct };
  const answer = await node.json<{
    hits: { total: { value: number } };
    aggregations: Record<'sum' | 'max' | 'different', { value: number }>;
  }>('POST', `${index}/_search`, { size: 0, track_total_hits: true, aggs });
  const { sum, max, different } = answer.aggregations;
  return { count: answer.hits.total.value, different: different.value, sum: sum.value, max: max.value };
}
// Exact up to this many; the tests compare sums beyond it.
const distinct = { cardinality: { field: 'n', precision_threshold: 40_000 } };

const exactly = (count: number) => ({
  count,
  different: expect.closeTo(count, -Math.log10(count / 20)) as number,
  sum: (count * (count - 1)) / 2,
  max: count - 1,
});

async function makeIndex(node: Elasticsearch, index: string, shards = 1): Promise<void> {
  const settings = { number_of_shards: shards, number_of_replicas: 0 };
  await node.json('PUT', index, { settings, mappings: { properties: { n: { type: 'long' } } } });
}

describe.skipIf(access.skipped)('a node that takes 100 kB at once', () => {
  let node: Elasticsearch;
  beforeAll(async () => {
    node = await startElasticsearch({ settings: { 'indexing_pressure.memory.limit': '100kb' } });
  });
  afterAll(() => node.stop());

  test(
    'bodies of 480 kB are refused whole with 429, and arrive in pieces, each event once',
    async () => {
      await makeIndex(node, 'pressure');
      const run = await shipping(node, { sink: 'index: pressure', lines: 20_000 });
      await expect.poll(() => run.metric('tailrace_component_sent_events_total'), { timeout: 60_000 }).toBe(20_000);
      expect(await run.metric('tailrace_component_errors_total', 'code="server_busy"')).toBeGreaterThan(0);
      await run.finish();
      expect(await stored(node, 'pressure')).toEqual(exactly(20_000));
    },
    PATIENCE,
  );
});

describe.skipIf(access.skipped)('a node with one writer and a queue of one', () => {
  let node: Elasticsearch;
  beforeAll(async () => {
    node = await startElasticsearch({
      settings: { 'thread_pool.write.size': '1', 'thread_pool.write.queue_size': '1' },
    });
  });
  afterAll(() => node.stop());

  test(
    'entries refused with 429 are sent again, the others are not, each event once',
    async () => {
      await makeIndex(node, 'queue', 4);
      const run = await shipping(node, { sink: 'index: queue, max_events: 500, max_in_flight: 16', lines: 20_000 });
      await expect.poll(() => run.metric('tailrace_component_sent_events_total'), { timeout: 60_000 }).toBe(20_000);
      expect(await run.metric('tailrace_component_errors_total', 'code="server_busy"')).toBeGreaterThan(0);
      expect(await run.metric('tailrace_sink_duplicates_avoided_total')).toBe(0);
      expect(await run.metric('tailrace_adaptive_concurrency_limit')).toBeLessThan(16);
      await run.finish();
      expect(await stored(node, 'queue')).toEqual(exactly(20_000));
    },
    PATIENCE,
  );

  test(
    'an index at flood stage waits and is named, the other one goes on',
    async () => {
      await makeIndex(node, 'flood-open');
      await makeIndex(node, 'flood-full');
      await node.json('PUT', 'flood-full/_settings', { 'index.blocks.read_only_allow_delete': true });
      const more = (n: number) => `,"to":"${n % 2 === 0 ? 'open' : 'full'}"`;
      const run = await shipping(node, { sink: '"index": "flood-{{ to }}"', lines: 4000, more });
      await expect.poll(async () => (await stored(node, 'flood-open')).count, { timeout: 30_000 }).toBe(2000);
      expect(await run.ready((body) => body.includes('flood-full'))).toContain('cluster_block_exception');
      await sleep(1000);
      expect(await run.metric('tailrace_component_in_flight_events')).toBe(2000);
      expect((await stored(node, 'flood-full')).count).toBe(0);
      await node.json('PUT', 'flood-full/_settings', { 'index.blocks.read_only_allow_delete': null });
      await run.finish();
      expect(await stored(node, 'flood-*')).toEqual(exactly(4000));
    },
    PATIENCE,
  );

  test(
    'killed in the middle and started again with its data: each event once',
    async () => {
      await makeIndex(node, 'killed', 2);
      const run = await shipping(node, { sink: 'index: killed, max_events: 200, max_in_flight: 1', lines: 40_000 });
      await expect
        .poll(() => run.metric('tailrace_component_sent_events_total'), { interval: 10, timeout: 30_000 })
        .toBeGreaterThan(2000);
      await node.kill();
      const sent = await run.metric('tailrace_component_sent_events_total');
      expect(sent).toBeLessThan(40_000);
      await run.ready((body) => body.includes('target'));
      expect(await run.metric('tailrace_sink_paused')).toBe(1);
      await node.restart();
      await run.finish();
      expect(await stored(node, 'killed')).toEqual(exactly(40_000));
    },
    PATIENCE,
  );
});
