import type {
  DonutPanel,
  EventsPanel,
  HeatmapPanel,
  LogQuery,
  MetricExpression,
  MetricQuery,
  Panel,
  StatPanel,
  TextPanel,
  ToplistPanel,
} from '../model.ts';
import { fieldName } from '../parameters.ts';
import { dataSourceOf, emptyValue, fieldConfig, namesByTarget, reduceOptions } from './fields.ts';
import type { JsonObject } from './json.ts';
import type { Place } from './place.ts';
import { labelsOf } from './promql.ts';
import { panelUnit, unitId } from './style.ts';
import { tablePanel } from './table.ts';
import { ELASTICSEARCH, eventsTarget, metricTargets, rowsTarget } from './targets.ts';
import { timeseriesPanel } from './timeseries.ts';
import { eventColumns, joinRows, WITHOUT_TIME } from './transformations.ts';

/** The newest of them are fetched. */
const EVENTS = 200;
/** Rows of a toplist that metrics fill, which have no size of their own. */
const TOP = 10;

/** What a panel is in Grafana, without its place, title and description. */
export function panelBody(panel: Panel, place: Place): JsonObject {
  if ('query' in panel && panel.query.source === 'metrics') checkLines(panel.kind, panel.query, place);
  if ('query' in panel && panel.query.source === 'logs') checkOrder(panel.query, place);
  switch (panel.kind) {
    case 'stat':
      return stat(panel, place);
    case 'timeseries':
      return timeseriesPanel(panel, place);
    case 'toplist':
      return toplist(panel, place);
    case 'table':
      return tablePanel(panel, place);
    case 'donut':
      return donut(panel, place);
    case 'heatmap':
      return heatmap(panel, place);
    case 'events':
      return events(panel, place);
    case 'text':
      return text(panel);
  }
}

/** Two numbers are compared label by label, and buckets are drawn by heatmaps alone. */
function checkLines(kind: Panel['kind'], { lines }: MetricQuery, place: Place): void {
  const check = (line: MetricExpression): void => {
    if (line.shape === 'buckets' && kind !== 'heatmap') place.refuse('only a heatmap shows buckets');
    if (line.shape !== 'ratio' && line.shape !== 'difference') return;
    const [one, other] = line.shape === 'ratio' ? [line.over, line.under] : [line.from, line.minus];
    if (labelsOf(one).toSorted().join() !== labelsOf(other).toSorted().join())
      place.refuse(`the two sides of a ${line.shape} are not kept apart by the same labels, so nothing would match`);
    check(one);
    check(other);
  };
  for (const line of lines) check(line);
}

/** Grafana orders groups by percentiles without saying which ones it wants: Elasticsearch's own choice has no 90. */
function checkOrder({ agg, by = [], over }: LogQuery, place: Place): void {
  const levels = by.length + (over === undefined ? 0 : 1);
  if (by.length > 0 && levels > 1 && agg.some((column) => column.op === 'percentile' && column.percent === 90))
    place.refuse('groups that hold other groups or steps cannot be ordered by a 90th percentile there');
}

function stat(panel: StatPanel, place: Place): JsonObject {
  const { query, thresholds } = panel;
  const isLogs = query.source === 'logs';
  if (isLogs && ((query.by ?? []).length > 0 || query.over || query.having || query.running))
    place.refuse('a stat is one number over the whole time: its query has no groups, no steps and no running sum');
  const numbers = isLogs ? query.agg : query.lines;
  const noValue = emptyValue(query);
  return {
    type: 'stat',
    datasource: dataSourceOf(query),
    targets: isLogs
      ? query.agg.map((column, k) => rowsTarget(k, [column], query, [], place))
      : metricTargets(query, 'now', place),
    ...(isLogs && { transformations: WITHOUT_TIME }),
    fieldConfig: fieldConfig(panelUnit(panel, query, place.parameters), {
      ...{ thresholds, byValue: true, overrides: namesByTarget(query) },
      ...(noValue !== undefined && { noValue }),
    }),
    options: {
      ...{ colorMode: thresholds ? 'value' : 'none', graphMode: 'none', justifyMode: 'auto', orientation: 'auto' },
      reduceOptions: reduceOptions('series'),
      ...{ showPercentChange: false, textMode: numbers.length > 1 ? 'value_and_name' : 'value', wideLayout: true },
    },
  };
}

