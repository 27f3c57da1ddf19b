import type { MetricPoint } from '@tailrace/telemetry';
import type { PrometheusSample } from '@tailrace/testkit';

/** Values by series: the name and all labels but those that say whose target it is, bounds and quantiles as numbers. */
export type SeriesValues = Map<string, number>;

/** What Prometheus' API says of a target. */
export function prometheusSeries(samples: readonly PrometheusSample[]): SeriesValues {
  return new Map(
    samples.map(({ metric: { __name__: name, job: _, instance: __, ...labels }, value: [, text] }) => [
      seriesKey(name!, labels),
      numberOf(text),
    ]),
  );
}

/** The series that OTLP points stand for, as Prometheus names them. */
export function pointSeries(points: readonly MetricPoint[]): SeriesValues {
  return new Map(points.flatMap((point) => [...seriesOf(point)]));
}

function* seriesOf(point: MetricPoint): Generator<[string, number]> {
  const { name, value, histogram, summary } = point;
  const labels = Object.fromEntries([...point.attributes].map(([key, text]) => [key, String(text)]));
  if (value !== undefined) yield [seriesKey(name, labels), Number(value)];
  const whole = histogram ?? summary;
  if (!whole) return;
  yield [seriesKey(`${name}_count`, labels), Number(whole.count)];
  if (whole.sum !== undefined) yield [seriesKey(`${name}_sum`, labels), whole.sum];
  for (const { quantile, value: at } of summary?.quantiles ?? []) {
    yield [seriesKey(name, { ...labels, quantile: String(quantile) }), at];
  }
  let total = 0;
  for (const [k, count] of (histogram?.bucketCounts ?? []).entries()) {
    total += Number(count);
    const le = histogram!.explicitBounds[k] ?? Infinity;
    yield [seriesKey(`${name}_bucket`, { ...labels, le: String(le) }), total];
  }
}

function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  const spelled = Object.entries(labels).map(([key, text]) =>
    key === 'le' || key === 'quantile' ? [key, String(numberOf(text))] : [key, text],
  );
  return `${name} ${JSON.stringify(spelled.toSorted(([a], [b]) => (a! < b! ? -1 : 1)))}`;
}

function numberOf(text: string): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}
