import { fileURLToPath } from 'node:url';
import {
  type AnswerRow,
  type CellValue,
  DEFAULTS,
  type EventsPanel,
  eventsSearchOf,
  eventsSqlOf,
  library,
  panelFor,
  readCells,
  readEvents,
  readRows,
  readSearch,
  type SearchAnswer,
  searchOf,
  sqlOf,
  type View,
} from '@tailrace/dashboards';
import { loadFieldFile } from '@tailrace/std';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerTwin, meets } from '../../packages/dashboards/src/log-query.twin.ts';
import { type EventsDatabase, type FlatEvent, openEvents } from '../../packages/dashboards/src/sql/duckdb.fixture.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { HOUR_FROM, madeUpEvents } from './made-up-events.ts';

const es = await elasticsearchOrSkip();
const VIEW: View = { from: HOUR_FROM, to: HOUR_FROM + 3_600_000, step: 600_000 };

describe.each(library)('the log panels of $id over made-up events', (dashboard) => {
  const panels = dashboard.rows
    .flatMap((row) => row.panels.flatMap((panel) => panelFor(panel, 'local') ?? []))
    .flatMap((panel) =>
      'query' in panel && panel.query.source === 'logs' ? [{ id: panel.id, query: panel.query }] : [],
    );
  const file = fileURLToPath(new URL(`../../pipelines/${dashboard.system}/fields.yaml`, import.meta.url));
  const types = Object.fromEntries(loadFieldFile(file).fields.map(({ path, type }) => [path.text, type as string]));
  const events: readonly FlatEvent[] = madeUpEvents(
    types,
    panels.map(({ query }) => ({ ...query, where: [...dashboard.base, ...query.where] })),
    300,
  );
  const newest = dashboard.rows.flatMap((row) => row.panels.filter((panel) => panel.kind === 'events'));
  let database: EventsDatabase;

  beforeAll(async () => {
    database = await openEvents(types);
    await database.fill(events);
  });
  afterAll(() => database.close());

  test('have numbers', () => {
    expect(panels.length).toBeGreaterThan(15);
    for (const { id, query } of panels)
      expect(
        answerTwin(query, dashboard, VIEW, events).some(({ columns }) => columns.some(Boolean)),
        id,
      ).toBe(true);
  });

  test.each(panels)('$id in DuckDB', async ({ query }) => {
    const rows = readRows(query, await database.ask(sqlOf(query, dashboard, DEFAULTS, VIEW, 'events')));
    expectSame(rows, answerTwin(query, dashboard, VIEW, events));
  });

  test.each(newest)('$id in DuckDB', async (panel) => {
    const rows = readCells(await database.ask(eventsSqlOf(panel, dashboard, DEFAULTS, VIEW, 'events', 20)));
    expect(rows).toEqual(newestOf(panel));
  });

  function newestOf({ where, columns }: EventsPanel): CellValue[][] {
    const shown = events.filter((event) => meets(event, [...dashboard.base, ...where]));
    expect(shown.length).toBeGreaterThan(20);
    const byTime = shown.toSorted((a, b) => Number(b['@timestamp']) - Number(a['@timestamp']));
    return byTime.slice(0, 20).map((event) => columns.map(({ field }) => event[field] ?? null));
  }

  describe.skipIf(es.skipped)('on a real Elasticsearch', () => {
    const index = `${indexPrefix('panels')}events`;

    beforeAll(async () => {
      const node = await es.shared();
      const properties = Object.fromEntries(Object.entries(types).map(([field, type]) => [field, { type }]));
      await node.json('PUT', `/${index}`, { mappings: { properties } });
      const lines = events.flatMap((event) => [{ create: {} }, event]).map((line) => `${JSON.stringify(line)}\n`);
      const answer = await node.json<{ errors: boolean }>('POST', `/${index}/_bulk?refresh=true`, lines.join(''));
      expect(answer.errors).toBe(false);
    });
    afterAll(async () => (await es.shared()).request('DELETE', `/${index}`));

    test.each(panels)('$id', async ({ query }) => {
      const body = searchOf(query, dashboard, DEFAULTS, VIEW);
      const answer = await (await es.shared()).json<SearchAnswer>('POST', `/${index}/_search`, body);
      expectSame(readSearch(query, VIEW, answer), answerTwin(query, dashboard, VIEW, events));
    });

    test.each(newest)('$id', async (panel) => {
      const body = eventsSearchOf(panel, dashboard, DEFAULTS, VIEW, 20);
      const answer = await (await es.shared()).json<SearchAnswer>('POST', `/${index}/_search`, body);
      expect(readEvents(panel, DEFAULTS, answer)).toEqual(newestOf(panel));
    });
  });
});

function expectSame(rows: readonly AnswerRow[], expected: readonly AnswerRow[]): void {
  expect(rows.map(({ groups, time }) => [groups, time])).toEqual(expected.map(({ groups, time }) => [groups, time]));
  const rounded = ({ columns }: AnswerRow) => columns.map((value) => value && Math.round(value * 1e6) / 1e6);
  expect(rows.map(rounded)).toEqual(expected.map(rounded));
}
