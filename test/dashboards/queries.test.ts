import { DEFAULTS, type LogQuery, readSearch, type SearchAnswer, searchOf } from '@tailrace/dashboards';
import type { ElasticsearchClient } from '@tailrace/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DASHBOARD, events, queries, TYPES, views } from '../../packages/dashboards/src/log-query.fixture.ts';
import { answerTwin } from '../../packages/dashboards/src/log-query.twin.ts';
import type { FlatEvent } from '../../packages/dashboards/src/sql/duckdb.fixture.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';

const es = await elasticsearchOrSkip();

describe.skipIf(es.skipped)('log queries on a real Elasticsearch', () => {
  const index = `${indexPrefix('queries')}events`;
  let node: ElasticsearchClient;

  beforeAll(async () => {
    node = await es.shared();
  });
  afterAll(() => node.request('DELETE', `/${index}`));

  test('answer what they mean, over any events', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        fc.array(fc.tuple(queries, views), { minLength: 8, maxLength: 8 }),
        async (some, asked) => {
          await fill(some);
          for (const [query, view] of asked) {
            const body = searchOf(query, DASHBOARD, DEFAULTS, view);
            const answer = await node.json<SearchAnswer>('POST', `/${index}/_search`, body);
            const rows = readSearch(query, view, answer);
            const expected = answerTwin(query, DASHBOARD, view, some);
            expect(rows.map(({ groups, time }) => [groups, time])).toEqual(
              expected.map(({ groups, time }) => [groups, time]),
            );
            expect(rows.map(({ columns }) => columns.map(rounded))).toEqual(
              expected.map(({ columns }) => columns.map(rounded)),
            );
          }
        },
      ),
      { numRuns: 12 },
    );
  }, 120_000);

  test.each([
    { op: 'avg', field: 'fields.took' },
    { op: 'min', field: 'fields.took' },
    { op: 'max', field: 'fields.took' },
    { op: 'percentile', field: 'fields.took', percent: 50 },
  ] as const)('$op: who has no number comes last, also where conditions let none through', async (aggregation) => {
    const event = (user: string, took: number | undefined, level = 'INFO'): FlatEvent => ({
      ...{ '@timestamp': 0, level, 'fields.user': user, 'fields.took': took },
    });
    await fill([event('none', undefined), event('below', -2), event('above', 3), event('other', 9, 'WARN')]);
    const view = { from: 0, to: 1 };
    const where = [{ field: 'level', is: 'INFO' }];
    const by = [{ field: 'fields.user', size: 3, name: 'User' }];
    const query: LogQuery = { source: 'logs', where: [], agg: [{ ...aggregation, name: 'took', where }], by };
    const answer = await node.json<SearchAnswer>(
      'POST',
      `/${index}/_search`,
      searchOf(query, DASHBOARD, DEFAULTS, view),
    );
    const rows = readSearch(query, view, answer).map(({ groups, columns }) => [...groups, ...columns]);
    expect(rows).toEqual([
      ['above', 3],
      ['below', -2],
      ['none', null],
    ]);
  });

  test('unique counts are exact below 3,000', async () => {
    const users = Array.from({ length: 2990 }, (_, k) => `user ${k}`);
    await fill([...users, ...users].map((user) => ({ '@timestamp': 0, 'fields.user': user })));
    const view = { from: 0, to: 1 };
    const query: LogQuery = {
      source: 'logs',
      where: [],
      agg: [{ op: 'cardinality', field: 'fields.user', name: 'users' }],
    };
    const answer = await node.json<SearchAnswer>(
      'POST',
      `/${index}/_search`,
      searchOf(query, DASHBOARD, DEFAULTS, view),
    );
    expect(readSearch(query, view, answer)).toEqual([{ groups: [], columns: [2990] }]);
  });

  async function fill(some: readonly FlatEvent[]): Promise<void> {
    await node.request('DELETE', `/${index}`);
    const properties = Object.fromEntries(Object.entries(TYPES).map(([field, type]) => [field, { type }]));
    const settings = { number_of_shards: 2, number_of_replicas: 0 };
    await node.json('PUT', `/${index}`, { settings, mappings: { properties } });
    const lines = some.flatMap((event) => [{ create: {} }, event]).map((line) => `${JSON.stringify(line)}\n`);
    if (lines.length === 0) return;
    const answer = await node.json<{ errors: boolean }>('POST', `/${index}/_bulk?refresh=true`, lines.join(''));
    expect(answer.errors).toBe(false);
  }
});

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1e6) / 1e6 + 0;
}
