import type {
  DonutPanel,
  EventsPanel,
  HeatmapPanel,
  Panel,
  StatPanel,
  TablePanel,
  TextPanel,
  TimeseriesPanel,
  ToplistPanel,
} from '../model.ts';
import { fieldName } from '../parameters.ts';
import { seriesOf } from './metric-numbers.ts';
import { type Asked, type Formula, type Numbers, numbersOf, request } from './numbers.ts';
import type { Place } from './place.ts';
import { searchName } from './search.ts';
import { conditionalFormats, factorOf, type Json, type JsonObject, lineStyle, markers, numberFormat } from './units.ts';

/** A panel as the definition of a widget (the API's model `WidgetDefinition`). */
export function widgetOf(panel: Panel, place: Place): JsonObject {
  switch (panel.kind) {
    case 'stat':
      return stat(panel, place);
    case 'timeseries':
      return timeseries(panel, place);
    case 'toplist':
      return toplist(panel, place);
    case 'table':
      return table(panel, place);
    case 'donut':
      return donut(panel, place);
    case 'heatmap':
      return heatmap(panel, place);
    case 'events':
      return events(panel, place);
    case 'text':
      return note(panel);
  }
}

/** A note (the API's model `NoteWidgetDefinition`), which has no title of its own. */
export function note({ title, text }: Pick<TextPanel, 'title' | 'text'>): JsonObject {
  return {
    ...{
      type: 'note',
      content: title === '' ? text : `**${title}**\n\n${text}`,
      background_color: 'yellow',
      font_size: '14',
    },
    ...{
      text_align: 'left',
      vertical_align: 'center',
      show_tick: false,
      tick_pos: '50%',
      tick_edge: 'left',
      has_padding: true,
    },
  };
}

function headed(type: string, { title, description }: Pick<Panel, 'title' | 'description'>): JsonObject {
  return { type, title, title_size: '16', title_align: 'left', description };
}

function wholeTime(panel: { readonly unit: Asked['unit'] }): Asked {
  return { over: 'whole', unit: panel.unit, colors: new Map() };
}

function named({ formula, alias, unit }: Formula): JsonObject {
  return { formula, alias, ...numberFormat(unit) };
}

function stat(panel: StatPanel, place: Place): JsonObject {
  const numbers = numbersOf(panel.query, wholeTime(panel), place);
  if (numbers.formulas.length !== 1 || numbers.areGrouped)
    place.refuse('a query value shows one number, and this asks for several');
  const hasDecimals = panel.unit !== 'none' && panel.unit !== 'bytes';
  return {
    ...headed('query_value', panel),
    requests: [{ ...request(numbers, 'whole', named), ...conditionalFormats(panel.thresholds, panel.unit) }],
    ...{ autoscale: true, precision: hasDecimals ? 1 : 0 },
  };
}

function timeseries(panel: TimeseriesPanel, place: Place): JsonObject {
  const { unit, thresholds, stacked = false } = panel;
  const numbers = numbersOf(
    panel.query,
    { over: 'time', unit, colors: new Map(Object.entries(panel.colors ?? {})) },
    place,
  );
  const formula = (each: Formula): JsonObject => ({ ...named(each), ...lineStyle(each.color) });
  const display = displayOf(panel, numbers, place);
  return {
    ...headed('timeseries', panel),
    ...{ show_legend: true, legend_layout: 'auto' },
    legend_columns: ['avg', 'min', 'max', ...(numbers.areAdditive ? ['sum'] : []), 'value'],
    requests: [
      {
        ...request(numbers, 'time', formula),
        display_type: display,
        style: { palette: 'dog_classic', order_by: stacked ? 'tags' : 'values' },
      },
    ],
    yaxis: { include_zero: true },
    ...markers(thresholds, unit),
  };
}

/** Bars and areas always stack there, so several of them that must not be added up become lines. */
function displayOf(
  { draw, stacked = false }: TimeseriesPanel,
  { formulas, areGrouped }: Numbers,
  place: Place,
): string {
  if (stacked && draw === 'line') return place.refuse('lines are never stacked');
  const areSeveral = areGrouped || formulas.length > 1;
  return areSeveral && !stacked ? 'line' : draw;
}

function toplist(panel: ToplistPanel, place: Place): JsonObject {
  const numbers = numbersOf(panel.query, wholeTime(panel), place);
  if (numbers.formulas.length !== 1 || !numbers.areGrouped) place.refuse('a top list has one number for each group');
  const count = panel.query.source === 'logs' ? sizeOf(panel.query.by) : 10;
  const formula = (each: Formula): JsonObject => ({ ...named(each), limit: { count, order: 'desc' } });
  return {
    ...headed('toplist', panel),
    requests: [request(numbers, 'whole', formula)],
    style: { display: { type: 'flat' }, scaling: 'absolute' },
  };
}

/** Most rows of a table. */
const ROWS = 500;

