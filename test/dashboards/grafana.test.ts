import {
  buildFile,
  type Condition,
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
import type { GrafanaFile, GrafanaPanel } from '../../packages/dashboards/src/grafana/lint.fixture.ts';
import { columnTitle } from '../../packages/dashboards/src/grafana/targets.ts';
import { DASHBOARD, events, NASTY, queries, TYPES, views } from '../../packages/dashboards/src/log-query.fixture.ts';
import { answerTwin } from '../../packages/dashboards/src/log-query.twin.ts';
import type { FlatEvent } from '../../packages/dashboards/src/sql/duckdb.fixture.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { type GrafanaRow, requestOf, rowsOf } from './grafana-requests.ts';

const es = await elasticsearchOrSkip();
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
            for (const [k, [row]] of rows.entries())
              if (row) expect(Object.keys(row).at(-1)).toBe(columnTitle(agg[k]!, DEFAULTS));
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
      { numRuns: 15 },
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
      { numRuns: 10 },
    );
  }, 120_000);

  test('series and running differences are those that the query means', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.array(fc.tuple(queries, views), { minLength: 8, maxLength: 8 }),
        async (some, asked) => {
          await fill(some, TYPES);
          for (const [{ where, by = [] }, { chosen }] of asked) {
            const view: View = { ...VIEW, step: 60_000, ...(chosen && { chosen }) };
            const counts: LogQuery['agg'] = [
              { op: 'count', name: 'more', where: [{ field: 'fields.port', atLeast: 80 }] },
              { op: 'count', name: 'less', where: [{ field: 'level', is: 'WARN' }] },
            ];
            const grouped: LogQuery = {
              ...{ source: 'logs', where, over: 'time', agg: [{ op: 'count', name: 'Events' }] },
              by: by.slice(0, 1).map((group) => ({ ...group, size: 30 })),
            };
            expect((await askSeries(grouped, view)).toSorted()).toEqual(seriesOf(grouped, view, some).toSorted());
            const running: LogQuery = { ...grouped, by: [], agg: counts, running: { plus: 'more', minus: 'less' } };
            const { targets } = panelOf({ kind: 'timeseries', draw: 'line', ...ABOUT, query: running });
            const [more = [], less = []] = await Promise.all(targets!.slice(0, 2).map((target) => ask(target, view)));
            expect(more.map((row, k) => Number(lastOf(row)) - Number(lastOf(less[k]!)))).toEqual(
              answerTwin(running, DASHBOARD, view, some).map(({ columns }) => columns[0]),
            );
          }
        },
      ),
      { numRuns: 5 },
    );
  }, 120_000);

  test('each sign of the language stands for itself', async () => {
    const some = TEXTS.map((text) => ({ '@timestamp': VIEW.from, 'fields.user': text }));
    await fill(some, TYPES);
    const forms = TEXTS.flatMap((text): Condition[] => [
      { field: 'fields.user', is: text },
      { field: 'fields.user', is: [text, 'b'] },
      { field: 'fields.user', isNot: text },
      { field: 'fields.user', startsWith: text },
      { field: 'fields.user', startsNotWith: text },
    ]);
    const agg: LogQuery['agg'] = [{ op: 'count', name: 'Events' }];
    for (const condition of forms) {
      const query: LogQuery = { source: 'logs', where: [condition], agg };
      const [target] = panelOf({ kind: 'stat', ...ABOUT, query }).targets!;
      const [row] = await ask(target!, VIEW);
      const [expected] = answerTwin(query, DASHBOARD, VIEW, some);
      expect([condition, row === undefined ? 0 : lastOf(row)]).toEqual([condition, expected!.columns[0]]);
    }
  });

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

  /** What is drawn above 0: group, begin of the step, number. */
  async function askSeries(query: LogQuery, view: View): Promise<string[]> {
    const { targets } = panelOf({ kind: 'timeseries', draw: 'line', ...ABOUT, query });
    const rows = await ask(targets![0]!, view);
    return rows.filter((row) => lastOf(row) !== 0).map((row) => Object.values(row).join(' '));
  }

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

/** Besides what is drawn: operators, ranges, variables of Grafana. */
const TEXTS = [
  ...new Set([
    ...NASTY,
    'AND',
    'a AND b',
    '/a/',
    '~1',
    'a^2',
    '[a TO b]',
    '{',
    '<5',
    '>=',
    '&&',
    '||',
    '!a',
    '+a',
    '-a',
    'a-b',
  ]),
  ...['mirrord-copy-x', `\${user}`, '[[user]]', '$user', 'TO', 'a\\', '\\u0041', 'a\tb', 'ünï'],
];

const ABOUT = { id: 'p', title: 'P', description: 'D.', unit: 'none', width: 12, height: 8 } as const;

function fileOf(dashboard: Dashboard): GrafanaFile {
  return JSON.parse(buildFile(dashboard, 'grafana', DEFAULTS, library).text) as GrafanaFile;
}

function panelOf(panel: Panel): GrafanaPanel {
  return fileOf({ ...DASHBOARD, rows: [{ title: 'Row', panels: [panel] }] }).panels[1]!;
}

function seriesOf(query: LogQuery, view: View, some: readonly FlatEvent[]): string[] {
  return answerTwin(query, DASHBOARD, view, some)
    .filter(({ columns }) => columns[0] !== 0)
    .map(({ groups, time, columns }) => [...groups.map(keyOf), time, columns[0]].join(' '));
}

/** The number of a row, behind the bucket of the whole time. */
function lastOf(row: GrafanaRow): number | string | null {
  return Object.values(row).at(-1) ?? null;
}

/** Elasticsearch's key of a boolean is a number. */
function keyOf(group: string | number | boolean): string | number {
  return typeof group === 'boolean' ? Number(group) : group;
}
