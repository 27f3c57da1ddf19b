import type { PointParts } from '@tailrace/telemetry';
import { expect, test } from 'vitest';
import { convert, type Metric, type Scrape } from './convert.ts';
import { parseExposition } from './parse.ts';
import { joinLabels, type SeriesLabels } from './series-labels.ts';
import { StartTimes } from './start-times.ts';

const SECOND = 1_000_000_000n;
const target = { job: 'shop', instance: '10.0.0.7:9000', labels: {} };

/** The points of an exposition: OpenMetrics where it has an end, else text. */
function points(lines: readonly string[], options: Partial<Scrape> = {}) {
  const format = lines.at(-1) === '# EOF' ? ('openmetrics' as const) : ('text' as const);
  const exposition = parseExposition(Buffer.from(`${lines.join('\n')}\n`), { format, sampleLimit: 1000 });
  const taken: { metric: Metric; series: SeriesLabels; point: PointParts }[] = [];
  const refused: string[] = [];
  const scrape: Scrape = {
    ...{ time: 100n * SECOND, starts: new StartTimes(30_000), honorTimestamps: true },
    ...{ join: joinLabels(target, false), ...options },
  };
  convert(exposition, scrape, {
    point: (metric, series, point) => void taken.push({ metric, series, point }),
    refuse: (name, reason) => void refused.push(`${name}: ${reason}`),
  });
  return { taken, refused };
}
const kinds = (lines: readonly string[]) =>
  points(lines).taken.map(({ metric, point }) => [metric.name, metric.kind, metric.isMonotonic, point.value]);

test('kinds: counters are monotonic sums, info and stateset sums, all else without buckets gauges', () => {
  const lines = [
    '# TYPE requests counter',
    '# HELP requests All of them.',
    'requests_total 3',
    '# TYPE depth gauge',
    'depth -1',
    '# TYPE build info',
    'build_info{version="1"} 1',
    '# TYPE mood stateset',
    'mood{mood="good"} 1',
    'mood{mood="bad"} 0',
    '# TYPE size gaugehistogram',
    'size_bucket{le="+Inf"} 4',
    'size_gcount 4',
    'size_gsum 9',
    '# TYPE odd unknown',
    'odd 5',
    '# EOF',
  ];
  expect(kinds(lines)).toEqual([
    ['requests_total', 'sum', true, 3],
    ['depth', 'gauge', false, -1],
    ['build_info', 'sum', false, 1],
    ['mood', 'sum', false, 1],
    ['mood', 'sum', false, 0],
    ['size_bucket', 'gauge', false, 4],
    ['size_gcount', 'gauge', false, 4],
    ['size_gsum', 'gauge', false, 9],
    ['odd', 'gauge', false, 5],
  ]);
  const { metric } = points(lines).taken[0]!;
  expect(metric).toMatchObject({ description: 'All of them.', temporality: 'cumulative', type: 'counter' });
});

test('a name in _count is no part of a histogram that is not there', () => {
  const lines = ['# TYPE mirrord_stolen_requests_count counter', 'mirrord_stolen_requests_count 5', 'x_count 1'];
  expect(kinds(lines)).toEqual([
    ['mirrord_stolen_requests_count', 'sum', true, 5],
    ['x_count', 'gauge', false, 1],
  ]);
});

