import type { Query, Threshold, Unit } from '../model.ts';
import type { JsonObject } from './json.ts';
import { override, thresholdsOf, unitId } from './style.ts';
import { ELASTICSEARCH, PROMETHEUS, refId } from './targets.ts';

/** The data source of a query's panel. */
export function dataSourceOf({ source }: Query): JsonObject {
  return source === 'logs' ? ELASTICSEARCH : PROMETHEUS;
}

/** How one value is made of a series (`series`), or each row is one (`rows`). */
export function reduceOptions(what: 'series' | 'rows', limit?: number): JsonObject {
  const values = what === 'rows';
  return { calcs: ['lastNotNull'], fields: '', values, ...(limit !== undefined && { limit }) };
}

/** Unit, colours and what is drawn where nothing is. */
export function fieldConfig(
  unit: Unit,
  more: {
    readonly thresholds?: readonly Threshold[] | undefined;
    readonly noValue?: string;
    readonly custom?: JsonObject;
    readonly overrides?: readonly JsonObject[];
    readonly byValue?: boolean;
  } = {},
): JsonObject {
  const { thresholds, noValue, custom, overrides = [], byValue = false } = more;
  return {
    defaults: {
      color: { mode: byValue ? 'thresholds' : 'palette-classic' },
      ...(custom && { custom }),
      mappings: [],
      ...(noValue !== undefined && { noValue }),
      ...(unit === 'ratio' && { min: 0, max: 1 }),
      thresholds: thresholdsOf(thresholds),
      unit: unitId(unit),
    },
    overrides,
  };
}

/** Names what each of several targets answers, and gives it its own unit where it has one. */
export function namesByTarget(query: Query): JsonObject[] {
  if (query.source === 'metrics') return [];
  return query.agg.map(({ name, unit }, k) =>
    override('byFrameRefID', refId(k), { displayName: name, ...(unit && { unit: unitId(unit) }) }),
  );
}

/** What an empty answer means: no event is 0 of them, but no duration. */
export function emptyValue(query: Query): string | undefined {
  if (query.source === 'metrics') return undefined;
  return query.agg.every(({ op }) => op === 'count' || op === 'cardinality' || op === 'sum') ? '0' : '–';
}
