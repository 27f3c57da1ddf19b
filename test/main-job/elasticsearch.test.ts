import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MirrordAnswers, mirrordLines } from '@tailrace/std';
import type { ElasticsearchClient } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { startTailrace } from '../support/tailrace.ts';
import {
  newSetting,
  PIPELINE,
  removeSettings,
  runOnce,
  type Setting,
  writeLog,
  writeNdjsonPipeline,
} from './setting.ts';
import { aggregateStored, PUBLISHED_TYPES, storedCount, storedMessages, storedTypes } from './stored.ts';

const es = await elasticsearchOrSkip();
let node: ElasticsearchClient;

const count = (prefix: string) => storedCount(node, prefix);
const aggregate = (prefix: string, aggs: object, query?: object) => aggregateStored(node, prefix, aggs, query);

describe.skipIf(es.skipped)('the main job on a real Elasticsearch', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    node = await es.shared();
  });
  afterAll(removeSettings);

  describe('20,000 generated docker and CRI lines', () => {
    const prefix = indexPrefix('main');
    const answers: MirrordAnswers[] = [];
    let setting: Setting;
    let said = '';
    beforeAll(async () => {
      setting = await newSetting(node.url, prefix);
      answers.push(await writeLog(setting.logFile('d'), { lines: 10_000, seed: 11, format: 'docker' }));
      answers.push(await writeLog(setting.logFile('c'), { lines: 10_000, seed: 12, format: 'cri' }));
      said = await runOnce(setting);
    });

    it('are all there, each kind of message exactly as often as it was written', async () => {
      expect(await count(prefix)).toBe(20_000);
      const wanted = new Map<string, number>();
      for (const { byMessage } of answers)
        for (const [key, n] of byMessage) wanted.set(key, (wanted.get(key) ?? 0) + n);
      expect(await storedMessages(node, prefix)).toEqual(wanted);
      expect(said).toContain('elasticsearch');
    });

    it('have exact sums and extremes, percentiles within 1 % of rank, and exact cardinalities', async () => {
      const sorted = answers.flatMap((a) => [...a.sessionDuration.sorted]).toSorted((a, b) => a - b);
      const field = 'fields.session_duration';
      const got = await aggregate(prefix, {
        sum: { sum: { field } },
        min: { min: { field } },
        max: { max: { field } },
        n: { value_count: { field } },
        percentiles: { percentiles: { field, percents: [25, 50, 75, 90, 95, 99] } },
        clients: { cardinality: { field: 'fields.client_id', precision_threshold: 3000 } },
      });
      expect(got['n']!.value).toBe(sorted.length);
      expect(got['sum']!.value).toBeCloseTo(
        sorted.reduce((a, b) => a + b, 0),
        3,
      );
      expect([got['min']!.value, got['max']!.value]).toEqual([sorted[0], sorted.at(-1)]);
      for (const [percent, value] of Object.entries(got['percentiles']!.values!)) {
        const below = sorted.filter((d) => d < value).length / sorted.length;
        const notAbove = sorted.filter((d) => d <= value).length / sorted.length;
        const rank = Number(percent) / 100;
        expect(below - 0.01, `p${percent}`).toBeLessThanOrEqual(rank);
        expect(notAbove + 0.01, `p${percent}`).toBeGreaterThanOrEqual(rank);
      }
      const clients = new Set(answers.flatMap((a) => [...a.clientIds]));
      expect(clients.size).toBeGreaterThan(10);
      expect(clients.size).toBeLessThan(3000);
      expect(got['clients']!.value).toBe(clients.size);
    });

    it('have what mirrord’s published dashboards read, with the types that these need', async () => {
      const fields = Object.keys(PUBLISHED_TYPES);
      expect(await storedTypes(node, prefix, fields)).toEqual(PUBLISHED_TYPES);
      const present = await aggregate(
        prefix,
        Object.fromEntries(fields.map((field) => [field, { filter: { exists: { field } } }])),
      );
      for (const field of fields) {
        expect((present[field] as unknown as { doc_count: number }).doc_count, field).toBeGreaterThan(0);
      }
    });

    it('answer the queries of the published Kibana dashboard', async () => {
      const query = {
        bool: {
          filter: [
            { term: { 'kubernetes.namespace_name': 'mirrord' } },
            { term: { 'kubernetes.container_name': 'mirrord-operator' } },
            { terms: { 'fields.message': ['Port Release', 'Port Mirror', 'Port Steal'] } },
          ],
        },
      };
      const got = await aggregate(
        prefix,
        {
          // The dashboard groups by namespace and name at once; terms in terms is the same for a node without X-Pack.
          rows: {
            terms: { field: 'fields.target_namespace', size: 15 },
            aggs: {
              names: {
                terms: { field: 'fields.target_name', size: 15 },
                aggs: {
                  sessions: { cardinality: { field: 'fields.session_id' } },
                  ports: { terms: { field: 'fields.port' } },
                },
              },
            },
          },
        },
        query,
      );
      const rows = got['rows']!.buckets as unknown as { names: { buckets: { sessions: { value: number } }[] } }[];
      const targets = rows.flatMap((row) => row.names.buckets);
      expect(targets.length).toBeGreaterThan(5);
      for (const target of targets) expect(target.sessions.value).toBeGreaterThan(0);
    });

    it('are not sent again with the same data_dir', async () => {
      const again = await runOnce(setting);
      expect(again).toContain(' 0 duplicates avoided');
      expect(await count(prefix)).toBe(20_000);
      expect(again).toMatch(/elasticsearch +elasticsearch +0 +0 /);
    });
  });

  it('with checkpoints rolled back to an older copy that knows the file, every repeat is refused by its id', async () => {
    const prefix = indexPrefix('rollback');
    const setting = await newSetting(node.url, prefix);
    const file = setting.logFile('a');
    const chunks = [...mirrordLines({ lines: 4000, seed: 5, format: 'docker' })];
    const all = Buffer.concat(chunks);
    const cut = all.indexOf(10, all.length / 2) + 1;
    await writeFile(file, all.subarray(0, cut));
    await runOnce(setting);
    const first = await count(prefix);
    await cp(setting.data, `${setting.data}.old`, { recursive: true });
    await writeFile(file, all.subarray(cut), { flag: 'a' });
    await runOnce(setting);
    expect(await count(prefix)).toBe(4000);
    await rm(setting.data, { recursive: true });
    await cp(`${setting.data}.old`, setting.data, { recursive: true });
    const said = await runOnce(setting);
    expect(await count(prefix)).toBe(4000);
    expect(said).toContain(`${(4000 - first).toLocaleString('en-US')} duplicates avoided`);
    expect(said).not.toContain('id_conflict');
  });

  it('loses nothing and stores nothing twice when it is killed in the middle and started again', async () => {
    const prefix = indexPrefix('killed');
    const setting = await newSetting(node.url, prefix);
    await writeLog(setting.logFile('d'), { lines: 15_000, seed: 21, format: 'docker' });
    await writeLog(setting.logFile('c'), { lines: 15_000, seed: 22, format: 'cri' });
    const first = await startTailrace(['run', PIPELINE], { env: setting.env });
    await expect.poll(() => count(prefix), { timeout: 20_000, interval: 20 }).toBeGreaterThan(1000);
    first.kill();
    await first.exit();
    const before = await count(prefix);
    const said = await runOnce(setting);
    expect(await count(prefix), `${before} before the kill\n${said}`).toBe(30_000);
    expect(said).not.toContain('id_conflict');
  });

  it('keeps two nodes apart that see the same inode and offsets', async () => {
    const prefix = indexPrefix('nodes');
    const a = await newSetting(node.url, prefix);
    await writeLog(a.logFile('a'), { lines: 500, seed: 6, format: 'cri' });
    await runOnce(a);
    const said = await runOnce(a, { NODE_NAME: 'node-b', DATA_DIR: join(a.folder, 'data-b') });
    expect(await count(prefix)).toBe(1000);
    expect(said).not.toContain('id_conflict');
  });

  it('reads a file anew that got the inode of a deleted one while nobody looked', async () => {
    const prefix = indexPrefix('inode');
    const setting = await newSetting(node.url, prefix);
    const file = setting.logFile('a');
    await writeLog(file, { lines: 300, seed: 7, format: 'docker' });
    const { ino, size } = await stat(file);
    await runOnce(setting);
    // File systems hand out a freed inode at once, or not: try until they do.
    let reused = false;
    for (let attempt = 0; attempt < 50 && !reused; attempt++) {
      await rm(file);
      await writeFile(file, '');
      reused = (await stat(file)).ino === ino;
    }
    await writeLog(file, { lines: 400, seed: 8, format: 'docker' });
    expect((await stat(file)).size).toBeGreaterThan(size);
    const said = await runOnce(setting);
    expect(await count(prefix)).toBe(700);
    expect(said).not.toContain('id_conflict');
  });

  it('dead-letters a document of the wrong type with the server’s reason; its neighbours are stored', async () => {
    const prefix = indexPrefix('mixed');
    await node.json('PUT', `/${prefix}events`, { mappings: { properties: { n: { type: 'integer' } } } });
    const setting = await newSetting(node.url, prefix);
    const pipeline = join(setting.folder, 'pipeline.yaml');
    await writeFile(
      pipeline,
      `data_dir: ${setting.data}
metrics: { enabled: false }
sources: { in: { type: file, include: ["${setting.logs}/*.log"], format: ndjson } }
sinks: { out: { type: elasticsearch, inputs: in, nodes: ["${node.url}"], index: ${prefix}events, template: { enabled: false } } }
`,
    );
    await writeFile(join(setting.logs, 'a.log'), '{"n":1}\n{"n":"not a number"}\n{"n":3}\n');
    const said = await runOnce(setting, {}, pipeline);
    expect(await count(prefix)).toBe(2);
    expect(said).toContain('1 dead letters');
    const letter = JSON.parse(await readFile(join(setting.data, 'dead-letters.ndjson'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(letter).toMatchObject({
      component: 'out',
      code: 'document_refused',
      event: { n: 'not a number' },
      position: { source: 'in', offset: 8, end: 29 },
      message: expect.stringContaining('not a number'),
    });
  });

  it('waits on an index that may not be written, says so at /readyz, and delivers when it may', async () => {
    const prefix = indexPrefix('forbidden');
    await node.json('PUT', `/${prefix}shut`, { settings: { 'index.blocks.write': true } });
    const setting = await newSetting(node.url, prefix);
    await mkdir(setting.data, { recursive: true });
    const pipeline = await writeNdjsonPipeline(setting);
    await writeFile(
      join(setting.logs, 'a.log'),
      '{"index":"open","n":1}\n{"index":"shut","n":2}\n{"index":"open","n":3}\n',
    );
    const running = await startTailrace(['run', pipeline], { env: setting.env });
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(await running.line(/metrics and health/))![0];
    const readyz = async () => {
      const answer = await fetch(`${address}/readyz`);
      return { status: answer.status, text: await answer.text() };
    };
    await expect
      .poll(readyz, { timeout: 20_000 })
      .toEqual({ status: 503, text: expect.stringContaining(`${prefix}shut`) });
    await expect.poll(() => count(`${prefix}open`), { timeout: 20_000 }).toBe(2);
    await node.json('PUT', `/${prefix}shut/_settings`, { 'index.blocks.write': false });
    await expect.poll(() => count(`${prefix}shut`), { timeout: 20_000 }).toBe(1);
    await expect.poll(async () => (await readyz()).status, { timeout: 20_000 }).toBe(200);
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toMatch(/tailrace_events_balance\{edge="out"\} 0\n/);
    expect(metrics).toMatch(
      /tailrace_component_sent_events_total\{component_id="out",component_type="elasticsearch",component_kind="sink"\} 3\n/,
    );
    running.signal('SIGTERM');
    expect((await running.exit()).code).toBe(0);
  });
});
