import { setTimeout as sleep } from 'node:timers/promises';
import { serveMirrordMetrics } from '@tailrace/std';
import { type ElasticsearchClient, type ProcessEnd, scriptedServer, startPrometheus } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { serverOrSkip } from '../support/servers.ts';
import { runTailrace } from '../support/tailrace.ts';

const es = await elasticsearchOrSkip();
const prometheus = await serverOrSkip('prometheus');
const root = new URL('../..', import.meta.url).pathname;
const FIELDS = `${root}/pipelines/mirrord/fields.yaml`;
const ALL_FIELDS = [FIELDS, `${root}/pipelines/tailrace/fields.yaml`];

const check = (...more: string[]): Promise<ProcessEnd> => runTailrace(['dashboards', 'check', ...more]);

describe('files and field files', () => {
  test('all that is shipped is right', async () => {
    expect(await check('--fields', ...ALL_FIELDS)).toMatchObject({
      code: 0,
      stdout: ['mirrord-usage', 'pipeline-health']
        .map((id) => `${id}: right by its files, ${ALL_FIELDS.join(', ')}\n`)
        .join(''),
      stderr: '',
    });
  });

  test('a field that is missing, and one of another type, name the panels', async () => {
    const files = {
      'fields.yaml': 'version: 1\nfields:\n  fields.port: { type: text }\n',
    };
    const { code, stdout } = await runTailrace(['dashboards', 'check', 'mirrord-usage', '--fields', 'fields.yaml'], {
      files,
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^mirrord-usage: \d+ wrong\n/);
    expect(stdout).toContain(
      'fields.port is text in fields.yaml, and for groups it has to be keyword, constant_keyword, wildcard, ip, long: stolen-ports, port-conflicts (kibana, grafana)',
    );
    expect(stdout).toMatch(
      /^ {2}fields\.session_duration is not in fields\.yaml: .*median-session, .*\(kibana, grafana, datadog\)$/m,
    );
  });

  test('what one target cannot show is said with the dashboard; the others can be checked alone', async () => {
    const bare = await check('mirrord-usage', '--set', 'field_prefix=');
    expect(bare.code).toBe(1);
    expect(bare.stderr).toMatch(/^tailrace: dashboard "mirrord-usage", panel "[\w-]+" cannot be shown in datadog: /);
    const others = await check('mirrord-usage', '--set', 'field_prefix=', '--target', 'kibana', 'grafana');
    expect([others.code, others.stderr]).toEqual([0, '']);
  });

  test('a field file that is none', async () => {
    expect(await check('--fields', 'nope.yaml')).toMatchObject({
      code: 64,
      stderr: "tailrace: --fields: ENOENT: no such file or directory, open 'nope.yaml'\n",
    });
  });
});

describe.skipIf(es.skipped)('--against a real Elasticsearch', { timeout: 120_000 }, () => {
  const prefix = indexPrefix('check');
  const pattern = ['--set', `index_pattern=${prefix}*`];
  let node: ElasticsearchClient;
  beforeAll(async () => {
    node = await es.shared();
  });
  afterAll(() => node.request('DELETE', `/${prefix}*`));

  test('no index, the shipped mapping, and an index beside it that differs', async () => {
    const none = await check('mirrord-usage', '--against', node.url, ...pattern);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining(`has no index that ${prefix}* stands for`)]);

    const { stdout } = await runTailrace(['elasticsearch', 'template', `${root}/pipelines/mirrord/elasticsearch.yaml`]);
    const { template } = JSON.parse(stdout) as { template: { mappings: object } };
    await node.json('PUT', `/${prefix}good`, { mappings: template.mappings });
    expect(await check('mirrord-usage', '--against', node.url, ...pattern)).toMatchObject({
      code: 0,
      stdout: 'mirrord-usage: right by its files, the Elasticsearch there\n',
    });

    const properties = {
      port: { type: 'text' },
      session_duration: { type: 'keyword' },
      client_user: { type: 'keyword', doc_values: false },
    };
    await node.json('PUT', `/${prefix}bad`, { mappings: { properties: { fields: { properties } } } });
    const bad = await check('mirrord-usage', '--against', node.url, ...pattern);
    expect(bad.code).toBe(1);
    const mapping = `in the mapping of ${prefix}*`;
    expect(bad.stdout).toMatch(
      new RegExp(`fields\\.port is (long and text|text and long) ${escaped(mapping)}, and for groups it has to be`),
    );
    expect(bad.stdout).toMatch(/fields\.session_duration is .*for a calculation it has to be .*: median-session, /);
    expect(bad.stdout).toContain(
      `fields.client_user cannot be aggregated ${mapping} (no doc_values), and the panel needs it for groups`,
    );

    const prefixed = await check('mirrord-usage', '--against', node.url, ...pattern, '--set', 'field_prefix=other.');
    expect(prefixed.stdout).toContain(`other.message is not in the mapping of ${prefix}*: `);
  });
});

describe.skipIf(prometheus.skipped)('--against a real Prometheus', { timeout: 120_000 }, () => {
  test('metrics and labels are there, lack a prefix, or are not there', async () => {
    const operator = await serveMirrordMetrics({ port: 0 });
    onTestFinished(() => operator.close());
    const server = await startPrometheus({
      program: prometheus.program,
      scrape: [
        {
          ...{ job_name: 'mirrord', scrape_interval: '500ms', scrape_timeout: '500ms' },
          static_configs: [{ targets: [new URL(operator.url).host] }],
        },
      ],
    });
    onTestFinished(() => server.stop());
    // A counter is there from its first count on, which is a few scrapes later.
    while ((await server.query('mirrord_previews_create_total')).length === 0) await sleep(200);

    expect(await check('mirrord-usage', '--against', server.url)).toMatchObject({
      code: 0,
      stdout: 'mirrord-usage: right by its files, the Prometheus there\n',
    });
    const prefixed = await check('mirrord-usage', '--against', server.url, '--set', 'metric_prefix=license_');
    expect(prefixed.code).toBe(1);
    expect(prefixed.stdout).toContain(
      'there are no series license_mirrord_license_valid_seconds: licence-valid (grafana)',
    );
    const others = await check('pipeline-health', '--against', server.url);
    expect([others.code, others.stdout]).toEqual([1, expect.stringMatching(/there are no series tailrace_\w+: /)]);
  });
});

test('a server that is neither is said so', async () => {
  const server = await scriptedServer([{ status: 200, body: '<html>' }]);
  onTestFinished(() => server.stop());
  const { code, stderr } = await check('--against', server.url);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('answers neither as an Elasticsearch nor as a Prometheus'),
  ]);
});

function escaped(text: string): string {
  return text.replace(/[.*+]/g, '\\$&');
}