test('a histogram: buckets of their own, bounds without +Inf, exemplars with their ids', () => {
  const lines = [
    '# TYPE mirrord_sessions_duration histogram',
    'mirrord_sessions_duration_bucket{user="a",le="+Inf"} 6',
    'mirrord_sessions_duration_bucket{user="a",le="0.5"} 1 # {trace_id="4BF92F3577B34DA6A3CE929D0E0E4736",span_id="00f067aa0ba902b7",x="y"} 0.25 12.5',
    'mirrord_sessions_duration_bucket{le="10.0",user="a"} 4 # {trace_id="short"} 3',
    'mirrord_sessions_duration_sum{user="a"} 40.5',
    'mirrord_sessions_duration_count{user="a"} 6',
    'mirrord_sessions_duration_count{user="b"} 0',
    'mirrord_sessions_duration_sum{user="b"} 0',
    '# EOF',
  ];
  const [a, b] = points(lines).taken;
  expect(a!.metric).toMatchObject({ name: 'mirrord_sessions_duration', kind: 'histogram', temporality: 'cumulative' });
  expect([...a!.series.attributes]).toEqual([['user', 'a']]);
  expect(a!.point).toEqual({
    startTime: 100n * SECOND,
    time: 100n * SECOND,
    attributes: new Map([['user', 'a']]),
    flags: 0,
    histogram: { count: 6n, sum: 40.5, explicitBounds: [0.5, 10], bucketCounts: [1n, 3n, 2n] },
    exemplars: [
      {
        ...{ time: 12_500_000_000n, value: 0.25, attributes: new Map([['x', 'y']]) },
        ...{ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' },
      },
      { time: 100n * SECOND, value: 3, attributes: new Map([['trace_id', 'short']]) },
    ],
  });
  expect(b!.point.histogram).toEqual({ count: 0n, sum: 0, explicitBounds: [], bucketCounts: [] });
});

test.each([
  ['without +Inf the count is the last bucket’s end', ['x_bucket{le="1"} 2', 'x_count 5'], [[1], [2n, 3n], 5n]],
  ['without a count it is that of +Inf', ['x_bucket{le="1"} 2', 'x_bucket{le="+Inf"} 5'], [[1], [2n, 3n], 5n]],
  ['falling counts are raised', ['x_bucket{le="1"} 4', 'x_bucket{le="2"} 3', 'x_count 2'], [[1, 2], [4n, 0n, 0n], 4n]],
  ['the count stands before +Inf', ['x_bucket{le="1"} 2', 'x_bucket{le="+Inf"} 3', 'x_count 4'], [[1], [2n, 2n], 4n]],
  ['more than 64 bits counts nothing', ['x_bucket{le="1"} 1e300', 'x_count 2'], [[1], [0n, 2n], 2n]],
  ['NaN counts nothing', ['x_bucket{le="1"} NaN', 'x_bucket{le="+Inf"} 1'], [[1], [0n, 1n], 1n]],
  ['bounds may be infinite below', ['x_bucket{le="-Inf"} 1', 'x_bucket{le="+Inf"} 1'], [[-Infinity], [1n, 0n], 1n]],
  ['equal bounds count once', ['x_bucket{le="1"} 1', 'x_bucket{le="1.0"} 2', 'x_count 2'], [[1], [1n, 1n], 2n]],
])('a histogram that is not whole: %s', (_, lines, [bounds, counts, count]) => {
  const { histogram } = points(['# TYPE x histogram', ...lines]).taken[0]!.point;
  expect(histogram).toEqual({ explicitBounds: bounds, bucketCounts: counts, count });
});

test('a summary has its quantiles in order, and no sum is 0', () => {
  const lines = ['# TYPE x summary', 'x{quantile="0.9"} 7', 'x{quantile="0.5"} NaN', 'x_count 3'];
  expect(points(lines).taken[0]!.point.summary).toEqual({
    ...{ count: 3n, sum: 0 },
    quantiles: [
      { quantile: 0.5, value: Number.NaN },
      { quantile: 0.9, value: 7 },
    ],
  });
});

test('lines that belong nowhere are refused, the rest is kept', () => {
  const lines = [
    '# TYPE h histogram',
    'h_bucket{le="x"} 1',
    'h_bucket 1',
    'h_sum 1',
    '# TYPE s summary',
    's{quantile="0.5"} 1',
    'twice{a="1"} 1',
    'twice{a="1"} 2',
    'twice{a="1"} 2 5000',
    'old 1 -1',
  ];
  const { taken, refused } = points(lines);
  expect(taken.map(({ metric, point }) => [metric.name, point.value, point.time])).toEqual([
    ['twice', 1, 100n * SECOND],
    ['twice', 2, 5n * SECOND],
  ]);
  expect(refused).toEqual([
    'h_bucket: the label le is no number',
    'h_bucket: the label le is no number',
    'h: a histogram without its count',
    's: a summary without its count',
    'twice: a series that is there twice',
    'old: a time before 1970',
  ]);
});

test('times of the target count only where they are honoured', () => {
  const lines = ['# TYPE c counter', 'c 1 5000'];
  const times = (honorTimestamps: boolean) =>
    points(lines, { honorTimestamps }).taken.map(({ point }) => [point.startTime, point.time]);
  expect(times(true)).toEqual([[5n * SECOND, 5n * SECOND]]);
  expect(times(false)).toEqual([[100n * SECOND, 100n * SECOND]]);
});

test('units and _created', () => {
  const lines = [
    '# TYPE took_seconds counter',
    '# UNIT took_seconds seconds',
    'took_seconds_total{a="b"} 1.5 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 1',
    'took_seconds_created{a="b"} 42.000001',
    '# TYPE rate_bytes_per_second gauge',
    '# UNIT rate_bytes_per_second bytes_per_second',
    'rate_bytes_per_second 1',
    '# TYPE h histogram',
    'h_count 1',
    'h_created 43',
    '# EOF',
  ];
  const { taken } = points(lines);
  expect(taken.map(({ metric, point }) => [metric.name, metric.unit, point.startTime])).toEqual([
    ['took_seconds_total', 's', 42_000_001_000n],
    ['rate_bytes_per_second', 'By/s', 0n],
    ['h', '', 43n * SECOND],
  ]);
  expect(taken[0]!.point.exemplars).toMatchObject([{ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', value: 1 }]);
});

test('without _created: the first scrape does not know the start, later and restarted series do', () => {
  const starts = new StartTimes(30_000);
  const scrape = (time: bigint, lines: readonly string[]) => {
    const { taken } = points(lines, { starts, time });
    starts.scraped(time);
    return taken.map(({ point }) => point.startTime);
  };
  const histogram = ['# TYPE h histogram', 'h_sum 1'];
  const counter = '# TYPE c counter';
  expect(scrape(10n, [counter, 'c{a="1"} 5', ...histogram, 'h_count 4'])).toEqual([10n, 10n]);
  expect(scrape(20n, [counter, 'c{a="1"} 6', 'c{a="2"} 1', ...histogram, 'h_count 4'])).toEqual([10n, 10n, 10n]);
  expect(scrape(30n, [counter, 'c{a="1"} 2', 'c{a="2"} 1', ...histogram, 'h_count 3'])).toEqual([20n, 10n, 20n]);
  expect(scrape(40n, [counter, 'c{a="1"} 2', 'c{a="3"} 1'])).toEqual([20n, 30n]);
  expect(scrape(600n * SECOND, [counter, 'c{a="1"} 9'])).toEqual([20n]);
  expect(scrape(601n * SECOND, [counter, 'c{a="2"} 9'])).toEqual([600n * SECOND]);
});

test('labels of the target win under their names, unless those of the sample are honoured', () => {
  const lines = ['x{job="theirs",instance="i",env="dev",exported_job="old",a="b"} 1'];
  const labelled = { ...target, labels: { env: 'prod', zone: 'z' } };
  const series = (honor: boolean) => points(lines, { join: joinLabels(labelled, honor) }).taken[0]!.series;
  expect(series(false)).toMatchObject({ job: 'shop', instance: '10.0.0.7:9000' });
  expect(Object.fromEntries(series(false).attributes)).toEqual({
    ...{ env: 'prod', zone: 'z', exported_exported_job: 'theirs', exported_job: 'old' },
    ...{ exported_instance: 'i', exported_env: 'dev', a: 'b' },
  });
  expect(series(true)).toMatchObject({ job: 'theirs', instance: 'i' });
  expect(Object.fromEntries(series(true).attributes)).toEqual({ env: 'dev', zone: 'z', exported_job: 'old', a: 'b' });
});

test('target_info and otel_scope_info describe, and are no metrics', () => {
  const lines = [
    '# TYPE target info',
    'target_info{region="x"} 1',
    'otel_scope_info{otel_scope_name="lib"} 1',
    'y{otel_scope_name="lib",otel_scope_version="2",a="b"} 1',
    '# EOF',
  ];
  const { taken } = points(lines);
  expect(taken.map(({ metric }) => metric.name)).toEqual(['y']);
  expect(taken[0]!.series).toMatchObject({ scopeName: 'lib', scopeVersion: '2' });
  expect([...taken[0]!.series.attributes.keys()]).toEqual(['a']);
});
