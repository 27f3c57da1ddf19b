import type { MetricPoint } from '@tailrace/telemetry';
import { describe, expect, test } from 'vitest';
import { type Assembly, assemble } from './assemble.ts';
import type { Mark } from './marks.ts';
import { ago, attributes, histogram, point } from './points.fixture.ts';

const HOW: Assembly = {
  naming: {
    namespace: undefined,
    hostname: 'fallback',
    hostAttributes: ['host.name'],
    resourceTags: { 'service.name': 'service' },
    tags: ['env:test'],
  },
  shape: { counters: 'count', histograms: 'distributions', quantiles: true, maxValues: 1000 },
  firstValue: 'keep',
  maxAgeMs: 3_600_000,
};
const shaped = (shape: Partial<Assembly['shape']>): Assembly => ({ ...HOW, shape: { ...HOW.shape, ...shape } });
const fresh = { get: () => undefined, since: 0n };

interface Shown {
  metric: string;
  type: number | string;
  interval?: number;
  unit?: string;
  tags: string[];
  points: unknown[];
}
function shown(points: MetricPoint[], how = HOW, address: 'series' | 'distributions' = 'series'): Shown[] {
  const { text } = assemble(points, address, fresh, how);
  return text === null ? [] : (JSON.parse(text) as { series: Shown[] }).series;
}
const brief = ({ metric, type, points }: Shown) => {
  const [first] = points as { value: number }[];
  return [metric, type, first?.value];
};

describe('each kind of metric', () => {
  test('a gauge stays as it is', () => {
    expect(shown([point({ kind: 'gauge', isMonotonic: false, value: 3.5 })]).map(brief)).toEqual([['jobs', 3, 3.5]]);
  });
  test('a cumulative sum that can fall is a gauge', () => {
    expect(shown([point({ isMonotonic: false, value: 7n })]).map(brief)).toEqual([['jobs', 3, 7]]);
  });
  test('a counter is a count over the time since the point before', () => {
    const series = shown([
      point({ value: 10n, time: ago(40), startTime: ago(100) }),
      point({ value: 25n, time: ago(10), startTime: ago(100) }),
    ]);
    expect(series.map(({ interval, points }) => [interval, points])).toEqual([
      [60, [{ timestamp: Number(ago(40) / 1_000_000_000n), value: 10 }]],
      [30, [{ timestamp: Number(ago(10) / 1_000_000_000n), value: 15 }]],
    ]);
  });
  test('or a rate', () => {
    const counted = point({ value: 30n, time: ago(0), startTime: ago(60) });
    expect(shown([counted], shaped({ counters: 'rate' })).map(brief)).toEqual([['jobs', 2, 0.5]]);
  });
  test('an increment passes as a count, whatever its sign', () => {
    const falling = point({ temporality: 'delta', isMonotonic: false, value: -4n, startTime: ago(10) });
    expect(shown([falling]).map(brief)).toEqual([['jobs', 1, -4]]);
  });
  test('a histogram is exact counts and a distribution', () => {
    const points = [histogram([2, 1, 0], 9)];
    expect(shown(points).map(brief)).toEqual([
      ['latency.count', 1, 3],
      ['latency.sum', 1, 9],
    ]);
    const [distribution] = shown(points, HOW, 'distributions');
    expect(distribution?.metric).toBe('latency');
    const [[, values]] = (distribution?.points ?? []) as unknown as [[number, number[]]];
    expect(values).toHaveLength(3);
    expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(9, 6);
  });
  test('or counts per bucket', () => {
    const points = [histogram([2, 0, 5], 99)];
    const series = shown(points, shaped({ histograms: 'counters' }));
    expect(series.map((one) => [...brief(one), one.tags.slice(1)])).toEqual([
      ['latency.count', 1, 7, []],
      ['latency.sum', 1, 99, []],
      ['latency.bucket', 1, 2, ['lower_bound:-inf', 'upper_bound:1']],
      ['latency.bucket', 1, 5, ['lower_bound:10', 'upper_bound:inf']],
    ]);
    expect(shown(points, shaped({ histograms: 'counters' }), 'distributions')).toEqual([]);
  });
  test('or neither', () => {
    const how = shaped({ histograms: 'nobuckets' });
    expect(shown([histogram([2, 0, 5], 99)], how).map(({ metric }) => metric)).toEqual([
      'latency.count',
      'latency.sum',
    ]);
    expect(shown([histogram([2, 0, 5], 99)], how, 'distributions')).toEqual([]);
  });
  test('a histogram of one interval brings its extremes', () => {
    const value = { count: 2n, sum: 8, min: 3, max: 5, explicitBounds: [], bucketCounts: [] };
    const points = [point({ kind: 'histogram', temporality: 'delta', name: 'latency', histogram: value })];
    expect(shown(points).map(brief)).toEqual([
      ['latency.count', 1, 2],
      ['latency.sum', 1, 8],
      ['latency.min', 3, 3],
      ['latency.max', 3, 5],
    ]);
    expect(shown(points, HOW, 'distributions')[0]?.points).toEqual([[Number(ago(0) / 1_000_000_000n), [3.5, 4.5]]]);
  });
  test('an exponential histogram is a distribution', () => {
    const value = {
      ...{ count: 3n, scale: 0, zeroCount: 1n, zeroThreshold: 0 },
      positive: { offset: 1, bucketCounts: [2n] },
      negative: { offset: 0, bucketCounts: [] },
    };
    const points = [point({ kind: 'exponential_histogram', name: 'latency', exponentialHistogram: value })];
    expect(shown(points, HOW, 'distributions')[0]?.points).toEqual([[expect.any(Number), [0, 2.5, 3.5]]]);
  });
  test('a summary is gauges of its quantiles, and counts', () => {
    const value = { count: 4n, sum: 10, quantiles: [{ quantile: 0.99, value: 7 }] };
    const points = [point({ kind: 'summary', name: 'rpc', summary: value })];
    const series = shown(points);
    expect(series.map(brief)).toEqual([
      ['rpc.count', 1, 4],
      ['rpc.sum', 1, 10],
      ['rpc.quantile', 3, 7],
    ]);
    expect(series[2]?.tags).toEqual(['env:test', 'quantile:0.99']);
    expect(shown(points, shaped({ quantiles: false })).map(({ metric }) => metric)).toEqual(['rpc.count', 'rpc.sum']);
  });
});

