import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AnswerRow,
  DEFAULTS,
  type LogQuery,
  library,
  panelFor,
  readSearch,
  type SearchAnswer,
  searchOf,
  type View,
} from '@tailrace/dashboards';
import {
  type DatadogIntake,
  datadogIntake,
  type ElasticsearchClient,
  freePort,
  type RunningProcess,
} from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSetting, PIPELINE, removeSettings, writeLog } from '../main-job/setting.ts';
import { elasticsearchOrSkip, indexPrefix } from '../support/elasticsearch.ts';
import { startTailrace } from '../support/tailrace.ts';
import { shipped } from './arrived.ts';

const es = await elasticsearchOrSkip();
const dashboard = library.find(({ id }) => id === 'pipeline-health')!;
const panels = dashboard.rows.flatMap(({ panels: all }) => all.flatMap((panel) => panelFor(panel, 'kibana') ?? []));

const LINES = 3000;
/** What the watched pipeline does beside: it discards, refuses, leaves out what is too old, and has to try again. */
const beside = (datadogUrl: string) => {
  const datadog = { type: 'datadog_logs', inputs: 'wanted', api_key: 'key', url: datadogUrl };
  return {
    transforms: {
      wanted: { type: 'filter', inputs: 'usage', condition: 'level == "ERROR"' },
      numbered: { type: 'fields', inputs: 'usage', fields: { level: { type: 'long' } }, on_conflict: 'dead_letter' },
    },
    sinks: {
      numbered_lines: { type: 'file', inputs: 'numbered', path: 'numbered.ndjson' },
      recent: { ...datadog, on_too_old: 'drop' },
      retried: { ...datadog, retry: { initial: '10ms', max: '50ms' } },
    },
  };
};
const SINKS = ['elasticsearch', 'numbered_lines', 'recent', 'retried'];
const WATCHED = ['operator', 'record', 'usage', 'wanted', 'numbered', ...SINKS];

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

