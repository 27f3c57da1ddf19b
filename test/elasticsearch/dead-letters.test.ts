import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElasticsearchClient } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const access = await elasticsearchOrSkip();
const EVENTS = 6000;
const DAYS = ['2024-05-30', '2024-05-31', '2024-06-01'];

describe.skipIf(access.skipped)('dead letters of a mapping conflict', { timeout: 120_000 }, () => {
  const prefix = indexPrefix('letters');
  let node: ElasticsearchClient;
  beforeAll(async () => {
    node = await access.shared();
    const mappings = { dynamic: false, properties: { n: { type: 'long' }, port: { type: 'integer' } } };
    const template = { mappings, settings: { number_of_replicas: 0 } };
    await node.json('PUT', `/_index_template/${prefix}all`, {
      index_patterns: [`${prefix}*`],
      template,
      priority: 900,
    });
  });
  afterAll(async () => {
    await node.request('DELETE', `/_index_template/${prefix}all`);
  });

  /** Every other event has a port that is no number; every third one brings no time of its own. */
  const event = (n: number): string => {
    const time = n % 3 === 0 ? '' : `"@timestamp":"${DAYS[(n % 7) % 3]}T12:00:00.00000000${n % 10}Z",`;
    return `{${time}"n":${n},"port":${n % 2 === 0 ? n : `"${n}/tcp"`}}\n`;
  };
  const pipeline = (logs: string, port: string, name: string): string => `
data_dir: data
metrics: { enabled: false }
log: { level: warn }
sources: { in: { type: file, include: ["${logs}/*.log"], format: ndjson } }
transforms: { typed: { type: fields, inputs: in, fields: { n: { type: long }, port: { type: ${port} } } } }
sinks:
  out:
    { type: elasticsearch, inputs: typed, nodes: ["${node.url}"], logstash_format: { prefix: "${name}" },
      template: { enabled: false }, max_in_flight: 1, max_bytes: 10KB }
`;
  /** A pipeline that refused half of the events; and the one whose declared type is corrected. */
  async function refused(name: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'letters-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await mkdir(join(folder, 'logs'));
    await writeFile(join(folder, 'logs/a.log'), Array.from({ length: EVENTS }, (_, n) => event(n)).join(''));
    await writeFile(join(folder, 'p.yaml'), pipeline(join(folder, 'logs'), 'keyword', name));
    await writeFile(join(folder, 'fixed.yaml'), pipeline(join(folder, 'logs'), 'long', name));
    const { code, stderr } = await runTailrace(['run', '--once', 'p.yaml'], { folder, env: { NODE_NAME: 'a' } });
    expect([code, stderr]).toEqual([0, expect.stringContaining('3,000 dead letters')]);
    expect(await count(name)).toBe(EVENTS / 2);
    return folder;
  }
  async function count(name: string): Promise<number> {
    await node.json('POST', `/${name}*/_refresh`);
    return (await node.json<{ count: number }>('GET', `/${name}*/_count`)).count;
  }
  /** Each number once, and an id of its own each. */
  async function expectEachOnce(name: string): Promise<void> {
    expect(await count(name)).toBe(EVENTS);
    const ids = new Set<string>();
    const numbers = new Set<number>();
    let after: unknown[] | undefined;
    for (;;) {
      const body = { size: 5000, sort: [{ n: 'asc' }], _source: ['n'], ...(after && { search_after: after }) };
      const { hits } = await node.json<{ hits: { hits: { _id: string; _source: { n: number }; sort: unknown[] }[] } }>(
        'POST',
        `/${name}*/_search`,
        body,
      );
      if (hits.hits.length === 0) break;
      for (const { _id, _source } of hits.hits) {
        ids.add(_id);
        numbers.add(_source.n);
      }
      after = hits.hits.at(-1)!.sort;
    }
    expect([ids.size, numbers.size]).toEqual([EVENTS, EVENTS]);
  }
  const replay = (folder: string, ...options: string[]) =>
    runTailrace(['dead-letters', 'replay', ...options, 'fixed.yaml'], { folder, env: { NODE_NAME: 'a' } });

  test('killed in the middle of the replay and replayed again: each event once', async () => {
    const name = `${prefix}kill`;
    const folder = await refused(name);
    const stats = await runTailrace(['dead-letters', 'stats', 'p.yaml'], { folder });
    expect(stats.stdout).toMatch(/^out +document_refused +3,000 /m);
    const again = await replay(folder, '--component', 'out', '--code', 'not_json');
    expect(again.stderr).toBe('no dead letters to replay\n');

    const commandLine = ['dead-letters', 'replay', '--into', 'typed', 'fixed.yaml'];
    const killed = await startTailrace(commandLine, { folder, env: { NODE_NAME: 'a' } });
    await expect.poll(() => count(name), { timeout: 20_000, interval: 1 }).toBeGreaterThan(EVENTS / 2);
    await killed.kill();
    expect(await count(name)).toBeLessThan(EVENTS);

    const { code, stderr } = await replay(folder, '--into', 'typed');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/replayed ([\d,]+) of \1 dead letters/)]);
    expect(stderr).not.toContain('id_conflict');
    await expectEachOnce(name);
    expect((await replay(folder)).stderr).toBe('no dead letters to replay\n');
  });

  test('replayed twice from the same letters: the repeat is refused by its ids', async () => {
    const name = `${prefix}twice`;
    const folder = await refused(name);
    const first = await replay(folder, '--into', 'typed', '--keep');
    expect([first.code, first.stderr]).toEqual([0, expect.stringContaining('replayed 3,000 of 3,000 dead letters')]);
    await expectEachOnce(name);
    expect((await replay(folder, '--into', 'typed', '--keep')).stderr).toBe('no dead letters to replay\n');
    const files = (await readdir(join(folder, 'data'))).filter((one) => one.startsWith('dead-letters'));
    expect(files).toContain('dead-letters.replayed.json');
    expect(JSON.parse(await readFile(join(folder, 'data/dead-letters.replayed.json'), 'utf8'))).toMatchObject({
      format: 1,
    });
    await rm(join(folder, 'data/dead-letters.replayed.json'));
    const second = await replay(folder, '--into', 'typed');
    expect([second.code, second.stderr]).toEqual([0, expect.stringContaining('3,000 duplicates avoided')]);
    expect(second.stderr).not.toContain('id_conflict');
    await expectEachOnce(name);
  });

  test('may go to Elasticsearch themselves, with the index template of the sink', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'letters-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const [name, index] = [`${prefix}own`, `dead-${prefix}own`];
    await mkdir(join(folder, 'logs'));
    await writeFile(join(folder, 'logs/a.log'), Array.from({ length: 20 }, (_, n) => event(n)).join(''));
    const letters = `  letters: { type: elasticsearch, inputs: dead_letters, nodes: ["${node.url}"], index: ${index} }\n`;
    await writeFile(join(folder, 'p.yaml'), pipeline(join(folder, 'logs'), 'keyword', name) + letters);
    const { code, stderr } = await runTailrace(['run', '--once', 'p.yaml'], { folder });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^10 dead letters$/m)]);
    expect(await readdir(join(folder, 'data'))).not.toContain('dead-letters.ndjson');
    await node.json('POST', `/${index}/_refresh`);
    const query = { term: { code: 'document_refused' } };
    const { hits } = await node.json<{ hits: { hits: { _source: Record<string, unknown> }[] } }>(
      'POST',
      `/${index}/_search`,
      { size: 100, query },
    );
    const found = hits.hits.map(({ _source }) => JSON.parse(String(_source['event'])) as { n: number });
    expect(found.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, k) => 2 * k + 1));
    expect(hits.hits[0]!._source).toMatchObject({
      component: 'out',
      message: expect.stringContaining('tcp'),
      event_id: expect.stringMatching(/^.{16}-[0-9a-f]{12}$/),
    });
    await node.request('DELETE', `/_index_template/tailrace-${index}`);

    const exported = hits.hits.map(({ _source }) => `${JSON.stringify(_source)}\n`).join('');
    await writeFile(join(folder, 'exported.ndjson'), exported);
    await writeFile(join(folder, 'fixed.yaml'), pipeline(join(folder, 'logs'), 'long', name) + letters);
    const replayed = await replay(folder, '--into', 'typed', '--from', 'exported.ndjson');
    expect([replayed.code, await count(name)]).toEqual([0, 20]);
  });
});