describe('what a series is known by', () => {
  test('tags from the options, the resource and the attributes, in an order of their own', () => {
    const resource = attributes({ 'service.name': 'Shop', ignored: 'x' });
    const [series] = shown([point({ value: 1n, resource, attributes: attributes({ zone: 'a b', code: 200n }) })]);
    expect(series?.tags).toEqual(['code:200', 'env:test', 'service:shop', 'zone:a_b']);
  });
  test('the host of the resource, else the one of the options', () => {
    const [own, other] = shown([
      point({ value: 1n, name: 'a', resource: attributes({ 'host.name': 'h1' }) }),
      point({ value: 1n, name: 'b' }),
    ]) as unknown as { resources: object[] }[];
    expect([own?.resources, other?.resources]).toEqual([
      [{ type: 'host', name: 'h1' }],
      [{ type: 'host', name: 'fallback' }],
    ]);
  });
  test('the order of attributes makes no other series', () => {
    const marks = assemble(
      [
        point({ value: 1n, time: ago(10), attributes: attributes({ a: '1', b: '2' }) }),
        point({ value: 3n, time: ago(0), attributes: attributes({ b: '2', a: '1' }) }),
      ],
      'series',
      fresh,
      HOW,
    ).marks;
    expect(marks.size).toBe(1);
  });
  test('two producers with the same tags keep a last value each, and their counts of a second are added up', () => {
    const of = (id: string) => attributes({ 'process.pid': id });
    const series = shown([point({ value: 5n, resource: of('1') }), point({ value: 7n, resource: of('2') })]);
    expect(series.map(brief)).toEqual([['jobs', 1, 12]]);
  });
  test('the unit in the words of Datadog, but not on a number of observations', () => {
    expect(shown([histogram([1, 0, 0], 1, { unit: 's' })]).map(({ unit }) => unit)).toEqual([undefined, 'second']);
  });
});