describe.skipIf(es.skipped)('the numbers of tailrace’s own health in Elasticsearch', () => {
  const prefix = indexPrefix('health');
  const parameters = { ...DEFAULTS, health_index_pattern: `${prefix}own-*` };
  const began = Date.now();
  let node: ElasticsearchClient;
  let intake: DatadogIntake;
  let running: RunningProcess;
  let samples: readonly Sample[];

  beforeAll(async () => {
    node = await es.shared();
    const address = `127.0.0.1:${await freePort()}`;
    const setting = await newSetting(node.url, prefix, { METRICS_ADDRESS: address, HEALTH_INTERVAL: '1s' });
    await writeLog(setting.logFile('a'), { lines: LINES, seed: 7, format: 'docker' });
    intake = await datadogIntake();
    intake.fault({ status: 503 }, { status: 503 });
    const more = join(setting.folder, 'beside.yaml');
    writeFileSync(more, JSON.stringify(beside(intake.url)));
    const env = { ...setting.env, HEALTH_INDEX_PREFIX: `${prefix}own` };
    running = await startTailrace(['run', PIPELINE, more, shipped('tailrace/health.yaml')], { env, keep: true });
    const done = new RegExp(`component_sent_events_total\\{component_id="elasticsearch",[^}]*\\} ${LINES}\\n`);
    const isOver = (id: string) => new RegExp(`component_in_flight_events\\{component_id="${id}",[^}]*\\} 0\\n`);
    const until = ({ body }: { body: string }) => done.test(body) && WATCHED.every((id) => isOver(id).test(body));
    const { body } = await running.endpoint(`http://${address}/metrics`, { until });
    samples = body.split('\n').flatMap(sampleOf);
    // The reading after that one has it all.
    const later = { range: { '@timestamp': { gt: new Date().toISOString() } } };
    const filter = [later, { term: { record: 'component' } }, { terms: { component_id: WATCHED } }];
    const giveUpAt = Date.now() + 30_000;
    while ((await counted(filter)) < WATCHED.length) {
      if (Date.now() > giveUpAt) throw new Error('the last reading did not arrive');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 60_000);
  afterAll(async () => {
    running.signal('SIGTERM');
    await running.exit();
    await running.dispose();
    await intake.stop();
    await removeSettings();
  });

  /** An index that has just been made may not answer yet. */
  async function counted(filter: readonly object[]): Promise<number> {
    await node.request('POST', `/${prefix}own-*/_refresh`);
    const answer = node.json<{ count: number }>('POST', `/${prefix}own-*/_count`, { query: { bool: { filter } } });
    return await answer.then(
      ({ count }) => count,
      () => 0,
    );
  }

  /** The panel's rows over the whole time, of the watched components or, for processes, of everything. */
  async function rowsOf(id: string, chosen: readonly string[] = WATCHED): Promise<AnswerRow[]> {
    const query = queryOf(id);
    const view: View = { from: began - 1000, to: Date.now() + 1000, step: 1000, chosen: { component_id: chosen } };
    const body = searchOf(query, dashboard, parameters, view);
    return readSearch(query, view, await node.json<SearchAnswer>('POST', `/${prefix}own-*/_search`, body));
  }

  /** What a metric of the watched components adds up to, by a label. */
  function known(metric: string, by: string, where: Readonly<Record<string, string>> = {}): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { name, labels, value } of samples) {
      const isMeant = name === `tailrace_${metric}` && WATCHED.includes(labels['component_id'] ?? '');
      if (!isMeant || !Object.entries(where).every(([label, is]) => labels[label] === is)) continue;
      const key = labels[by] ?? 'all';
      sums[key] = (sums[key] ?? 0) + value;
    }
    return withoutZeros(sums);
  }

  test.each([
    ['events-in', 'component_received_events_total', { component_kind: 'source' }],
    ['events-out', 'component_sent_events_total', { component_kind: 'sink' }],
    ['lost', 'component_discarded_events_total', { intentional: 'false' }],
    ['dead-letters', 'component_dead_lettered_events_total', {}],
    ['errors', 'component_errors_total', {}],
  ])('%s is what /metrics counts', async (id, metric, where) => {
    const [row] = await rowsOf(id);
    expect(row?.columns[0] ?? 0).toBe(known(metric, 'none', where)['all'] ?? 0);
  });

  test.each([
    ['received', 'component_received_events_total', 'component_id', {}],
    ['sent', 'component_sent_events_total', 'component_id', {}],
    ['errors-by-code', 'component_errors_total', 'code', {}],
    ['parse-failures', 'component_errors_total', 'code', { component_kind: 'transform' }],
    ['discarded-by-reason', 'component_discarded_events_total', 'reason', {}],
    ['retries', 'sink_retries_total', 'component_id', {}],
  ])('%s adds up, over time, to what /metrics counts', async (id, metric, by, where) => {
    const sums: Record<string, number> = {};
    for (const { groups, columns } of await rowsOf(id)) {
      const key = String(groups[0]);
      sums[key] = (sums[key] ?? 0) + (columns[0] ?? 0);
    }
    expect(withoutZeros(sums)).toEqual(known(metric, by, where));
  });

  test('the known numbers are worth comparing', () => {
    const sent = known('component_sent_events_total', 'component_id');
    expect(sent).toMatchObject({ elasticsearch: LINES, wanted: expect.any(Number), retried: sent['wanted'] });
    const discarded = { filter: LINES - sent['wanted']!, event_too_old: sent['wanted'] };
    expect(known('component_discarded_events_total', 'reason')).toEqual(discarded);
    expect(known('component_discarded_events_total', 'component_id', { intentional: 'false' })).toEqual({
      recent: sent['wanted'],
    });
    expect(known('component_dead_lettered_events_total', 'component_id')['numbered']).toBeGreaterThan(LINES / 2);
    expect(known('sink_retries_total', 'component_id')['retried']).toBeGreaterThan(0);
    expect(Object.values(known('component_errors_total', 'code', { component_kind: 'transform' }))[0]).toBeGreaterThan(
      10,
    );
  });

  test('what is no count is within what it can be', async () => {
    const all = async (id: string, chosen?: readonly string[]) =>
      (await rowsOf(id, chosen)).flatMap(({ columns }) => columns).filter((value) => value !== null);
    // The generated lines are weeks old, and the last bucket of the lag ends at an hour.
    expect(Math.max(...(await all('delivery-lag')))).toBe(3600);
    expect(Math.max(...(await all('lag-percentiles')))).toBe(3600);
    for (const id of ['request-time', 'batch-size', 'checkpoint-age', 'memory', 'event-loop-delay', 'cpu'])
      expect([
        id,
        Math.max(...(await all(id, id === 'request-time' || id === 'batch-size' ? WATCHED : []))) > 0,
      ]).toEqual([id, true]);
    for (const fill of await all('queue-fill')) expect(fill >= 0 && fill <= 1).toBe(true);
    expect(new Set(await all('ledger'))).toEqual(new Set([0]));
    expect(Math.min(...(await all('in-flight')), ...(await all('queue-bytes')))).toBeGreaterThanOrEqual(0);
    expect((await rowsOf('versions', [])).map(({ columns }) => columns)).toEqual([[1]]);
  });

  test('every component is up, sinks say that they are not paused', async () => {
    const rows = await rowsOf('up');
    const shown = rows.map(({ groups, columns }) => [groups[0], columns[0], columns[1]] as const);
    expect(shown.map(([id]) => id).toSorted()).toEqual(WATCHED.toSorted());
    for (const [id, ready, paused] of shown) {
      expect([id, ready, paused]).toEqual([id, expect.any(Number), SINKS.includes(String(id)) ? 0 : null]);
    }
  });

  test('each panel with a query is looked at here', () => {
    const asked = [
      ...['events-in', 'events-out', 'lost', 'dead-letters', 'errors', 'received', 'sent', 'errors-by-code'],
      ...['parse-failures', 'discarded-by-reason', 'retries', 'delivery-lag', 'lag-percentiles', 'request-time'],
      ...['batch-size', 'checkpoint-age', 'memory', 'event-loop-delay', 'cpu', 'queue-fill', 'ledger', 'in-flight'],
      ...['queue-bytes', 'versions', 'up'],
    ];
    expect(panels.flatMap((panel) => ('query' in panel ? [panel.id] : [])).toSorted()).toEqual(asked.toSorted());
  });
});

function queryOf(id: string): LogQuery {
  const panel = panels.find((one) => one.id === id);
  if (!panel || !('query' in panel) || panel.query.source !== 'logs') throw new Error(`${id} asks no events in Kibana`);
  return panel.query;
}

function sampleOf(line: string): Sample[] {
  const found = /^([a-z_]+)\{(.*)\} (\S+)$/.exec(line);
  if (!found) return [];
  const labels = Object.fromEntries([...found[2]!.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  return [{ name: found[1]!, labels, value: Number(found[3]) }];
}

function withoutZeros(sums: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).filter(([, value]) => value !== 0));
}
