import type {
  Condition,
  DonutPanel,
  LogQuery,
  Query,
  StatPanel,
  TablePanel,
  TimeseriesPanel,
  ToplistPanel,
} from '../model.ts';
import { filtersColumn, type Layer, layerOf, number } from './columns.ts';
import { DATA_LAYER, type Drawing } from './drawing.ts';
import { paletteOf } from './formats.ts';
import { kql } from './kql.ts';
import type { Place } from './place.ts';
import { DATA_VIEW_TYPE, type JsonObject, layerReference, type Reference } from './saved-object.ts';
import { timeseries } from './xy.ts';

/** The kinds of panels that Lens draws. */
export type LensPanel = StatPanel | TimeseriesPanel | ToplistPanel | TablePanel | DonutPanel;

/** A panel's `attributes`, by value, of type `lens`. */
export function lensAttributes(panel: LensPanel, place: Place): { attributes: JsonObject; references: Reference[] } {
  const query = logs(panel.query, place);
  const { type, visualization, layers } = draw(panel, query, place);
  const references = [...layers.keys()].map((layerId) => ({
    ...{ type: DATA_VIEW_TYPE, id: place.dataViewId, name: layerReference(layerId) },
  }));
  return {
    references,
    attributes: {
      ...{ title: panel.title, description: panel.description, type: 'lens', visualizationType: type },
      state: {
        ...{ adHocDataViews: {}, internalReferences: [], filters: [], query: kuery(query.where, place) },
        datasourceStates: { formBased: { layers: Object.fromEntries([...layers].map(formBased)) } },
        visualization,
      },
      references: references.map((reference) => ({ ...reference })),
    },
  };
}

/** Conditions as what Kibana calls a query. */
export function kuery(conditions: readonly Condition[], place: Place): JsonObject {
  return { query: kql(conditions, place), language: 'kuery' };
}

function formBased([layerId, columns]: [string, ReadonlyMap<string, JsonObject>]): [string, JsonObject] {
  return [
    layerId,
    { columns: Object.fromEntries(columns), columnOrder: [...columns.keys()], incompleteColumns: {}, sampling: 1 },
  ];
}

function logs(query: Query, place: Place): LogQuery {
  return query.source === 'logs' ? query : place.refuse('Kibana reads logs, and this is a metric');
}

function draw(panel: LensPanel, query: LogQuery, place: Place): Drawing {
  switch (panel.kind) {
    case 'stat':
      return stat(panel, query, place);
    case 'timeseries':
      return timeseries(panel, query, place);
    case 'toplist':
      return toplist(panel, query, place);
    case 'table':
      return table(panel, query, place);
    default:
      return donut(panel, query, place);
  }
}

/** The tile has no title of its own: the number's name is what a viewer reads. */
function stat(panel: StatPanel, query: LogQuery, place: Place): Drawing {
  const [column, ...more] = query.agg;
  if (more.length > 0 || query.over || query.by?.length) place.refuse('a stat is one number over the time shown');
  if (column.op === 'last_seen') place.refuse('a metric of Lens is a number, and this is a time');
  const layer = layerOf(
    { ...query, agg: [{ ...column, name: panel.title }] },
    { unit: panel.unit, rest: false },
    place,
  );
  return {
    type: 'lnsMetric',
    visualization: {
      ...{ layerId: DATA_LAYER, layerType: 'data', metricAccessor: layer.numbers[0] ?? '' },
      ...(panel.thresholds ? { palette: paletteOf(panel.thresholds) } : {}),
    },
    layers: new Map([[DATA_LAYER, layer.columns]]),
  };
}

function toplist(panel: ToplistPanel, query: LogQuery, place: Place): Drawing {
  const layer = layerOf(query, { unit: panel.unit, rest: false }, place);
  if (layer.groups.length !== 1 || layer.numbers.length !== 1 || layer.time !== undefined)
    place.refuse('a top list has one grouping and one number');
  return {
    type: 'lnsXY',
    visualization: {
      ...{ preferredSeriesType: 'bar_horizontal', legend: { isVisible: false, position: 'right' } },
      ...{ valueLabels: 'show', fittingFunction: 'None' },
      axisTitlesVisibilitySettings: { x: false, yLeft: false, yRight: false },
      layers: [
        {
          ...{ layerId: DATA_LAYER, layerType: 'data', seriesType: 'bar_horizontal' },
          ...{ xAccessor: layer.groups[0] ?? '', accessors: [...layer.numbers] },
        },
      ],
    },
    layers: new Map([[DATA_LAYER, layer.columns]]),
  };
}

function table(panel: TablePanel, query: LogQuery, place: Place): Drawing {
  if (query.over) place.refuse('a table is over the time shown, not over steps of it');
  const layer = layerOf(query, { unit: panel.unit, rest: false }, place);
  const names = (query.by ?? []).map(({ name }) => name);
  if (panel.drillDown !== undefined && !names.includes(panel.drillDown))
    place.refuse(`its drillDown "${panel.drillDown}" is none of its groupings`);
  return {
    type: 'lnsDatatable',
    visualization: {
      ...{ layerId: DATA_LAYER, layerType: 'data' },
      columns: [...layer.groups, ...layer.numbers].map((columnId, index) => ({
        ...{ columnId, isTransposed: false },
        ...(panel.drillDown !== undefined && names[index] === panel.drillDown ? { oneClickFilter: true } : {}),
      })),
      sorting: { columnId: layer.numbers[0] ?? '', direction: 'desc' },
      paging: { size: 10, enabled: true },
    },
    layers: new Map([[DATA_LAYER, layer.columns]]),
  };
}

/** Slices by a grouping, or one for each number that differs from the first in its conditions only. */
function donut(panel: DonutPanel, query: LogQuery, place: Place): Drawing {
  const layer = query.by?.length ? donutByField(panel, query, place) : donutByConditions(panel, query, place);
  return {
    type: 'lnsPie',
    visualization: {
      shape: 'donut',
      layers: [
        {
          ...{ layerId: DATA_LAYER, layerType: 'data', primaryGroups: [...layer.groups], metrics: [...layer.numbers] },
          ...{ numberDisplay: 'percent', categoryDisplay: 'default', legendDisplay: 'show', nestedLegend: false },
        },
      ],
    },
    layers: new Map([[DATA_LAYER, layer.columns]]),
  };
}

function donutByField(panel: DonutPanel, query: LogQuery, place: Place): Layer {
  const [column, ...more] = query.agg;
  if (query.over || query.by?.length !== 1 || more.length > 0) place.refuse('a donut has one grouping and one number');
  if (column.op !== 'count' && column.op !== 'sum') place.refuse('only counts and sums add up to a whole');
  return layerOf(query, { unit: panel.unit, rest: true }, place);
}

function donutByConditions(panel: DonutPanel, query: LogQuery, place: Place): Layer {
  const [first] = query.agg;
  if (query.over) place.refuse('a donut is over the time shown, not over steps of it');
  if (first.op !== 'count' && first.op !== 'sum') place.refuse('only counts and sums add up to a whole');
  const field = first.op === 'sum' ? first.field : '';
  const isAlike = query.agg.every((one) => one.op === first.op && (one.op !== 'sum' || one.field === field));
  if (!isAlike) place.refuse('the numbers of a donut may differ in their conditions only');
  const { where: _, ...whole } = first;
  const columns = new Map([
    ['by-1', filtersColumn(panel.title, query.agg, place)],
    ['number-1', number({ ...whole, name: 'Events' }, first.unit ?? panel.unit, false, place)],
  ]);
  return { columns, groups: ['by-1'], time: undefined, numbers: ['number-1'] };
}
