import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadFieldFile } from '@tailrace/std';
import type { ElasticsearchClient } from '@tailrace/testkit';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { storedCount } from '../main-job/stored.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { runTailrace } from '../support/tailrace.ts';

const access = await elasticsearchOrSkip();
const root = fileURLToPath(new URL('../../pipelines', import.meta.url));

/** Counts of stored events by a query each. */
type Count = (query: object) => Promise<number>;

// What nginx, klog and Logback wrote themselves stands in the samples.
describe.skipIf(access.skipped)('sample logs in Elasticsearch', () => {
  let node: ElasticsearchClient;
  beforeAll(async () => {
    node = await access.shared();
  });

  /** Runs a shipped pipeline over its samples, which hold that many events. */
  async function stored(name: string, env: Record<string, string>, count: number): Promise<Count> {
    const prefix = indexPrefix(name).slice(0, -1);
    const folder = await mkdtemp(join(tmpdir(), `${name}-`));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    onTestFinished(async () => void (await node.request('DELETE', `_index_template/tailrace-${prefix}`)));
    const own = { ELASTICSEARCH_URL: node.url, INDEX_PREFIX: prefix, METRICS_ADDRESS: '127.0.0.1:0' };
    const pipeline = join(root, name, 'elasticsearch.yaml');
    const end = await runTailrace(['run', '--once', pipeline], {
      env: { ...own, DATA_DIR: join(folder, 'data'), ...env },
    });
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain('discarded 0, dead letters 0,');
    expect(await storedCount(node, prefix)).toBe(count);
    await expectDeclaredTypes(name, prefix);
    return async (query) =>
      (await node.json<{ count: number }>('POST', `/${prefix}*/_count`, { query: { bool: query } })).count;
  }

  /** The index has each declared field as it was declared, and no other. */
  async function expectDeclaredTypes(name: string, prefix: string): Promise<void> {
    const { fields } = loadFieldFile(join(root, name, 'fields.yaml'));
    const declared = Object.fromEntries(
      fields.map(({ path, type }) => [path.text.replaceAll('"', ''), type as string]),
    );
    const answer = await node.json<{ fields: Record<string, object> }>('GET', `/${prefix}*/_field_caps?fields=*`);
    const found = Object.entries(answer.fields).map(([field, types]) => [field, Object.keys(types).join()] as const);
    const own = found.filter(([field, type]) => type !== 'object' && !field.startsWith('_'));
    expect(Object.fromEntries(own)).toEqual(declared);
  }

  const exists = (field: string) => ({ exists: { field } });

  test('nginx', async () => {
    const env = { NGINX_LOG_DIR: join(root, 'nginx/samples'), LOG_DIR: '/no/such/folder' };
    const count = await stored('nginx', env, 25);
    expect(await count({ filter: { range: { 'nginx.status': { gte: 500 } } } })).toBe(2);
    expect(await count({ filter: { term: { 'nginx.client': '127.0.0.0/8' } } })).toBe(21);
    expect(await count({ filter: { term: { 'nginx.level': 'error' } } })).toBe(7);
    expect(await count({ filter: { match: { 'nginx.message': 'refused' } } })).toBe(1);
    expect(await count({ must_not: exists('nginx') })).toBe(0);
  }, 60_000);

  test('klog', async () => {
    const count = await stored('klog', { LOG_DIR: join(root, 'klog/samples') }, 9);
    expect(await count({ filter: { term: { 'klog.values.pod': 'kube-system/kube-dns' } } })).toBe(1);
    expect(await count({ filter: { match: { 'klog.message': 'goroutine' } } })).toBe(1);
    expect(await count({ filter: exists('klog.values_text') })).toBe(2);
    expect(await count({ must_not: exists('klog.severity') })).toBe(0);
  }, 60_000);

  test('java-app', async () => {
    const count = await stored('java-app', { JAVA_LOGS: join(root, 'java-app/samples/*.log') }, 6);
    expect(await count({ filter: { term: { exception: 'java.lang.IllegalStateException' } } })).toBe(2);
    expect(await count({ filter: { match: { stack_trace: 'Caused' } } })).toBe(1);
    expect(await count({ filter: { match: { message: '4711' } } })).toBe(1);
    expect(await count({ must_not: exists('level') })).toBe(0);
  }, 60_000);
});
