import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AnswerRow,
  DEFAULTS,
  type EventsPanel,
  type LogQuery,
  type Panel,
  panelFor,
  readSearch,
  type SearchAnswer,
  searchOf,
} from '@tailrace/dashboards';
import type { EventsAnswer, NumbersAnswer, PanelAnswer, QueryAnswer, Status } from '@tailrace/local';
import { loadFieldFile } from '@tailrace/std';
import { type ElasticsearchClient, freePort, type RunningProcess } from '@tailrace/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { dashboard as usage } from '../../dashboards/mirrord-usage/dashboard.ts';
import { dashboard as health } from '../../dashboards/pipeline-health/dashboard.ts';
import { answerTwin, meets } from '../../packages/dashboards/src/log-query.twin.ts';
import { metricTwin } from '../../packages/dashboards/src/metric-query.twin.ts';
import type { FlatEvent } from '../../packages/dashboards/src/sql/duckdb.fixture.ts';
import type { StoredPoint } from '../../packages/dashboards/src/sql/metrics.fixture.ts';
import { stepOf, timesOf, type View } from '../../packages/dashboards/src/view.ts';
import { formatValue } from '../../packages/page/src/format/unit.ts';
import { sharesOf } from '../../packages/page/src/panels/shares.ts';
import { statValues } from '../../packages/page/src/panels/stat-values.ts';
import { barsOf, tableOf } from '../../packages/page/src/panels/table-of-answer.ts';
import { tableOfSeries } from '../../packages/page/src/panels/table-of-series.ts';
import { expectRows } from '../dashboards/expect-rows.ts';
import { type KnownRow, knownNumbers } from '../dashboards/known-numbers.ts';
import { type OperatorEvent, readOperatorLog } from '../dashboards/operator-log.ts';
import { flatEvent } from '../dashboards/stored-events.ts';
import { newSetting, removeSettings, runOnce } from '../main-job/setting.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { type FixedPast, fixedLog, writeFixedPipeline } from '../support/local-pipeline.ts';
import { serverOrSkip } from '../support/servers.ts';
import { startTailrace } from '../support/tailrace.ts';
import { generatedPoints } from './generated-points.ts';
import { shownRows } from './shown.ts';

const { skipped, program } = await serverOrSkip('chromium');
const es = await elasticsearchOrSkip();

/** Fewer than 3,000 sessions, below which Elasticsearch counts exactly. */
const PAST: FixedPast = { end: '2026-11-19T15:00:00Z', seconds: 2400 };
const END = Date.parse(PAST.end);
const VIEW: View = { from: END - PAST.seconds * 1000, to: END };
const SHIPPED = fileURLToPath(new URL('../../pipelines/mirrord/local.yaml', import.meta.url));
const HEALTH_FIELDS = fileURLToPath(new URL('../../pipelines/tailrace/fields.yaml', import.meta.url));

type Served = Exclude<Panel, { kind: 'text' }>;
const servedBy = (dashboard: typeof usage): Served[] =>
  dashboard.rows
    .flatMap(({ panels }) => panels)
    .flatMap((panel) => {
      const shown = panelFor(panel, 'local');
      return shown === undefined || shown.kind === 'text' ? [] : [shown];
    });
const USAGE = servedBy(usage);
const HEALTH = servedBy(health);
const LOG_PANELS = USAGE.filter((panel) => 'query' in panel && panel.query.source === 'logs');
const METRIC_PANELS = USAGE.filter((panel) => 'query' in panel && panel.query.source === 'metrics');

let running: RunningProcess;
let browser: Browser;
let page: Page;
let folder: string;
let url: string;
let log: Buffer;
let events: OperatorEvent[];
let known: Readonly<Record<string, readonly KnownRow[]>>;
let points: StoredPoint[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'numbers-'));
  const address = `127.0.0.1:${await freePort()}`;
  url = `http://${address}/`;
  log = fixedLog(PAST);
  const all = readOperatorLog(log, 'docker');
  events = all.filter(({ time }) => time >= VIEW.from && time < VIEW.to);
  known = knownNumbers(events, timesOf(VIEW), stepOf(VIEW));
  const { sources } = parse(readFileSync(SHIPPED, 'utf8')) as { sources: Record<string, { interval: string }> };
  const interval = Number(sources['operator_metrics']!.interval.replace(/s$/, '')) * 1000;
  points = generatedPoints({ begin: VIEW.from, end: VIEW.to, interval });
  running = await startTailrace(['run', writeFixedPipeline(folder, PAST, address)], { keep: true });
  const status = `${url}api/v1/status`;
  const hasAll = ({ body }: { body: string }) => {
    const { logs, metrics } = JSON.parse(body) as Status;
    return logs >= all.length && metrics >= points.length;
  };
  await running.endpoint(status, { until: hasAll, timeoutMs: 100_000 });
  if (skipped) return;
  browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  const timezoneId = Intl.DateTimeFormat().resolvedOptions().timeZone;
  page = await browser.newPage({ viewport: { width: 1280, height: 900 }, timezoneId });
}, 150_000);
afterAll(async () => {
  await browser?.close();
  await running?.dispose();
  rmSync(folder, { recursive: true });
  await removeSettings();
});

