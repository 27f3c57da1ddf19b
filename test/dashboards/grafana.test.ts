import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  buildFile,
  type Dashboard,
  DEFAULTS,
  type LogQuery,
  library,
  type Panel,
  type View,
} from '@tailrace/dashboards';
import type { ElasticsearchClient } from '@tailrace/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  expressions,
  type GrafanaFile,
  type GrafanaPanel,
  interpolated,
} from '../../packages/dashboards/src/grafana/lint.fixture.ts';
import { DASHBOARD, events, queries, TYPES, views } from '../../packages/dashboards/src/log-query.fixture.ts';
import { answerTwin } from '../../packages/dashboards/src/log-query.twin.ts';
import type { FlatEvent } from '../../packages/dashboards/src/sql/duckdb.fixture.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { serverOrSkip } from '../support/servers.ts';
import { type GrafanaRow, requestOf, rowsOf } from './grafana-requests.ts';

const es = await elasticsearchOrSkip();
const prometheus = await serverOrSkip('prometheus');
const VIEW: View = { from: Date.parse('2026-03-01T00:00:00Z'), to: Date.parse('2026-03-01T00:10:00Z') };

describe.skipIf(es.skipped)('targets of Grafana on a real Elasticsearch', () => {
  const index = `${indexPrefix('grafana')}events`;
  let node: ElasticsearchClient;

  beforeAll(async () => {
    node = await es.shared();
  });
  afterAll(() => node.request('DELETE', `/${index}`));

  test('one number over the whole time is what the query means, over any events and conditions', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.array(fc.tuple(queries, views), { minLength: 8, maxLength: 8 }),
        async (some, asked) => {
          await fill(some, TYPES);
          for (const [{ where, agg }, view] of asked) {
            const query: LogQuery = { source: 'logs', where, agg };
            const { targets, transformations } = panelOf({ kind: 'stat', ...ABOUT, query });
            expect(transformations![0]!.options['excludeByName']).toEqual({ '@timestamp': true });
            const rows = await Promise.all(targets!.map((target) => ask(target, view)));
            expect(rows.map(([row]) => (row === undefined ? null : lastOf(row)))).toEqual(
              answerTwin(query, DASHBOARD, view, some)[0]!.columns.map((value, k) => {
                const isCount = ['count', 'cardinality', 'sum'].includes(agg[k]!.op);
                // What is empty has no row, and is drawn as the panel says: 0 for counts.
                return isCount && value === 0 ? expect.toBeOneOf([0, null]) : value && expect.closeTo(value, 6);
              }),
            );
          }
        },
      ),
      { numRuns: 20 },
    );
  }, 120_000);

  test('rows are the groups that the query means', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.array(fc.tuple(queries, views), { minLength: 8, maxLength: 8 }),
        async (some, asked) => {
          await fill(some, TYPES);
          for (const [{ where, by: drawn = [] }, view] of asked) {
            // Wide enough for all groups: among equals, each side may choose another one.
            const by = drawn.map((group) => ({ ...group, size: 30, name: group.field })).slice(0, 2);
            if (by.length === 0) continue;
            const query: LogQuery = { source: 'logs', where, by, agg: [{ op: 'count', name: 'Events' }] };
            const { targets } = panelOf({ kind: 'table', ...ABOUT, query });
            const rows = (await ask(targets![0]!, view)).map((row) => Object.values(row).map(String));
            const expected = answerTwin(query, DASHBOARD, view, some);
            const texts = expected.map(({ groups, columns }) => [
              ...groups.map((group) => String(keyOf(group))),
              String(columns[0]),
            ]);
            expect(rows.toSorted()).toEqual(texts.toSorted());
          }
        },
      ),
      { numRuns: 15 },
    );
  }, 120_000);

  test.each(library.map(({ id }) => id))('Elasticsearch takes every target of %s', async (id) => {
    const file = fileOf(library.find((each) => each.id === id)!);
    await fill([{ '@timestamp': VIEW.from + 1, 'fields.message': 'Session Start', record: 'errors' }], {});
    const targets = file.panels.flatMap((panel) => panel.targets ?? []).filter(({ query }) => query !== undefined);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) await node.json('POST', `/${index}/_search`, requestOf(target, VIEW));
    const choices = file.templating.list.flatMap(({ query }) =>
      String(query).startsWith('{"find"') ? [String(query)] : [],
    );
    for (const choice of choices) {
      const { field, query } = JSON.parse(choice) as { field: string; query: string };
      const target = { refId: 'A', query, metrics: [{ id: '1', type: 'count' }] };
      const bucketAggs = [{ id: '2', type: 'terms', field, settings: { orderBy: '_key', order: 'asc', size: '1000' } }];
      await node.json('POST', `/${index}/_search`, requestOf({ ...target, bucketAggs }, VIEW));
    }
  });

  async function ask(target: NonNullable<GrafanaPanel['targets']>[number], view: View): Promise<GrafanaRow[]> {
    return rowsOf(target, await node.json('POST', `/${index}/_search`, requestOf(target, view)));
  }

  async function fill(some: readonly FlatEvent[], types: Record<string, string>): Promise<void> {
    await node.request('DELETE', `/${index}`);
    const properties = Object.fromEntries(Object.entries(types).map(([field, type]) => [field, { type }]));
    const dynamic_templates = [{ text: { match_mapping_type: 'string', mapping: { type: 'keyword' } } }];
    const mappings = { dynamic_templates, properties: { '@timestamp': { type: 'date' }, ...properties } };
    await node.json('PUT', `/${index}`, { settings: { number_of_shards: 2, number_of_replicas: 0 }, mappings });
    const lines = some.flatMap((event) => [{ create: {} }, event]).map((line) => `${JSON.stringify(line)}\n`);
    if (lines.length === 0) return;
    const answer = await node.json<{ errors: boolean }>('POST', `/${index}/_bulk?refresh=true`, lines.join(''));
    expect(answer.errors).toBe(false);
  }
});

