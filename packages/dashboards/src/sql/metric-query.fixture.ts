import fc from 'fast-check';
import type { Dashboard, MetricExpression } from '../model.ts';
import { DEFAULTS } from '../parameters.ts';
import type { View } from '../view.ts';
import { readMetricRows } from './metric-rows.ts';
import { metricSqlOf } from './metric-sql.ts';
import type { MetricsDatabase, StoredPoint } from './metrics.fixture.ts';

const START = Date.parse('2026-03-01T00:00:00Z');

/** So many seconds after the beginning, in Unix milliseconds. */
export const at = (seconds: number): number => START + seconds * 1000;

const BOUNDS = [
  [0.5, 1, 4],
  [-1, 0, 4],
];

/** A scrape of a series: what came since the one before. */
const report = fc.record({
  /** Seconds: scrapes, missed ones, and gaps over which nothing is known. */
  pause: fc.oneof(
    { arbitrary: fc.constantFrom(15, 30), weight: 6 },
    fc.integer({ min: 0, max: 120 }),
    fc.constantFrom(299, 300, 301, 900),
  ),
  grown: fc.tuple(fc.nat(6), fc.nat(6), fc.nat(6), fc.nat(6)),
  happens: fc.constantFrom('growth', 'growth', 'growth', 'growth', 'reset', 'nothing', 'other bounds'),
});

/** Since when a series says that it counts. */
const since = fc.constantFrom('never', 'its first point', 'a little before', 'long before');

const series = fc.record({
  first: fc.integer({ min: -500, max: 500 }),
  labels: fc.record({ place: fc.constantFrom('a', 'b', "'"), kind: fc.constantFrom('x', 'y') }, { requiredKeys: [] }),
  base: fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4), fc.nat(4)),
  is: fc.constantFrom('counter', 'counter', 'counter', 'delta', 'gauge', 'histogram', 'histogram', 'delta histogram'),
  metric: fc.constantFrom('m_read', 'm_sent'),
  since,
  reports: fc.array(report, { minLength: 2, maxLength: 14, size: 'max' }),
});
type Series = typeof series extends fc.Arbitrary<infer T> ? T : never;

/** Points of a few series, as scrapes and reports give them: born early or late, beginning again, ending, with gaps. */
export const points: fc.Arbitrary<StoredPoint[]> = fc
  .array(series, { minLength: 1, maxLength: 8, size: 'max' })
  .map((all) => all.flatMap((one, number) => pointsOf(one, number)));

function pointsOf({ first, labels, base, is, metric, since: says, reports }: Series, number: number): StoredPoint[] {
  const starts = {
    never: undefined,
    'its first point': first,
    'a little before': first - 20,
    'long before': first - 5000,
  };
  let [time, start, counts, bounds] = [first, starts[says], [...base], BOUNDS[0]!];
  return reports.map(({ pause, grown, happens }, k): StoredPoint => {
    const previous = time;
    if (k > 0) time += pause;
    const isDelta = is.startsWith('delta');
    if (happens === 'other bounds') bounds = bounds === BOUNDS[0] ? BOUNDS[1]! : BOUNDS[0]!;
    if (happens === 'reset' && start !== undefined) start = previous;
    counts = happens === 'reset' || isDelta ? [...grown] : counts.map((count, at) => count + grown[at]!);
    return {
      ...{ series: number, name: metric, labels, time: START + time * 1000 },
      start: start === undefined ? undefined : START + start * 1000,
      ...countedBy(is, counts, happens, bounds),
    };
  });
}

function countedBy(
  is: Series['is'],
  counts: number[],
  happens: string,
  bounds: readonly number[],
): Partial<StoredPoint> {
  const temporality = is.startsWith('delta') ? 'delta' : 'cumulative';
  if (is === 'gauge') return { value: happens === 'nothing' ? Number.NaN : counts[0]! - counts[1]! };
  if (happens === 'nothing') return { temporality };
  return is.endsWith('histogram') ? { temporality, bounds, buckets: counts } : { temporality, value: counts[0]! };
}