async function answerOf(dashboard: string, panel: string, { from, to }: View = VIEW): Promise<PanelAnswer> {
  const answer = await fetch(`${url}api/v1/dashboards/${dashboard}/panels/${panel}?from=${from}&to=${to}`);
  expect(answer.status, await answer.clone().text()).toBe(200);
  return (await answer.json()) as PanelAnswer;
}

/** What the page has to show of an answer, as rows of text; of a table the cells that are no times. */
function textOf(panel: Exclude<Served, EventsPanel>, answer: NumbersAnswer): string[][] {
  switch (panel.kind) {
    case 'stat':
      return statValues(panel, answer).map(({ value, unit }) => [formatValue(value, unit)]);
    case 'toplist':
      return barsOf(panel, answer).map(({ name, value }) => [name, formatValue(value, unitOf(panel))]);
    case 'donut':
      return sharesOf(panel, answer, 8).map(({ name, value, ratio }) => [
        ...[name, formatValue(value, panel.unit)],
        formatValue(Math.round(ratio * 1000) / 1000, 'ratio'),
      ]);
    case 'timeseries':
      return tableOfSeries(panel, answer).rows.map((cells) => cells.map(({ text }) => text));
    case 'table':
      return tableOf(panel, answer).rows.map((cells) => cells.map(({ text }) => text));
    case 'heatmap':
      throw new Error('a heatmap is counted, not read');
  }
}

function unitOf({ query, unit }: Extract<Panel, { kind: 'toplist' }>) {
  return (query.source === 'logs' ? query.agg[0].unit : undefined) ?? unit;
}

async function expectShown(panel: Served, answer: PanelAnswer): Promise<void> {
  const rows = await shownRows(page, panel.id, panel.kind);
  if (answer.kind === 'events') {
    expect(rows).toHaveLength(answer.events.length);
    return;
  }
  if (panel.kind === 'heatmap') {
    const counted = rows.flatMap((cells) => cells.slice(1)).reduce((sum, text) => sum + numberIn(text), 0);
    const total = answer.tables[0]!.rows.reduce((sum, { columns }) => sum + (columns[0] ?? 0), 0);
    expect(counted).toBeCloseTo(total, 0);
    return;
  }
  expect(rows).toEqual(textOf(panel as Exclude<Served, EventsPanel>, answer));
}

function numberIn(text: string): number {
  return Number(/[\d,.]+/.exec(text)?.[0].replaceAll(',', '') ?? 0);
}

describe('the numbers of generated mirrord data, asked of the process', () => {
  test('every panel of logs has them', async () => {
    expect(LOG_PANELS.map(({ id }) => id).toSorted()).toEqual(Object.keys(known).toSorted());
    for (const { id } of LOG_PANELS) {
      const { tables } = (await answerOf('mirrord-usage', id)) as NumbersAnswer;
      expectRows(tables[0]!.rows, known[id]!);
    }
  });

  test('every panel of metrics has them', async () => {
    expect(METRIC_PANELS.length).toBeGreaterThan(6);
    for (const panel of METRIC_PANELS) {
      if (!('query' in panel) || panel.query.source !== 'metrics') continue;
      const over = panel.kind === 'timeseries' || panel.kind === 'heatmap' ? 'time' : 'stat';
      const { tables } = (await answerOf('mirrord-usage', panel.id)) as NumbersAnswer;
      for (const [at, line] of panel.query.lines.entries()) {
        const rows = metricTwin(line, usage, VIEW, over, points);
        expect(
          rows.some(({ columns }) => (columns[0] ?? 0) > 0),
          `${panel.id}: ${line.name}`,
        ).toBe(true);
        expect(tables[at]!.rows.map(asKnown), `${panel.id}: ${line.name}`).toEqual(rows.map(asKnown));
      }
    }
  });

  test('the newest events are the newest', async () => {
    const panel = USAGE.find((each): each is EventsPanel => each.kind === 'events')!;
    const answer = (await answerOf('mirrord-usage', panel.id)) as EventsAnswer;
    const shown = events.filter(({ target }) => !target?.startsWith('mirrord-copy-'));
    const newest = shown.toSorted((a, b) => b.time - a.time).slice(0, answer.events.length);
    expect(answer.events.length).toBeGreaterThanOrEqual(50);
    expect(answer.events.map(({ time }) => time)).toEqual(newest.map(({ time }) => time));
  });
});

