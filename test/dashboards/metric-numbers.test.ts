import {
  type AnswerRow,
  buildFile,
  type Dashboard,
  DEFAULTS,
  type GroupValue,
  type MetricExpression,
  type MetricLine,
  type MetricQuery,
  type NumbersQuestion,
  type Panel,
  questionsOf,
  type View,
} from '@tailrace/dashboards';
import { mirrordMetrics } from '@tailrace/std';
import { type Prometheus, startPrometheus } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboard as mirrordUsage } from '../../dashboards/mirrord-usage/dashboard.ts';
import { dashboard as pipelineHealth } from '../../dashboards/pipeline-health/dashboard.ts';
import { type MetricsDatabase, openMetrics } from '../../packages/dashboards/src/sql/metrics.fixture.ts';
import { serverOrSkip } from '../support/servers.ts';
import { groupKey, type KnownVector, knownVector } from './known-metrics.ts';
import { type LinearSeries, linearSeries, NOW, pastOf, readingsOf, SCRAPE } from './linear-series.ts';
import { seriesFor } from './series-for.ts';
import { storedPoints } from './stored-points.ts';
import { UNEVEN } from './uneven-series.ts';

const program = await serverOrSkip('prometheus');

const RANGE = 3600;
const STEP = 60;
const DASHBOARDS = [mirrordUsage, pipelineHealth];

/** A line of a panel, and what Grafana asks for it. */
interface Asked {
  readonly name: string;
  readonly line: MetricLine;
  readonly of: MetricQuery['of'];
  /** What the local page asks for it. */
  readonly ask: (view: View) => NumbersQuestion;
  readonly expression: string;
  readonly instant: boolean;
}

const LINES = DASHBOARDS.flatMap((dashboard) => linesOf(dashboard));