const metric = fc.constantFrom('read', 'sent');
const optional = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined });
const where = fc.option(
  fc.constantFrom([{ label: 'kind', is: 'x' }], [{ label: 'place', is: "'" }], [{ label: 'kind', is: '' }]),
  { nil: undefined },
);
const labels = fc.constantFrom<string[]>([], ['place'], ['place', 'kind'], ['kind', 'place'], ['nowhere']);

const simple = (by: fc.Arbitrary<string[]>): fc.Arbitrary<MetricExpression> => {
  const base = { metric, by };
  const plain = fc.oneof(
    fc.record({
      ...{ ...base, shape: fc.constant('gauge' as const), fold: fc.constantFrom('sum' as const, 'min', 'max', 'avg') },
      scale: fc.constantFrom(1, 1 / 8),
    }),
    fc.record({ ...base, shape: fc.constantFrom('rate' as const, 'increase' as const) }),
    fc.record({ ...base, shape: fc.constant('quantile' as const), percent: fc.constantFrom(50 as const, 95 as const) }),
  );
  return fc.tuple(plain, where).map(([one, only]) => ({ ...one, ...(only && { where: only }) }));
};

const pair = labels.chain((by) => fc.tuple(simple(fc.constant(by)), simple(fc.constant(by.toReversed()))));

/** Expressions of all shapes over those points. */
export const expressions: fc.Arbitrary<MetricExpression> = fc.oneof(
  { arbitrary: simple(labels), weight: 4 },
  fc.record({ shape: fc.constant('buckets' as const), metric, by: labels }),
  fc.tuple(pair, optional(fc.constant(1))).map(
    ([[over, under], atMost]): MetricExpression => ({
      ...{ shape: 'ratio', over, under },
      ...(atMost !== undefined && { atMost }),
    }),
  ),
  pair.map(([from, minus]): MetricExpression => ({ shape: 'difference', from, minus })),
);

/** Views on all of the points or a part of them. */
export const metricViews: fc.Arbitrary<View> = fc
  .record({
    from: fc.integer({ min: -300, max: 600 }),
    length: fc.oneof(fc.integer({ min: 1, max: 1500 }), fc.constantFrom(240, 900)),
    step: fc.constantFrom(7000, 15_000, 60_000, 61_000, 600_000),
    chosen: fc.option(fc.record({ where: fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }) }), { nil: undefined }),
  })
  .map(({ from, length, step, chosen }) => ({
    ...{ from: START + from * 1000, to: START + (from + length) * 1000, step },
    ...(chosen !== undefined && { chosen }),
  }));

/** A dashboard with a variable of metrics, and no panels. */
export const METRIC_DASHBOARD: Dashboard = {
  ...{ id: 'drawn', system: 'mirrord', name: 'Drawn', description: 'Drawn.', time: { from: '1h', refresh: '30s' } },
  ...{ base: [], links: [], rows: [{ title: 'None', panels: [] }] },
  variables: [{ name: 'where', label: 'Where', label_name: 'place', metric: 'read' }],
};

/** Asks lines over what a database holds: a row is its groups, the seconds of its step in answers over time, and the number. */
export function asker(database: () => MetricsDatabase) {
  return async (line: MetricExpression, over: 'time' | 'stat', view: View) => {
    const sql = metricSqlOf(line, 'mirrord', METRIC_DASHBOARD, M_PARAMETERS, view, over, 'metrics');
    const rows = readMetricRows(line, over, await database().ask(sql));
    return rows.map(({ groups, time, columns }) => [
      ...groups,
      ...(time === undefined ? [] : [(time - START) / 1000]),
      columns[0] === null ? null : Math.round(columns[0]! * 1e6) / 1e6,
    ]);
  };
}

/** The parameters under which the drawn metrics have their names. */
export const M_PARAMETERS = { ...DEFAULTS, metric_prefix: 'm_' };

/** Readings of a counter by the second; `start` is that since which it says that it counts. */
export const counter = (
  series: number,
  place: string,
  values: readonly (readonly [number, number])[],
  start?: number,
) =>
  values.map(
    ([seconds, value]): StoredPoint => ({
      ...{ series, name: 'm_read', labels: { place }, temporality: 'cumulative', time: at(seconds), value },
      ...(start !== undefined && { start: at(start) }),
    }),
  );
