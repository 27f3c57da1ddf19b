import { v1, v2 } from '@datadog/datadog-api-client';
import type { MetricPoint } from '@tailrace/telemetry';
import { expect, test } from 'vitest';
import { assemble } from './assemble.ts';
import { ASSEMBLY } from './delivery.fixture.ts';
import { ago, attributes, histogram, point } from './points.fixture.ts';

const points: MetricPoint[] = [
  point({ value: 7n, startTime: ago(20), time: ago(10), unit: 's', attributes: attributes({ a: 'b' }) }),
  point({ kind: 'gauge', value: 1e21, name: 'level', resource: attributes({ 'host.name': 'h' }) }),
  histogram([1, 2, 3], 40),
];
const how = {
  ...ASSEMBLY,
  firstValue: 'keep',
  naming: { ...ASSEMBLY.naming, hostAttributes: ['host.name'] },
} as const;

function body(address: 'series' | 'distributions'): unknown {
  return JSON.parse(assemble(points, address, { get: () => undefined, since: 0n }, how).text ?? '');
}

/** Whatever the models do not know lands in members of these names. */
function unknownIn(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const { _unparsed, additionalProperties } = value as { _unparsed?: unknown; additionalProperties?: unknown };
  const own = _unparsed || additionalProperties ? [value] : [];
  return [...own, ...Object.values(value).flatMap(unknownIn)];
}

test('Datadog’s own client reads the series as its models, and writes them the same', () => {
  const sent = body('series');
  const model = v2.ObjectSerializer.deserialize(sent, 'MetricPayload') as v2.MetricPayload;
  expect(unknownIn(model)).toEqual([]);
  expect(model.series.map(({ metric, type, interval, unit }) => [metric, type, interval, unit])).toEqual([
    ['jobs', 1, 10, 'second'],
    ['level', 3, undefined, undefined],
    ['latency.count', 1, 1, undefined],
    ['latency.sum', 1, 1, undefined],
  ]);
  expect(model.series[1]?.resources?.map(({ type, name }) => [type, name])).toEqual([['host', 'h']]);
  expect(v2.ObjectSerializer.serialize(model, 'MetricPayload', '')).toEqual(sent);
});

test('and the distributions', () => {
  const sent = body('distributions');
  const model = v1.ObjectSerializer.deserialize(sent, 'DistributionPointsPayload') as v1.DistributionPointsPayload;
  expect(unknownIn(model)).toEqual([]);
  expect(model.series.map(({ metric, type }) => [metric, type])).toEqual([['latency', 'distribution']]);
  expect(v1.ObjectSerializer.serialize(model, 'DistributionPointsPayload', '')).toEqual(sent);
});
