import type { Column, LogQuery, TimeseriesPanel } from '../model.ts';
import { dataSourceOf, fieldConfig } from './fields.ts';
import type { JsonObject } from './json.ts';
import type { Place } from './place.ts';
import { colorName, override, panelUnit, unitId } from './style.ts';
import { metricTargets, runningTargets, seriesTarget } from './targets.ts';

/** Lines, areas or bars over time, with a table of their numbers below. */
export function timeseriesPanel(panel: TimeseriesPanel, place: Place): JsonObject {
  const { query, thresholds } = panel;
  const targets = query.source === 'logs' ? logTargets(query, place) : metricTargets(query, 'over-time', place);
  const unit = panelUnit(panel, query, place.parameters);
  return {
    type: 'timeseries',
    datasource: dataSourceOf(query),
    targets,
    fieldConfig: fieldConfig(unit, { thresholds, custom: drawing(panel), overrides: overridesOf(panel) }),
    options: {
      legend: { calcs: ['min', 'mean', 'max'], displayMode: 'table', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
}

function logTargets(query: LogQuery, place: Place): JsonObject[] {
  if (query.over !== 'time' || (query.by ?? []).length > 1 || query.having)
    place.refuse("a time series has `over: 'time'`, at most one grouping, and leaves out no groups");
  if (!query.running) return query.agg.map((column, k) => seriesTarget(k, column, query, place));
  const { plus, minus } = query.running;
  const more = query.agg.find(({ name }) => name === plus);
  const less = query.agg.find(({ name }) => name === minus);
  if (!more || !less || (query.by ?? []).length > 0 || !isAdditive(more) || !isAdditive(less))
    return place.refuse('a running difference is one of two counts or sums of its query, without groups');
  return runningTargets(query, [more, less], place);
}

function isAdditive({ op }: Column): boolean {
  return op === 'count' || op === 'sum';
}

function drawing({ draw, stacked = false, thresholds }: TimeseriesPanel): JsonObject {
  const isBars = draw === 'bars';
  return {
    ...{ axisPlacement: 'auto', drawStyle: isBars ? 'bars' : 'line' },
    ...{ fillOpacity: isBars ? 80 : draw === 'area' ? 30 : 0, gradientMode: 'none', lineInterpolation: 'linear' },
    ...{ lineWidth: isBars ? 0 : 1, pointSize: 4, showPoints: 'auto', spanNulls: false },
    stacking: { group: 'A', mode: stacked ? 'normal' : 'none' },
    thresholdsStyle: { mode: thresholds ? 'line' : 'off' },
  };
}

function overridesOf({ colors = {}, query }: TimeseriesPanel): JsonObject[] {
  const own = query.source === 'logs' ? query.agg : [];
  const units = own.flatMap(({ name, unit }) => (unit ? [override('byName', name, { unit: unitId(unit) })] : []));
  const fixed = Object.entries(colors).map(([name, color]) =>
    override('byName', name, { color: { fixedColor: colorName(color), mode: 'fixed' } }),
  );
  return [...units, ...fixed];
}