function toplist(panel: ToplistPanel, place: Place): JsonObject {
  const { query } = panel;
  const isLogs = query.source === 'logs';
  if (isLogs && (query.by?.length !== 1 || query.agg.length > 1 || query.over || query.running))
    place.refuse('a toplist has one grouping and one number, and no steps');
  const size = isLogs ? (query.by?.[0]?.size ?? TOP) : TOP;
  return {
    type: 'bargauge',
    datasource: dataSourceOf(query),
    targets: isLogs ? [rowsTarget(0, query.agg, query, [], place)] : metricTargets(query, 'now', place, TOP),
    ...(isLogs && { transformations: joinRows(query, place) }),
    fieldConfig: fieldConfig(panelUnit(panel, query, place.parameters), { byValue: true }),
    options: {
      ...{ displayMode: 'basic', maxVizHeight: 300, minVizHeight: 16, minVizWidth: 8, namePlacement: 'auto' },
      orientation: 'horizontal',
      reduceOptions: reduceOptions(isLogs ? 'rows' : 'series', size),
      ...{ showUnfilled: true, sizing: 'auto', valueMode: 'color' },
    },
  };
}

function donut(panel: DonutPanel, place: Place): JsonObject {
  const { query } = panel;
  const groups = query.by ?? [];
  if (groups.length > 1 || (groups.length === 1 && query.agg.length > 1) || query.over || query.running)
    place.refuse('a donut has one grouping and one number, or several numbers and no grouping, and no steps');
  const isGrouped = groups.length === 1;
  return {
    type: 'piechart',
    datasource: ELASTICSEARCH,
    targets: query.agg.map((column, k) => rowsTarget(k, [column], query, [], place)),
    transformations: isGrouped ? joinRows(query, place) : WITHOUT_TIME,
    fieldConfig: fieldConfig(panelUnit(panel, query, place.parameters), {
      overrides: isGrouped ? [] : namesByTarget(query),
    }),
    options: {
      displayLabels: ['percent'],
      legend: { displayMode: 'table', placement: 'bottom', showLegend: true, values: ['value', 'percent'] },
      pieType: 'donut',
      reduceOptions: reduceOptions(isGrouped ? 'rows' : 'series'),
      tooltip: { mode: 'single', sort: 'none' },
    },
  };
}

function heatmap(panel: HeatmapPanel, place: Place): JsonObject {
  const { query } = panel;
  const [line] = query.lines;
  if (query.lines.length > 1 || line.shape !== 'buckets' || (line.by ?? []).length > 0)
    place.refuse('a heatmap shows the buckets of one histogram, not kept apart by labels');
  const unit = unitId(panelUnit(panel, query, place.parameters));
  return {
    type: 'heatmap',
    datasource: dataSourceOf(query),
    targets: metricTargets(query, 'over-time-buckets', place),
    fieldConfig: { defaults: { custom: { hideFrom: { legend: false, tooltip: false, viz: false } } }, overrides: [] },
    options: {
      ...{ calculate: false, cellGap: 1, cellValues: { unit: 'short' } },
      color: { exponent: 0.5, fill: 'blue', mode: 'scheme', reverse: false, scheme: 'Blues', steps: 64 },
      // Steps in which nothing came stay empty.
      filterValues: { le: 1e-9 },
      ...{ legend: { show: true }, rowsFrame: { layout: 'auto' }, showValue: 'never' },
      tooltip: { mode: 'single', showColorScale: false, yHistogram: true },
      yAxis: { axisPlacement: 'left', reverse: false, unit },
    },
  };
}

function events(panel: EventsPanel, place: Place): JsonObject {
  const columns = panel.columns.map(({ field, name }) => ({ title: fieldName(field, place.parameters), name }));
  return {
    type: 'table',
    datasource: ELASTICSEARCH,
    targets: [eventsTarget(panel.where, EVENTS, place)],
    transformations: eventColumns(columns),
    fieldConfig: fieldConfig(panel.unit, { byValue: true, custom: { align: 'auto', filterable: true } }),
    options: { cellHeight: 'sm', footer: { show: false }, showHeader: true },
  };
}

function text(panel: TextPanel): JsonObject {
  return { type: 'text', options: { content: panel.text, mode: 'markdown' } };
}
