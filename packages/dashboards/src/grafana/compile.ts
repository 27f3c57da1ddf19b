import { markedDescription } from '../mark.ts';
import type { Dashboard, Panel, Parameters } from '../model.ts';
import { NotExpressible } from '../not-expressible.ts';
import { panelFor } from '../panel-for.ts';
import { panelNumber, uidOf } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import { panelBody } from './panels.ts';
import { placeOf } from './place.ts';
import { variablesOf } from './variables.ts';

const COLUMNS = 24;
/** The first Grafana with this schema version. */
const GRAFANA = '10.4.0';

/**
 * A dashboard as a file that Grafana 10.4 and later import or provision: the classic model, schema version 39.
 * https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 * Throws a {@link NotExpressible}.
 */
export function compileGrafana(dashboard: Dashboard, parameters: Parameters, others: readonly Dashboard[]): string {
  const panels = panelsOf(dashboard, parameters);
  const variables = variablesOf(dashboard, parameters, dataSourceTypes(panels));
  const file: JsonObject = {
    __inputs: [],
    __requires: requirements(panels),
    annotations: { list: [] },
    description: markedDescription(dashboard),
    editable: false,
    fiscalYearStartMonth: 0,
    graphTooltip: 1,
    id: null,
    links: others.filter(({ id }) => dashboard.links.includes(id)).map(linkTo),
    panels,
    refresh: dashboard.time.refresh,
    schemaVersion: 39,
    tags: ['tailrace', dashboard.system],
    templating: { list: variables },
    time: { from: `now-${dashboard.time.from}`, to: 'now' },
    timepicker: {},
    timezone: 'browser',
    title: titleOf(dashboard),
    uid: uidOf(dashboard),
    weekStart: '',
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function titleOf({ system, name }: Dashboard): string {
  return `${system} / ${name}`;
}

function linkTo(other: Dashboard): JsonObject {
  return {
    ...{ asDropdown: false, icon: 'dashboard', includeVars: false, keepTime: true, tags: [], targetBlank: false },
    ...{ title: titleOf(other), tooltip: other.description, type: 'link', url: `/d/${uidOf(other)}` },
  };
}

/** Rows below each other. */
function panelsOf(dashboard: Dashboard, parameters: Parameters): JsonObject[] {
  const numberOf = numbering();
  const panels: JsonObject[] = [];
  let top = 0;
  for (const { title, panels: all } of dashboard.rows) {
    const shown = all.flatMap((panel) => panelFor(panel, 'grafana') ?? []);
    if (shown.length === 0) continue;
    const gridPos = { h: 1, w: COLUMNS, x: 0, y: top };
    panels.push({ collapsed: false, gridPos, id: numberOf(`row ${title}`), panels: [], title, type: 'row' });
    const { positions, bottom } = flow(shown, top + 1);
    for (const [k, panel] of shown.entries()) {
      const body = panelBody(panel, placeOf(panel, { dashboard, parameters }));
      const { title: name, description } = panel;
      panels.push({ id: numberOf(panel.id), title: name, description, gridPos: positions[k] ?? gridPos, ...body });
    }
    top = bottom;
  }
  return panels;
}

/** Panels from left to right, then down. */
function flow(panels: readonly Panel[], top: number): { positions: JsonObject[]; bottom: number } {
  let [x, y, tallest] = [0, top, 0];
  const positions = panels.map(({ width, height }) => {
    if (x + width > COLUMNS) [x, y, tallest] = [0, y + tallest, 0];
    const position = { h: height, w: width, x, y };
    [x, tallest] = [x + width, Math.max(tallest, height)];
    return position;
  });
  return { positions, bottom: y + tallest };
}

/** Numbers of panels, each of which is given once. */
function numbering(): (id: string) => number {
  const given = new Map<number, string>();
  return (id) => {
    const number = panelNumber(id);
    const other = given.get(number);
    if (other !== undefined) throw new NotExpressible(id, 'grafana', `its number is that of "${other}", rename one`);
    given.set(number, id);
    return number;
  };
}

function dataSourceTypes(panels: readonly JsonObject[]): ReadonlySet<string> {
  return new Set(panels.map(({ datasource }) => String(member(datasource, 'type'))));
}

function requirements(panels: readonly JsonObject[]): Json[] {
  const sources = [...dataSourceTypes(panels)].filter((type) => type !== 'undefined').toSorted();
  const kinds = [...new Set(panels.map(({ type }) => String(type)))].filter((type) => type !== 'row').toSorted();
  return [
    { type: 'grafana', id: 'grafana', name: 'Grafana', version: GRAFANA },
    ...sources.map((id) => ({ type: 'datasource', id, name: id, version: '1.0.0' })),
    ...kinds.map((id) => ({ type: 'panel', id, name: id, version: '' })),
  ];
}

function member(value: Json | undefined, key: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject)[key] : undefined;
}