describe.skipIf(program.skipped)('the numbers of metrics', () => {
  let prometheus: Prometheus;
  let series: readonly LinearSeries[];
  let database: MetricsDatabase;

  beforeAll(async () => {
    const operator = mirrordMetrics({ seed: 11 });
    const exposition = Array.from({ length: 30 }, () => operator.next('text')).at(-1)!;
    const ofOperator = linearSeries(exposition);
    for (const [metric, answer] of Object.entries(operator.answers().metrics)) {
      const name = answer.kind === 'histogram' ? `${metric}_sum` : metric;
      const own = ofOperator.filter((each) => each.name === name);
      expect(own, metric).toHaveLength(answer.series);
      expect(
        own.reduce((sum, { value }) => sum + value, 0),
        metric,
      ).toBeCloseTo(answer.sum, 6);
    }
    series = [...ofOperator, ...seriesFor(LINES.filter(({ of }) => of === 'tailrace').map(({ line }) => line))];
    const readings = [...readingsOf(series), ...UNEVEN];
    database = await openMetrics();
    await database.fill(storedPoints(readings));
    prometheus = await startPrometheus({ program: program.program, past: pastOf(readings) });
  }, 60_000);
  afterAll(async () => {
    database?.close();
    await prometheus?.stop();
  });

  test('there are some of both dashboards', () => {
    for (const of of ['mirrord', 'tailrace']) expect(LINES.filter((line) => line.of === of).length).toBeGreaterThan(10);
  });

  test.each(LINES)('$name', async ({ line, of, expression, instant }) => {
    const prefix = of === 'mirrord' ? DEFAULTS.metric_prefix : '';
    const known = knownVector(line, series, { prefix, increaseSeconds: instant ? RANGE : STEP });
    expect([...known.values()].some((value) => value !== 0)).toBe(true);
    expectVector(await asked(expression), known, Number(/^topk\((\d+),/.exec(expression)?.[1] ?? Infinity));
  });

  test.each(LINES)('$name, by SQL', async ({ line, of, ask, expression, instant }) => {
    const prefix = of === 'mirrord' ? DEFAULTS.metric_prefix : '';
    const known = knownVector(line, series, { prefix, increaseSeconds: instant ? RANGE : STEP });
    const to = NOW * 1000;
    const { sql, read } = ask({ from: to - RANGE * 1000, to, step: STEP * 1000 });
    const { groups, rows } = read(await database.ask(sql));
    const now = rows.filter(({ time }) => time === (instant ? undefined : to - STEP * 1000));
    const answered = vectorOf(groups, now);
    expectVector(answered, known, Infinity);
    // Both interpolate percentiles alike, so they are closer than the bucket.
    for (const [key, value] of await asked(expression)) expect(answered.get(key), key).toBeCloseTo(value, 6);
  });

  // Ends are inside of Prometheus' windows, so that it looks at one scrape less than this time is long.
  test.each<[MetricExpression, string]>([
    [counted('increase'), 'sum by (is) (increase(uneven_count[1h]))'],
    [counted('rate'), 'sum by (is) (rate(uneven_count[1h]))'],
    [{ ...counted('increase'), by: [] }, 'sum(increase(uneven_count[1h]))'],
    [quantile(50), 'histogram_quantile(0.5, sum by (le) (rate(uneven_seconds_bucket[1h])))'],
    [{ ...quantile(95), by: ['is'] }, 'histogram_quantile(0.95, sum by (le, is) (rate(uneven_seconds_bucket[1h])))'],
    [{ shape: 'buckets', metric: 'uneven_seconds' }, 'sum by (le) (increase(uneven_seconds_bucket[1h]))'],
    [level('sum'), 'sum(uneven_level)'],
    [{ ...level('avg'), by: ['is'] }, 'avg by (is) (uneven_level)'],
  ])('uneven series over an hour: %j', async (line, expression) => {
    const view = { from: (NOW - RANGE) * 1000, to: NOW * 1000 };
    const { groups, rows } = await bySql(line, 'stat', view);
    expectSame(vectorOf(groups, rows), await asked(expression, NOW - SCRAPE));
  });

  test.each<[MetricExpression, string]>([
    [counted('rate'), 'sum by (is) (rate(uneven_count[5m]))'],
    [quantile(50), 'histogram_quantile(0.5, sum by (le) (rate(uneven_seconds_bucket[5m])))'],
    [quantile(99), 'histogram_quantile(0.99, sum by (le) (rate(uneven_seconds_bucket[5m])))'],
  ])('uneven series over time: %j', async (line, expression) => {
    const step = 300_000;
    const { groups, rows } = await bySql(line, 'time', { from: (NOW - RANGE) * 1000, to: NOW * 1000, step });
    for (const end of [NOW, NOW - 300, NOW - 900, NOW - 3300]) {
      const own = rows.filter(({ time, columns }) => time === end * 1000 - step && columns[0] !== null);
      expectSame(vectorOf(groups, own), await asked(expression, end));
    }
  });

  async function bySql(line: MetricExpression, over: 'stat' | 'time', view: View) {
    const query = { source: 'metrics', of: 'tailrace', lines: [{ ...line, name: 'n' }] } as const;
    const placed = { id: 'p', title: 'P', description: '.', unit: 'none', width: 4, height: 4 } as const;
    const panel: Panel =
      over === 'stat' ? { ...placed, kind: 'stat', query } : { ...placed, kind: 'timeseries', draw: 'line', query };
    const { sql, read } = questionsOf(panel, mirrordUsage, DEFAULTS, view)!.questions[0]!;
    return read(await database.ask(sql));
  }

  async function asked(expression: string, time = NOW): Promise<ReadonlyMap<string, number>> {
    const samples = await prometheus.query(withoutVariables(expression), time);
    return new Map(
      samples.map(({ metric: { __name__: _, ...labels }, value }) => [groupKey(labels), Number(value[1])]),
    );
  }
});

function counted(shape: 'increase' | 'rate') {
  return { shape, metric: 'uneven_count', by: ['is'] } as const;
}

function quantile(percent: 50 | 95 | 99) {
  return { shape: 'quantile', metric: 'uneven_seconds', percent } as const;
}

function level(fold: 'sum' | 'avg') {
  return { shape: 'gauge', metric: 'uneven_level', fold } as const;
}

function expectSame(answered: ReadonlyMap<string, number>, expected: ReadonlyMap<string, number>): void {
  expect(expected.size).toBeGreaterThan(0);
  const rounded = (vector: ReadonlyMap<string, number>) =>
    [...vector].map(([key, value]) => [key, value.toPrecision(9)]);
  expect(rounded(answered).toSorted()).toEqual(rounded(expected).toSorted());
}

function linesOf(dashboard: Dashboard): Asked[] {
  const file = JSON.parse(buildFile(dashboard, 'grafana', DEFAULTS, DASHBOARDS).text) as {
    panels: { title: string; targets?: { expr: string; instant: boolean }[] }[];
  };
  const panels: readonly Panel[] = dashboard.rows.flatMap((row) => row.panels);
  return panels.flatMap((panel) => {
    if (!('query' in panel) || panel.query.source !== 'metrics' || panel.except?.grafana !== undefined) return [];
    const { lines, of } = panel.query;
    const { targets } = file.panels.find(({ title }) => title === panel.title)!;
    expect(targets, panel.id).toHaveLength(lines.length);
    return lines.map((line, k) => {
      const { expr: expression, instant } = targets![k]!;
      const ask = (view: View) => questionsOf(panel, dashboard, DEFAULTS, view)!.questions[k]!;
      return { name: `${dashboard.id}, ${panel.id}: ${line.name}`, line, of, ask, expression, instant };
    });
  });
}

/** As Prometheus has it: no label is an empty one, and a bucket counts those below it too. */
function vectorOf(names: readonly string[], rows: readonly AnswerRow[]): ReadonlyMap<string, number> {
  let below = 0;
  return new Map(
    rows.map(({ groups, columns }) => {
      const labels = names.flatMap((name, k) => (groups[k] === '' ? [] : [[name, labelText(groups[k]!)]]));
      below += columns[0]!;
      return [groupKey(Object.fromEntries(labels)), names[0] === 'le' ? below : columns[0]!];
    }),
  );
}

function labelText(value: GroupValue): string {
  return value === Infinity ? '+Inf' : String(value);
}

/** As Grafana fills them in, everything chosen. */
function withoutVariables(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$__range', `${RANGE}s`)
    .replaceAll('$__interval_ms', `${STEP * 1000}`)
    .replaceAll(/\$\{?\w+\}?/g, '.*');
}

/** Numbers within 1 %, percentiles in their bucket; of `topk` the largest. */
function expectVector(answered: ReadonlyMap<string, number>, known: KnownVector, most: number): void {
  if (known.size <= most) expect([...answered.keys()].toSorted()).toEqual([...known.keys()].toSorted());
  else expect(answered.size).toBe(most);
  for (const [key, value] of answered) {
    const expected = known.get(key)!;
    if (typeof expected === 'number') {
      expect(Math.abs(value - expected), `${key} ${value} ${expected}`).toBeLessThanOrEqual(Math.abs(expected) * 0.01);
      continue;
    }
    // A bucket's bound is in it; rates are sums of fractions.
    expect(value * (1 + 1e-9), key).toBeGreaterThanOrEqual(expected.from);
    expect(value * (1 - 1e-9), key).toBeLessThanOrEqual(expected.to);
  }
  const left = [...known].flatMap(([key, value]) => (answered.has(key) ? [] : [Number(value)]));
  if (left.length > 0) expect(Math.max(...left)).toBeLessThanOrEqual(Math.min(...answered.values()) * 1.01);
}