function sizeOf(by: readonly { readonly size: number }[] = []): number {
  return Math.min(
    ROWS,
    by.reduce((rows, { size }) => rows * size, 1),
  );
}

function table(panel: TablePanel, place: Place): JsonObject {
  const numbers = numbersOf(panel.query, wholeTime(panel), place);
  const count = panel.query.source === 'logs' ? sizeOf(panel.query.by) : ROWS;
  const sort = { count, order_by: [{ type: 'formula', index: 0, order: 'desc' }] };
  return {
    ...headed('query_table', panel),
    requests: [{ ...request(numbers, 'whole', named), sort }],
    has_search_bar: 'auto',
    ...drillDown(panel, place),
  };
}

/** A link to the events of a row; Datadog encodes what is put in (docs.datadoghq.com/dashboards/guide/context-links). */
function drillDown({ drillDown: name, query }: TablePanel, place: Place): JsonObject {
  if (name === undefined) return {};
  const group = query.source === 'logs' ? query.by?.find((by) => by.name === name) : undefined;
  if (query.source !== 'logs' || !group) return place.refuse(`its \`drillDown\` ${name} is no grouping of logs`);
  const scope = place.logScope(query.where).replace(/\$(\w+)/g, '{{$$$1}}');
  if (/[&#%]/.test(scope)) place.refuse('its search has a character that ends it in a link');
  const search = `${scope} {{${place.attribute(group.field)}}}`;
  const link = `/logs?query=${search}&from_ts={{timestamp_start}}&to_ts={{timestamp_end}}&live=false`;
  return { custom_links: [{ label: `Events of this ${name}`, link }] };
}

function donut(panel: DonutPanel, place: Place): JsonObject {
  const numbers = numbersOf(panel.query, wholeTime(panel), place);
  if (!numbers.areAdditive) place.refuse('shares of numbers that cannot be added up are no shares');
  if (!numbers.areGrouped) return shares(panel, numbers);
  if (numbers.formulas.length > 1) place.refuse('a pie chart has either groups or several columns');
  const limit = { count: sizeOf(panel.query.by), order: 'desc' };
  return {
    ...headed('sunburst', panel),
    requests: [request(numbers, 'whole', (each) => ({ ...named(each), limit }))],
    legend: { type: 'automatic' },
  };
}

/** Slices of a pie chart are the groups of one query, so columns with conditions of their own become a table of numbers and shares. */
function shares(panel: DonutPanel, numbers: Numbers): JsonObject {
  const all = numbers.formulas.map(({ formula }) => formula).join(' + ');
  const formulas = numbers.formulas.flatMap((each): Formula[] => [
    each,
    { formula: `${factorOf('ratio')} * ${each.formula} / (${all})`, alias: `${each.alias}, share`, unit: 'ratio' },
  ]);
  return {
    ...headed('query_table', panel),
    requests: [request({ ...numbers, formulas }, 'whole', named)],
    has_search_bar: 'never',
  };
}

const UNIT_NAMES = { seconds: 's', milliseconds: 'ms' } as const;

/** The points of a distribution over time; no formula may change them, so the title says the unit that they have. */
function heatmap(panel: HeatmapPanel, place: Place): JsonObject {
  const [line, more] = panel.query.lines;
  if (line.shape !== 'buckets' || more !== undefined || (line.by ?? []).length > 0)
    return place.refuse('a heat map shows one histogram as a whole');
  const isTime = panel.unit === 'seconds' || panel.unit === 'milliseconds';
  const unit = panel.query.of === 'mirrord' ? place.parameters.histogram_unit : 'seconds';
  const title = isTime ? `${panel.title} (${UNIT_NAMES[unit]})` : panel.title;
  const series = seriesOf(line, { of: panel.query.of, place }, []);
  const query = { data_source: 'metrics', name: 'query1', query: `histogram:${series}` };
  return {
    ...headed('heatmap', { ...panel, title }),
    requests: [{ request_type: 'histogram', query, style: { palette: 'dog_classic' } }],
    yaxis: { include_zero: true },
  };
}

/** Columns of a list of logs that are no attributes. */
const LIST_COLUMNS: ReadonlyMap<string, string> = new Map([
  ['@timestamp', 'timestamp'],
  ['timestamp', 'timestamp'],
  ['message', 'content'],
]);

function events(panel: EventsPanel, place: Place): JsonObject {
  const columns = panel.columns.map(({ field: name }): Json => {
    const field = fieldName(name, place.parameters);
    return { field: LIST_COLUMNS.get(field) ?? searchName(field, place.refuse), width: 'auto' };
  });
  const query = {
    ...{ data_source: 'logs_stream', query_string: place.logScope(panel.where), indexes: [] },
    sort: { column: 'timestamp', order: 'desc' },
  };
  return {
    ...headed('list_stream', panel),
    requests: [
      { response_format: 'event_list', query, columns: [{ field: 'status_line', width: 'auto' }, ...columns] },
    ],
  };
}