describe('what is left out', () => {
  const counted = (points: MetricPoint[]) => {
    const { text, refused, outOfTime, leftOut } = assemble(points, 'series', fresh, HOW);
    expect(leftOut.map(({ index }) => index)).toEqual(refused + outOfTime > 0 ? [...points.keys()] : []);
    return { isEmpty: text === null, refused, outOfTime };
  };
  test.each([Number.NaN, Infinity, -Infinity])('%s is counted', (value) => {
    expect(counted([point({ kind: 'gauge', value })])).toEqual({ isEmpty: true, refused: 1, outOfTime: 0 });
  });
  test('a point without a value, and a name without a letter', () => {
    expect(counted([point(), point({ name: '1', value: 1n })])).toEqual({ isEmpty: true, refused: 2, outOfTime: 0 });
  });
  test('of a histogram or summary only what is no number', () => {
    const summary = { count: 4n, sum: Number.NaN, quantiles: [{ quantile: 0.5, value: Number.NaN }] };
    const points = [histogram([1, 0, 0], Infinity), point({ kind: 'summary', name: 'rpc', summary })];
    const { refused, leftOut } = assemble(points, 'series', fresh, HOW);
    expect([refused, leftOut]).toEqual([3, []]);
    expect(shown(points).map(({ metric }) => metric)).toEqual(['latency.count', 'rpc.count']);
  });
  test('the end of a series says nothing and is no fault', () => {
    expect(counted([point({ flags: 1 })])).toEqual({ isEmpty: true, refused: 0, outOfTime: 0 });
  });
  test.each([
    ['an hour and a second ago', 3601, { isEmpty: true, refused: 0, outOfTime: 1 }],
    ['nearly an hour ago', 3595, { isEmpty: false, refused: 0, outOfTime: 0 }],
    ['ten minutes ahead', -595, { isEmpty: false, refused: 0, outOfTime: 0 }],
    ['more than that', -605, { isEmpty: true, refused: 0, outOfTime: 1 }],
  ])('a gauge of %s', (_, seconds, expected) => {
    expect(counted([point({ kind: 'gauge', value: 1, time: ago(seconds) })])).toEqual(expected);
  });
  test('a counter that is too old loses nothing: the next point brings its part', () => {
    const last: Mark = { time: ago(9000), start: 0n, total: { kind: 'number', value: 10n } };
    const old = point({ value: 15n, time: ago(8000) });
    const now = point({ value: 18n });
    const { text, outOfTime } = assemble([old, now], 'series', { get: () => last, since: 0n }, HOW);
    expect(outOfTime).toBe(0);
    expect((JSON.parse(text ?? '') as { series: Shown[] }).series.map(brief)).toEqual([['jobs', 1, 8]]);
  });
});

describe('a source that begins anew in an outage, whose first points are too old when they can be sent', () => {
  const auto: Assembly = { ...HOW, firstValue: 'auto' };
  const began = ago(5000);
  const old = point({ value: 15n, time: began, startTime: began });
  const now = point({ value: 18n, startTime: began });
  test('is compared with the last point that was sent', () => {
    const last: Mark = { time: ago(9000), start: ago(10_000), total: { kind: 'number', value: 10n } };
    const { text, marks } = assemble([old, now], 'series', { get: () => last, since: 0n }, auto);
    expect((JSON.parse(text ?? '') as { series: Shown[] }).series.map(brief)).toEqual([['jobs', 1, 8]]);
    expect([...marks.values()].map(({ start }) => start)).toEqual([began]);
  });
  test('or with its own first point', () => {
    expect(shown([old, now], auto).map(brief)).toEqual([['jobs', 1, 3]]);
  });
});

test('assembling changes nothing: a second time gives the same', () => {
  const points = [point({ value: 5n, time: ago(20) }), histogram([1, 2, 3], 50), point({ value: 9n })];
  const known = { get: () => ({ time: ago(60), start: 0n, total: { kind: 'number', value: 1n } }) as Mark, since: 0n };
  const [first, second] = [1, 2].map(() => assemble(points, 'series', known, HOW));
  expect(second).toEqual(first);
});
