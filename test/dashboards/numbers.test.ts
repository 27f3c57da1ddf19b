import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type AnswerRow,
  type CellValue,
  DEFAULTS,
  type EventsPanel,
  eventsSearchOf,
  eventsSqlOf,
  type LogQuery,
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
import type { ElasticsearchClient } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboard } from '../../dashboards/mirrord-usage/dashboard.ts';
import { type EventsDatabase, openEvents } from '../../packages/dashboards/src/sql/duckdb.fixture.ts';
import { newSetting, removeSettings, runOnce, writeLog } from '../main-job/setting.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { expectRows } from './expect-rows.ts';
import { type KnownRow, knownNumbers } from './known-numbers.ts';
import { type OperatorEvent, readOperatorLog } from './operator-log.ts';
import { flatEvents } from './stored-events.ts';

const es = await elasticsearchOrSkip();
const FIELDS = fileURLToPath(new URL('../../pipelines/mirrord/fields.yaml', import.meta.url));
const HOUR = 3_600_000;
const PANELS = dashboard.rows.flatMap((row) => row.panels);
const LOG_PANELS = PANELS.flatMap((panel) =>
  'query' in panel && panel.query.source === 'logs' ? [{ id: panel.id, query: panel.query }] : [],
);
const EVENTS_PANEL = PANELS.find((panel): panel is EventsPanel => panel.kind === 'events')!;

describe.skipIf(es.skipped)('the numbers of generated mirrord logs', () => {
  const prefix = indexPrefix('numbers');
  const parameters = { ...DEFAULTS, index_pattern: `${prefix}*` };
  let node: ElasticsearchClient;
  let database: EventsDatabase;
  let events: OperatorEvent[];
  let view: View;
  let known: Readonly<Record<string, readonly KnownRow[]>>;

  beforeAll(async () => {
    node = await es.shared();
    const setting = await newSetting(node.url, prefix);
    // A few days, so that the events lie in several indices.
    await writeLog(setting.logFile('d'), { lines: 6000, seed: 31, format: 'docker', rate: 0.04 });
    await writeLog(setting.logFile('c'), { lines: 6000, seed: 32, format: 'cri', rate: 0.04 });
    await runOnce(setting);
    events = [
      ...readOperatorLog(await readFile(setting.logFile('d')), 'docker'),
      ...readOperatorLog(await readFile(setting.logFile('c')), 'cri'),
    ];
    const times = events.map(({ time }) => time).toSorted((a, b) => a - b);
    const [first, last] = [times[0]!, times.at(-1)!];
    view = { from: first, to: last + 1, step: HOUR };
    const steps = Array.from({ length: Math.floor(last / HOUR) - Math.floor(first / HOUR) + 1 }, (_, k) => k);
    known = knownNumbers(
      events,
      steps.map((k) => (Math.floor(first / HOUR) + k) * HOUR),
      HOUR,
    );
    await node.json('POST', `/${prefix}*/_refresh`);
    const types = Object.fromEntries(loadFieldFile(FIELDS).fields.map(({ path, type }) => [path.text, type]));
    database = await openEvents(types);
    await database.fill(await flatEvents(node, prefix, types));
  });
  afterAll(async () => {
    database.close();
    await removeSettings();
  });

  test('are many enough to be told apart, and every panel has some', () => {
    expect(events).toHaveLength(12_000);
    expect(LOG_PANELS.map(({ id }) => id).toSorted()).toEqual(Object.keys(known).toSorted());
    for (const [id, rows] of Object.entries(known)) {
      expect(rows.length, id).toBeGreaterThan(0);
      expect(
        rows.some(({ columns }) => columns.some((value) => value !== null && value !== 0)),
        id,
      ).toBe(true);
    }
    expect(known['active-users']![0]!.columns[0]).toBeLessThan(3000);
    expect(known['port-conflicts']!.length).toBeGreaterThan(3);
  });

  test.each(LOG_PANELS)('$id: Elasticsearch has them', async ({ id, query }) => {
    expectRows(await search(query), known[id]!);
  });

  test.each(LOG_PANELS)('$id: DuckDB has them', async ({ id, query }) => {
    const rows = await database.ask(sqlOf(query, dashboard, parameters, view, 'events'));
    expectRows(readRows(query, rows), known[id]!);
  });

  test('a chosen user and namespace narrow every number', async () => {
    const { user, namespace } = events.find(
      (event) => event.message === 'Session Start' && event.namespace !== undefined,
    )!;
    view = { ...view, chosen: { client_user: [user!], target_namespace: [namespace!] } };
    const own = events.filter((event) => event.user === user && event.namespace === namespace);
    const starts = own.filter(
      ({ message, target }) => message === 'Session Start' && !target?.startsWith('mirrord-copy-'),
    );
    const { query } = LOG_PANELS.find(({ id }) => id === 'sessions')!;
    const expected = [{ groups: [], columns: [new Set(starts.map(({ session }) => session)).size] }];
    expect(expected[0]!.columns[0]).toBeGreaterThan(0);
    expect(await search(query)).toEqual(expected);
    expect(readRows(query, await database.ask(sqlOf(query, dashboard, parameters, view, 'events')))).toEqual(expected);
    const { chosen: _, ...whole } = view;
    view = whole;
  });

  test('latest events: both show the newest', async () => {
    const shown = events.filter(({ target }) => !target?.startsWith('mirrord-copy-'));
    const newest = shown.toSorted((a, b) => b.time - a.time).slice(0, 200);
    const body = eventsSearchOf(EVENTS_PANEL, dashboard, parameters, view, 200);
    const answer = await node.json<SearchAnswer>('POST', `/${prefix}*/_search`, body);
    const sql = eventsSqlOf(EVENTS_PANEL, dashboard, parameters, view, 'events', 200);
    for (const cells of [readEvents(EVENTS_PANEL, parameters, answer), readCells(await database.ask(sql))]) {
      expect(cells.map(([time]) => time)).toEqual(newest.map(({ time }) => time));
      expect(cells.toSorted(asText)).toEqual(newest.map(cellsOf).toSorted(asText));
    }
  });

  async function search(query: LogQuery): Promise<AnswerRow[]> {
    const body = searchOf(query, dashboard, parameters, view);
    return readSearch(query, view, await node.json<SearchAnswer>('POST', `/${prefix}*/_search`, body));
  }
});

function cellsOf(event: OperatorEvent): CellValue[] {
  const { time, level, message, user, namespace, target, port, duration } = event;
  return [time, level, message, user, namespace, target, port, duration].map((value) => value ?? null);
}

function asText(a: readonly CellValue[], b: readonly CellValue[]): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
