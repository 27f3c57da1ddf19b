import type { Color, LogQuery, Threshold, TimeseriesPanel, Unit } from '../model.ts';
import { type Layer, layerOf } from './columns.ts';
import { DATA_LAYER, type Drawing } from './drawing.ts';
import { COLORS, colorMappingOf, formatOf } from './formats.ts';
import type { Place } from './place.ts';
import type { JsonObject } from './saved-object.ts';

const THRESHOLD_LAYER = 'thresholds';

/** Numbers over time: a line, area or bars for each number, or for each group. */
export function timeseries(panel: TimeseriesPanel, query: LogQuery, place: Place): Drawing {
  if (query.over !== 'time') place.refuse('a time series is over time: its query has no `over`');
  if ((query.by ?? []).length > 1) place.refuse('a time series has at most one grouping');
  const adds = query.agg.every(({ op }) => op === 'count' || op === 'sum');
  if (panel.stacked && !adds) place.refuse('only counts and sums may be stacked: what is stacked is read as a whole');
  const layer = layerOf(query, { unit: panel.unit, rest: panel.stacked === true }, place);
  const thresholds = (panel.thresholds ?? []).filter(({ from }) => from !== undefined);
  const seriesType = SERIES[panel.draw][panel.stacked ? 'stacked' : 'plain'];
  return {
    type: 'lnsXY',
    visualization: {
      ...{ preferredSeriesType: seriesType, valueLabels: 'hide' },
      // A gap stays a gap: a line through it would be an invention.
      fittingFunction: 'None',
      legend: { isVisible: true, position: 'bottom', showSingleSeries: true, shouldTruncate: true },
      axisTitlesVisibilitySettings: { x: false, yLeft: false, yRight: false },
      layers: [
        dataLayer(panel, query, layer, seriesType),
        ...(thresholds.length > 0 ? [thresholdLayer(thresholds)] : []),
      ],
    },
    layers: new Map([
      [DATA_LAYER, layer.columns],
      ...(thresholds.length > 0 ? [[THRESHOLD_LAYER, thresholdColumns(thresholds, panel.unit)] as const] : []),
    ]),
  };
}

const SERIES = {
  line: { plain: 'line', stacked: 'area_stacked' },
  area: { plain: 'area', stacked: 'area_stacked' },
  bars: { plain: 'bar', stacked: 'bar_stacked' },
} as const;

function dataLayer({ colors }: TimeseriesPanel, { agg }: LogQuery, layer: Layer, seriesType: string): JsonObject {
  const [split] = layer.groups;
  return {
    ...{ layerId: DATA_LAYER, layerType: 'data', seriesType, xAccessor: layer.time ?? '' },
    accessors: [...layer.numbers],
    ...(split === undefined ? numberColors(agg, layer, colors ?? {}) : { splitAccessor: split }),
    ...(split !== undefined && colors ? { colorMapping: colorMappingOf(colors) } : {}),
  };
}

function numberColors(agg: LogQuery['agg'], layer: Layer, colors: Readonly<Record<string, Color>>): JsonObject {
  const yConfig = agg.flatMap(({ name }, index) => {
    const color = colors[name];
    return color ? [{ forAccessor: layer.numbers[index] ?? '', axisMode: 'left', color: COLORS[color] }] : [];
  });
  return yConfig.length > 0 ? { yConfig } : {};
}

function thresholdId(index: number): string {
  return `threshold-${index + 1}`;
}

function thresholdLayer(thresholds: readonly Threshold[]): JsonObject {
  return {
    ...{ layerId: THRESHOLD_LAYER, layerType: 'referenceLine' },
    accessors: thresholds.map((_, index) => thresholdId(index)),
    yConfig: thresholds.map(({ color }, index) => ({
      ...{ forAccessor: thresholdId(index), axisMode: 'left', color: COLORS[color] },
      ...{ lineStyle: 'dashed', lineWidth: 1, fill: 'none', textVisibility: true },
    })),
  };
}

function thresholdColumns(thresholds: readonly Threshold[], unit: Unit): ReadonlyMap<string, JsonObject> {
  const columns = thresholds.map(({ from, color }, index): [string, JsonObject] => [
    thresholdId(index),
    {
      ...{ customLabel: true, dataType: 'number', isBucketed: false, isStaticValue: true, label: color },
      ...{ operationType: 'static_value', scale: 'ratio', references: [] },
      params: { value: String(from), format: formatOf(unit, 'avg') },
    },
  ]);
  return new Map(columns);
}
