import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DashboardView, NumbersAnswer, PanelAnswer, Status } from '@tailrace/local';
import { freePort, type RunningProcess } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboard as usage } from '../../dashboards/mirrord-usage/dashboard.ts';
import { knownNumbers } from '../dashboards/known-numbers.ts';
import { type OperatorEvent, readOperatorLog } from '../dashboards/operator-log.ts';
import { type FixedPast, fixedLog, writeFixedPipeline } from '../support/local-pipeline.ts';
import { startTailrace } from '../support/tailrace.ts';

const PAST: FixedPast = { end: '2026-11-19T15:00:00Z', seconds: 3600 };
const END = Date.parse(PAST.end);
const BEGIN = END - PAST.seconds * 1000;

let running: RunningProcess;
let folder: string;
let url: string;
let events: OperatorEvent[];

async function get<T>(path: string): Promise<T> {
  const answer = await fetch(new URL(path, url));
  expect(answer.status, `${path}: ${answer.ok ? '' : await answer.clone().text()}`).toBe(200);
  return (await answer.json()) as T;
}

const panelPath = (dashboard: string, panel: string, from: number, to: number) =>
  `api/v1/dashboards/${dashboard}/panels/${panel}?from=${from}&to=${to}`;
const panelOf = (dashboard: string, panel: string, from: number, to: number) =>
  get<PanelAnswer>(panelPath(dashboard, panel, from, to));

/** The panels that the store can serve. */
async function panelsOf(dashboard: string): Promise<string[]> {
  const { rows } = await get<DashboardView>(`api/v1/dashboards/${dashboard}`);
  const served = rows.flatMap(({ panels }) => panels).filter(({ leftOut }) => leftOut === undefined);
  return served.filter(({ panel }) => panel.kind !== 'text').map(({ panel }) => panel.id);
}

function isEmpty(answer: PanelAnswer): boolean {
  if (answer.kind === 'events') return answer.events.length === 0;
  return !answer.tables.some(({ rows }) => rows.some(({ columns }) => columns.some((value) => value !== null)));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'local-'));
  const address = `127.0.0.1:${await freePort()}`;
  url = `http://${address}/`;
  events = readOperatorLog(fixedLog(PAST), 'docker');
  running = await startTailrace(['run', writeFixedPipeline(folder, PAST, address)], { keep: true });
  const hasLog = ({ body }: { body: string }) => (JSON.parse(body) as Status).logs >= events.length;
  await running.endpoint(`${url}api/v1/status`, { until: hasLog, timeoutMs: 120_000 });
  // The newest scrape of the past comes last.
  await running.endpoint(url + panelPath('mirrord-usage', 'licence-valid', BEGIN, END), {
    until: ({ body }) => !isEmpty(JSON.parse(body) as PanelAnswer),
    timeoutMs: 120_000,
  });
}, 260_000);
afterAll(async () => {
  await running.dispose();
  rmSync(folder, { recursive: true });
});

describe('the pipeline that start runs', () => {
  test('fills every panel of mirrord usage that the store can serve', async () => {
    const panels = await panelsOf('mirrord-usage');
    expect(panels.length).toBeGreaterThanOrEqual(usage.rows.flatMap((row) => row.panels).length - 2);
    const empty: string[] = [];
    for (const panel of panels) if (isEmpty(await panelOf('mirrord-usage', panel, BEGIN, END))) empty.push(panel);
    expect(empty).toEqual([]);
  }, 60_000);

  test('shows the numbers of the generated log', async () => {
    const inside = events.filter(({ time }) => time >= BEGIN && time < END);
    const known = knownNumbers(inside, [], 1);
    for (const panel of ['sessions', 'active-users', 'targets-used', 'errors-and-warnings', 'steals-by-filter']) {
      const { tables } = (await panelOf('mirrord-usage', panel, BEGIN, END)) as NumbersAnswer;
      expect([panel, tables[0]!.rows]).toEqual([panel, known[panel]]);
    }
  });

  test('is alive: many people, namespaces and durations, ports in dispute', () => {
    const distinct = (key: keyof OperatorEvent) => new Set(events.flatMap((event) => event[key] ?? [])).size;
    expect(distinct('user')).toBeGreaterThan(50);
    expect(distinct('namespace')).toBeGreaterThan(5);
    expect(distinct('duration')).toBeGreaterThan(500);
    expect(distinct('port')).toBeGreaterThan(8);
  });

  test('tells of itself in pipeline health', async () => {
    const { now } = await get<Status>('api/v1/status');
    const panels = await panelsOf('pipeline-health');
    const emptyOnes = async () => {
      const empty: string[] = [];
      for (const panel of panels) {
        if (isEmpty(await panelOf('pipeline-health', panel, now - 600_000, Date.now()))) empty.push(panel);
      }
      return empty;
    };
    // The rules of this pipeline let nothing go.
    await expect.poll(emptyOnes, { timeout: 40_000, interval: 1000 }).toEqual(['discarded-by-reason']);
  }, 60_000);
});