/** Sums of parts in another order differ in the last digits; JSON has no infinity. */
function asKnown({ groups, time, columns }: AnswerRow) {
  const rounded = columns.map((value) => (value === null ? null : Number(value.toPrecision(9))));
  return {
    groups: groups.map((value) => (value === Number.POSITIVE_INFINITY ? '+Inf' : String(value))),
    time,
    rounded,
  };
}

describe.skipIf(skipped)('the numbers of generated mirrord data, read off the page', () => {
  beforeAll(async () => {
    await page.goto(`${url}#/d/mirrord-usage?from=${VIEW.from}&to=${VIEW.to}&refresh=off`);
  }, 60_000);

  test.each(USAGE.map((panel) => [panel.id, panel] as const))(
    '%s',
    async (id, panel) => {
      await expectShown(panel, await answerOf('mirrord-usage', id));
    },
    60_000,
  );
});

describe('what the pipeline tells of itself', () => {
  let view: View;
  let records: FlatEvent[];

  beforeAll(async () => {
    const stored = async () => await ask('SELECT _text FROM logs WHERE record IS NOT NULL');
    let texts = await stored();
    const times = () =>
      texts.map((text) => Date.parse(String((JSON.parse(text) as Record<string, string>)['@timestamp'])));
    while (new Set(times()).size < 4) texts = await stored();
    // The newest reading may not be there whole.
    const all = times();
    view = { from: Math.min(...all) - 10_000, to: Math.max(...all) };
    const types = Object.fromEntries(loadFieldFile(HEALTH_FIELDS).fields.map(({ path, type }) => [path.text, type]));
    records = texts.map((text) => flatEvent(JSON.parse(text), types));
  }, 100_000);

  async function ask(sql: string): Promise<string[]> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ sql, rows: 10_000 });
    const answer = await fetch(`${url}api/v1/query`, { method: 'POST', headers, body });
    return ((await answer.json()) as QueryAnswer).rows.map(([cell]) => String(cell));
  }

  test('every panel of pipeline health has it', async () => {
    expect(HEALTH.length).toBeGreaterThan(20);
    for (const panel of HEALTH) {
      const answer = await answerOf('pipeline-health', panel.id, view);
      if (answer.kind === 'events') {
        const wanted = records.filter((event) => meets(event, [...health.base, ...(panel as EventsPanel).where]));
        const inside = wanted.filter(({ '@timestamp': time }) => Number(time) >= view.from && Number(time) < view.to);
        expect([panel.id, answer.events.length]).toEqual([panel.id, inside.length]);
        continue;
      }
      if (!('query' in panel) || panel.query.source !== 'logs') throw new Error(`${panel.id} reads metrics`);
      const rows = answerTwin(panel.query, health, view, records);
      expect([panel.id, answer.tables[0]!.rows.map(asKnown)]).toEqual([panel.id, rows.map(asKnown)]);
    }
    const read = answerTwin((HEALTH[0] as { query: LogQuery }).query, health, view, records);
    expect(read[0]!.columns[0]).toBeGreaterThan(0);
  }, 60_000);

  test.skipIf(skipped)(
    'and the page shows it',
    async () => {
      await page.goto(`${url}#/d/pipeline-health?from=${view.from}&to=${view.to}&refresh=off`);
      for (const panel of HEALTH) {
        const answer = await answerOf('pipeline-health', panel.id, view);
        const isEmpty = answer.kind === 'numbers' && answer.tables.every(({ rows }) => rows.length === 0);
        if (isEmpty) expect(['discarded-by-reason', 'newest-errors']).toContain(panel.id);
        else await expectShown(panel, answer);
      }
    },
    120_000,
  );
});

describe.skipIf(es.skipped)('Elasticsearch, SQL and the page', () => {
  let node: ElasticsearchClient;
  const prefix = indexPrefix('agree');

  beforeAll(async () => {
    node = await es.shared();
    const setting = await newSetting(node.url, prefix);
    writeFileSync(setting.logFile('d'), log);
    await runOnce(setting);
    await node.json('POST', `/${prefix}*/_refresh`);
  }, 100_000);

  test.each(LOG_PANELS.map((panel) => [panel.id, panel] as const))('agree on %s', async (id, panel) => {
    const { query } = panel as { query: LogQuery };
    const parameters = { ...DEFAULTS, index_pattern: `${prefix}*` };
    const body = searchOf(query, usage, parameters, VIEW);
    const found = readSearch(query, VIEW, await node.json<SearchAnswer>('POST', `/${prefix}*/_search`, body));
    expectRows(found, known[id]!);
    const { tables } = (await answerOf('mirrord-usage', id)) as NumbersAnswer;
    const exact = (rows: readonly AnswerRow[]) =>
      rows.map(({ groups, time, columns }) => [
        groups.map(String),
        time,
        columns.map((value, at) => (query.agg[at]?.op === 'percentile' ? value === null : value)),
      ]);
    expect(exact(tables[0]!.rows)).toEqual(exact(found));
  });
});
