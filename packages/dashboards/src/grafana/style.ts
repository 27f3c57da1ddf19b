import type { Color, MetricQuery, Panel, Parameters, Query, Threshold, Unit } from '../model.ts';
import type { Json, JsonObject } from './json.ts';

/** Units by Grafana's ids: https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts */
const UNITS: Readonly<Record<Unit, string>> = {
  none: 'short',
  seconds: 's',
  milliseconds: 'ms',
  days: 'd',
  bytes: 'bytes',
  bytes_per_second: 'binBps',
  per_second: 'cps',
  ratio: 'percentunit',
};
const COLORS: Readonly<Record<Color, string>> = { good: 'green', warning: 'orange', bad: 'red', neutral: 'blue' };

/** Grafana's id of a unit. */
export function unitId(unit: Unit): string {
  return UNITS[unit];
}

/** The unit of a panel: histograms of mirrord may count in another one than the panel says. */
export function panelUnit({ unit }: Pick<Panel & { unit: Unit }, 'unit'>, query: Query, parameters: Parameters): Unit {
  const isTime = unit === 'seconds' || unit === 'milliseconds';
  return isTime && query.source === 'metrics' && hasHistogram(query) ? parameters.histogram_unit : unit;
}

function hasHistogram({ of, lines }: MetricQuery): boolean {
  return of === 'mirrord' && lines.some(({ shape }) => shape === 'quantile' || shape === 'buckets');
}

/** Grafana's name of a colour. */
export function colorName(color: Color): string {
  return COLORS[color];
}

/** Thresholds in Grafana's form; the first step is for everything below the second. */
export function thresholdsOf(thresholds: readonly Threshold[] | undefined): JsonObject {
  const steps = (thresholds ?? [{ color: 'neutral' }]).map(({ from, color }) => ({
    color: colorName(color),
    value: from ?? null,
  }));
  return { mode: 'absolute', steps };
}

/** An override of properties for what a matcher finds. */
export function override(id: 'byName' | 'byFrameRefID', options: string, properties: Record<string, Json>): JsonObject {
  return {
    matcher: { id, options },
    properties: Object.entries(properties).map(([property, value]) => ({ id: property, value })),
  };
}
