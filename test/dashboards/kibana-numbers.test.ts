import {
  buildFile,
  DEFAULTS,
  type LogQuery,
  library,
  NotExpressible,
  type Panel,
  panelFor,
  readSearch,
  type SearchAnswer,
  searchOf,
  type View,
} from '@tailrace/dashboards';
import { loadFieldFile } from '@tailrace/std';
import type { ElasticsearchClient } from '@tailrace/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboard } from '../../dashboards/mirrord-usage/dashboard.ts';
import { DASHBOARD, events, queries, TYPES } from '../../packages/dashboards/src/log-query.fixture.ts';
import type { FlatEvent } from '../../packages/dashboards/src/sql/duckdb.fixture.ts';
import { newSetting, removeSettings, runOnce, writeLog } from '../main-job/setting.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { shipped } from './arrived.ts';
import { type LensLayer, lensLayers, lensSearch, readLens } from './lens-search.ts';
import { HOUR_FROM, madeUpEvents } from './made-up-events.ts';

const es = await elasticsearchOrSkip();
const HOUR = 3_600_000;
const OTHERS = dashboard.links.map((id) => ({ ...dashboard, id }));
const LAYERS = lensLayers(buildFile(dashboard, 'kibana', DEFAULTS, OTHERS).text);
const HEALTH = library.find(({ id }) => id === 'pipeline-health')!;
const HEALTH_LAYERS = lensLayers(buildFile(HEALTH, 'kibana', DEFAULTS, library).text);
const HEALTH_PANELS = HEALTH.rows
  .flatMap(({ panels }) => panels.flatMap((panel) => panelFor(panel, 'kibana') ?? []))
  .flatMap((panel) =>
    'query' in panel && panel.query.source === 'logs' ? [{ id: panel.id, query: panel.query }] : [],
  );

describe.skipIf(es.skipped)('what Lens asks for the panels of mirrord usage', () => {
  const prefix = indexPrefix('lens');
  let node: ElasticsearchClient;
  let from: number;
  let to: number;

  beforeAll(async () => {
    node = await es.shared();
    const setting = await newSetting(node.url, prefix);
    await writeLog(setting.logFile('d'), { lines: 4000, seed: 57, format: 'docker', rate: 0.04 });
    await runOnce(setting);
    await node.json('POST', `/${prefix}*/_refresh`);
    const aggs = { first: { min: { field: '@timestamp' } }, last: { max: { field: '@timestamp' } } };
    const { aggregations } = await ask<{ aggregations: Record<'first' | 'last', { value: number }> }>({
      size: 0,
      aggs,
    });
    from = aggregations.first.value;
    to = aggregations.last.value + 1;
  });
  afterAll(removeSettings);

  function ask<T>(body: unknown): Promise<T> {
    return node.json<T>('POST', `/${prefix}*/_search`, body);
  }

  test.each(LAYERS)('$id has the numbers that are proven', async (layer) => {
    const panel = dashboard.rows.flatMap((row) => row.panels).find(({ id }) => id === layer.id);
    const query = (panel as { query: LogQuery }).query;
    const view = { from, to, step: HOUR };
    const expected = readSearch(query, view, await ask<SearchAnswer>(searchOf(query, dashboard, DEFAULTS, view)));
    const rows = readLens(layer, await ask(lensSearch(layer, from, to, HOUR)));
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ columns }) => columns.some((value) => value !== null && value > 0))).toBe(true);
    expect(rows).toEqual(expected);
  });
});

