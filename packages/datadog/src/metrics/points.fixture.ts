import type { Attributes, MetricPoint } from '@tailrace/telemetry';

/** Nanoseconds since 1970, `seconds` ago (ahead: negative). */
export function ago(seconds: number): bigint {
  return (BigInt(Math.floor(Date.now() / 1000)) - BigInt(seconds)) * 1_000_000_000n;
}

/** Attributes from an object. */
export function attributes(members: Readonly<Record<string, string | bigint>>): Attributes {
  return new Map(Object.entries(members));
}

/** A point of a cumulative counter, unless the members say otherwise. */
export function point(members: Partial<MetricPoint> = {}): MetricPoint {
  return {
    resource: new Map(),
    scope: { name: '', version: '', attributes: new Map() },
    name: 'jobs',
    description: '',
    unit: '',
    kind: 'sum',
    temporality: 'cumulative',
    isMonotonic: true,
    startTime: 0n,
    time: ago(0),
    attributes: new Map(),
    flags: 0,
    exemplars: [],
    ...members,
  };
}

/** A point of a cumulative histogram. */
export function histogram(
  bucketCounts: readonly number[],
  sum: number,
  members: Partial<MetricPoint> = {},
): MetricPoint {
  const counts = bucketCounts.map(BigInt);
  const count = counts.reduce((a, b) => a + b, 0n);
  const value = { count, sum, explicitBounds: [1, 10], bucketCounts: counts };
  return point({ kind: 'histogram', isMonotonic: false, name: 'latency', histogram: value, ...members });
}