describe.skipIf(prometheus.skipped)('PromQL of the files for Grafana', () => {
  const promtool = path.join(path.dirname(prometheus.program), 'promtool');

  test.each(library.map(({ id }) => id))('promtool finds nothing wrong in %s', async (id) => {
    const asked = expressions(fileOf(library.find((each) => each.id === id)!)).map(({ expr }) => interpolated(expr));
    expect(asked.length).toBeGreaterThan(5);
    expect(await check(asked)).toContain(`SUCCESS: ${asked.length} rules found`);
  });

  test('promtool finds a rate of no range, which the grammar allows', async () => {
    await expect(check(['sum(rate(mirrord_sessions_create_total))'])).rejects.toThrow(/expected type range vector/);
  });

  async function check(asked: readonly string[]): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'promtool-'));
    const rules = asked.map((expr, k) => ({ record: `panel:${k}`, expr }));
    // JSON is YAML.
    await writeFile(path.join(folder, 'rules.yaml'), JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    try {
      return (await promisify(execFile)(promtool, ['check', 'rules', 'rules.yaml'], { cwd: folder })).stdout;
    } finally {
      await rm(folder, { recursive: true });
    }
  }
});

const ABOUT = { id: 'p', title: 'P', description: 'D.', unit: 'none', width: 12, height: 8 } as const;

function fileOf(dashboard: Dashboard): GrafanaFile {
  return JSON.parse(buildFile(dashboard, 'grafana', DEFAULTS, library).text) as GrafanaFile;
}

function panelOf(panel: Panel): GrafanaPanel {
  return fileOf({ ...DASHBOARD, rows: [{ title: 'Row', panels: [panel] }] }).panels[1]!;
}

/** The number of a row, behind the bucket of the whole time. */
function lastOf(row: GrafanaRow): number | string | null {
  return Object.values(row).at(-1) ?? null;
}

/** Elasticsearch's key of a boolean is a number. */
function keyOf(group: string | number | boolean): string | number {
  return typeof group === 'boolean' ? Number(group) : group;
}