describe.skipIf(es.skipped)('what Lens asks for the panels of pipeline health', () => {
  const index = `${indexPrefix('lens')}health`;
  const types = Object.fromEntries(
    loadFieldFile(shipped('tailrace/fields.yaml')).fields.map(({ path, type }) => [path.text, type as string]),
  );
  const some = madeUpEvents(
    types,
    HEALTH_PANELS.map(({ query }) => ({ ...query, where: [...HEALTH.base, ...query.where] })),
    300,
  );
  const view: View = { from: HOUR_FROM, to: HOUR_FROM + HOUR, step: 600_000 };
  let node: ElasticsearchClient;

  beforeAll(async () => {
    node = await es.shared();
    const properties = Object.fromEntries(Object.entries(types).map(([field, type]) => [field, { type }]));
    await node.json('PUT', `/${index}`, { mappings: { properties } });
    const lines = some.flatMap((event) => [{ create: {} }, event]).map((line) => `${JSON.stringify(line)}\n`);
    const answer = await node.json<{ errors: boolean }>('POST', `/${index}/_bulk?refresh=true`, lines.join(''));
    expect(answer.errors).toBe(false);
  });
  afterAll(() => node.request('DELETE', `/${index}`));

  test.each(HEALTH_LAYERS)('$id has the numbers that are proven', async (layer) => {
    const ask = <T>(body: unknown) => node.json<T>('POST', `/${index}/_search`, body);
    const { query } = HEALTH_PANELS.find(({ id }) => id === layer.id)!;
    const expected = readSearch(query, view, await ask<SearchAnswer>(searchOf(query, HEALTH, DEFAULTS, view)));
    const rows = readLens(layer, await ask(lensSearch(layer, view.from, view.to, 600_000)));
    expect(rows.some(({ columns }) => columns.some((value) => value !== null && value !== 0))).toBe(true);
    expect(rows).toEqual(expected);
  });

  test('every panel with a query is looked at', () => {
    expect(HEALTH_LAYERS.map(({ id }) => id).toSorted()).toEqual(HEALTH_PANELS.map(({ id }) => id).toSorted());
  });
});

describe.skipIf(es.skipped)('what Lens asks for any query', () => {
  const index = `${indexPrefix('lens')}events`;
  const start = Date.parse('2026-03-01T00:00:00Z');
  const view: View = { from: start, to: start + 600_000, step: 60_000 };
  let node: ElasticsearchClient;

  beforeAll(async () => {
    node = await es.shared();
  });
  afterAll(() => node.request('DELETE', `/${index}`));

  test('is answered as the query is', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(events, fc.array(queries, { minLength: 40, maxLength: 40 }), async (some, asked) => {
        await fill(some);
        for (const query of asked) {
          const layer = layerOf(query);
          if (layer === undefined) continue;
          const answer = await ask<SearchAnswer>(searchOf(query, DASHBOARD, DEFAULTS, view));
          const rows = readLens(layer, await ask(lensSearch(layer, view.from, view.to, 60_000)));
          expect(rows).toEqual(readSearch(query, view, answer));
          compared += 1;
        }
      }),
      { numRuns: 6, endOnFailure: true },
    );
    expect(compared).toBeGreaterThan(40);
  }, 120_000);

  function ask<T>(body: unknown): Promise<T> {
    return node.json<T>('POST', `/${index}/_search`, body);
  }

  async function fill(some: readonly FlatEvent[]): Promise<void> {
    await node.request('DELETE', `/${index}`);
    const properties = Object.fromEntries(Object.entries(TYPES).map(([field, type]) => [field, { type }]));
    await node.json('PUT', `/${index}`, { settings: { number_of_shards: 2 }, mappings: { properties } });
    const lines = some.flatMap((event) => [{ create: {} }, event]).map((line) => `${JSON.stringify(line)}\n`);
    if (lines.length > 0) await node.json('POST', `/${index}/_bulk?refresh=true`, lines.join(''));
  }
});

/** Of a query as a panel; undefined for what Kibana cannot show. */
function layerOf(query: LogQuery): LensLayer | undefined {
  const size = { id: 'it', title: 'It', description: 'What it is.', width: 24, height: 8, unit: 'none' } as const;
  const panel: Panel =
    query.over === 'time' ? { ...size, kind: 'timeseries', draw: 'line', query } : { ...size, kind: 'table', query };
  try {
    const { text } = buildFile({ ...DASHBOARD, rows: [{ title: 'Row', panels: [panel] }] }, 'kibana', DEFAULTS, []);
    return lensLayers(text)[0];
  } catch (error) {
    if (error instanceof NotExpressible) return undefined;
    throw error;
  }
}
