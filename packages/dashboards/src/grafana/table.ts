import type { Grouping, LogQuery, TablePanel } from '../model.ts';
import { dataSourceOf, fieldConfig } from './fields.ts';
import { panelNumber, uidOf } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import type { Place } from './place.ts';
import { override, panelUnit, unitId } from './style.ts';
import { metricTargets, rowsTarget, sameConditions } from './targets.ts';
import { joinRows, metricRows } from './transformations.ts';

/** What Elasticsearch answers at most, `search.max_buckets`, with room to spare. */
const MAX_ROWS = 20_000;

/** A row per group; a column per grouping and per number. */
export function tablePanel(panel: TablePanel, place: Place): JsonObject {
  const { query } = panel;
  const isLogs = query.source === 'logs';
  const groups = isLogs ? (query.by ?? []) : [];
  if (isLogs && (groups.length === 0 || query.over || query.running)) place.refuse('a table has groups, and no steps');
  const numbers = isLogs
    ? query.agg.map(({ name, unit, op }) =>
        override('byName', name, { unit: op === 'last_seen' ? 'dateTimeAsIso' : unitId(unit ?? panel.unit) }),
      )
    : [];
  const links = groups.filter(({ name }) => name === panel.drillDown).map((group) => drillDown(group, place));
  if (panel.drillDown !== undefined && links.length === 0)
    place.refuse(`there is no grouping "${panel.drillDown}" to drill down from`);
  return {
    type: 'table',
    datasource: dataSourceOf(query),
    targets: isLogs ? logTargets(query, place) : metricTargets(query, 'now-as-rows', place),
    transformations: isLogs ? joinRows(query, place) : metricRows(query),
    fieldConfig: fieldConfig(panelUnit(panel, query, place.parameters), {
      ...{ byValue: true, custom: { align: 'auto', filterable: true }, overrides: [...numbers, ...links] },
    }),
    options: { cellHeight: 'sm', footer: { show: false }, showHeader: true },
  };
}

/**
 * One target for all columns with the same conditions. The first one says which groups are on top; each of the others chooses its
 * own top, so it is asked for more of them, and a cell that is still missing stays empty.
 */
function logTargets(query: LogQuery, place: Place): JsonObject[] {
  const own = (query.by ?? []).map(({ size }) => size);
  const wide = own.map((size, k) => size * (k === 0 ? 4 : 2));
  const parts = sameConditions(query.agg);
  const rows = (parts.length > 1 ? wide : own).reduce((product, size) => product * size, 1);
  if (rows > MAX_ROWS) place.refuse(`${rows} rows are more than Elasticsearch answers; ask for smaller groups`);
  return parts.map((columns, k) => rowsTarget(k, columns, query, k === 0 ? own : wide, place));
}

/** A link from a group to the events panel, with the variable of the group's field set to it. */
function drillDown({ field, name }: Grouping, { dashboard, refuse }: Place): JsonObject {
  const variable = dashboard.variables.find((each) => each.field === field);
  const events = dashboard.rows.flatMap(({ panels }) => panels).find(({ kind }) => kind === 'events');
  if (!variable || !events)
    return refuse(`a drill-down from "${name}" needs a variable of ${field} and a panel of events`);
  const others = dashboard.variables.filter((each) => each !== variable).map((each) => `\${${each.name}:queryparam}`);
  const parameters = [
    ...[`viewPanel=${panelNumber(events.id)}`, `\${__url_time_range}`, ...others],
    `var-${variable.name}=\${__value.raw:percentencode}`,
  ];
  const link: Json = {
    title: `Events of this ${name.toLowerCase()}`,
    url: `/d/${uidOf(dashboard)}?${parameters.join('&')}`,
    targetBlank: false,
  };
  return override('byName', name, { links: [link] });
}
