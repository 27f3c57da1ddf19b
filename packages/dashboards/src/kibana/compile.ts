import { markedDescription } from '../mark.ts';
import type { Dashboard, EventsPanel, Parameters, Row } from '../model.ts';
import { indicesOf, panelFor } from '../panel-for.ts';
import { controlsOf } from './controls.ts';
import { filtersOf } from './filters.ts';
import { GRID_COLUMNS, layOut } from './layout.ts';
import { markdown, type PlacedPanel, panelOf, searchId } from './panels.ts';
import { placeOf } from './place.ts';
import { DASHBOARD_TYPE, DATA_VIEW_TYPE, type JsonObject, type SavedObject, savedObjectsFile } from './saved-object.ts';

/**
 * A dashboard with its data view as a file that Kibana 8.9 and later import; `others` are those it may link to. Throws a
 * `NotExpressible` for a panel that Kibana cannot show honestly.
 */
export function compileKibana(dashboard: Dashboard, parameters: Parameters, others: readonly Dashboard[]): string {
  const id = kibanaId(dashboard);
  const panels = allPanels(dashboard, parameters, others);
  const controls = controlsOf(dashboard, placeOf(dashboard, 'variables', parameters));
  const place = placeOf(dashboard, 'base', parameters);
  const { filters, references } = filtersOf(dashboard.base, place.dataViewId, place);
  const object: SavedObject = {
    ...{ type: DASHBOARD_TYPE, id },
    attributes: {
      ...{ title: kibanaTitle(dashboard), description: markedDescription(dashboard) },
      ...{ timeRestore: true, timeFrom: `now-${dashboard.time.from}`, timeTo: 'now' },
      refreshInterval: { pause: false, value: REFRESH_MS[dashboard.time.refresh] },
      ...(controls ? { controlGroupInput: controls.input } : {}),
      panelsJSON: JSON.stringify(panels.map(({ panel }) => panel)),
      optionsJSON: JSON.stringify(OPTIONS),
      kibanaSavedObjectMeta: {
        searchSourceJSON: JSON.stringify({ query: { query: '', language: 'kuery' }, filter: filters }),
      },
    },
    references: [
      ...references,
      ...(controls?.references ?? []),
      ...panels.flatMap(({ references: ofPanel }) => ofPanel),
    ],
  };
  const objects = panels.flatMap(({ objects: ofPanel }) => ofPanel);
  return savedObjectsFile([dataView(dashboard, parameters), ...objects, object]);
}

/** `[mirrord] Usage`. */
function kibanaTitle({ system, name }: Pick<Dashboard, 'system' | 'name'>): string {
  return `[${system}] ${name}`;
}

/** The id of a dashboard in Kibana: it is the same in each file, so that an import replaces what an earlier one brought. */
function kibanaId({ id }: Pick<Dashboard, 'id'>): string {
  return `tailrace-${id}`;
}

const REFRESH_MS: Readonly<Record<Dashboard['time']['refresh'], number>> = {
  '30s': 30_000,
  '1m': 60_000,
  '5m': 300_000,
};

const OPTIONS: JsonObject = {
  ...{ useMargins: true, syncColors: true, syncCursor: true, syncTooltips: true, hidePanelTitles: false },
};

function dataView(dashboard: Dashboard, parameters: Parameters): SavedObject {
  const { pattern, dataViewId } = indicesOf(dashboard, parameters);
  return {
    ...{ type: DATA_VIEW_TYPE, id: dataViewId, references: [] },
    attributes: {
      ...{ title: pattern, name: `${pattern} (tailrace)`, timeFieldName: '@timestamp' },
      ...{ fields: '[]', fieldAttrs: '{}', fieldFormatMap: '{}', runtimeFieldMap: '{}', sourceFilters: '[]' },
      typeMeta: '{}',
    },
  };
}

/** Rows of Kibana's grid that a headline takes, and a paragraph. */
const HEADLINE = 3;
const PARAGRAPH = 4;

function allPanels(dashboard: Dashboard, parameters: Parameters, others: readonly Dashboard[]): PlacedPanel[] {
  const whole = (y: number, h: number) => ({ x: 0, y, w: GRID_COLUMNS, h });
  const panels = [markdown('about', about(dashboard, others), whole(0, PARAGRAPH))];
  let y = PARAGRAPH;
  for (const [index, row] of dashboard.rows.entries()) {
    const shown = row.panels.flatMap((panel) => panelFor(panel, 'kibana') ?? []);
    if (shown.length === 0) continue;
    panels.push(markdown(`row-${index + 1}`, `## ${row.title}`, whole(y, HEADLINE)));
    const { placed, bottom } = layOut(shown, y + HEADLINE);
    for (const { panel, grid } of placed)
      panels.push(panelOf(panel, grid, kibanaId(dashboard), placeOf(dashboard, panel.id, parameters)));
    y = bottom;
  }
  const missing = leftOut(dashboard.rows);
  if (missing !== '') panels.push(markdown('left-out', missing, whole(y, PARAGRAPH)));
  return panels;
}

/** What the dashboard is, the events behind it, and where to go on; the links stay within the space, whatever its address. */
function about({ description, links, id, rows }: Dashboard, others: readonly Dashboard[]): string {
  const linked = links.map((link) => {
    const other = others.find((one) => one.id === link);
    if (!other) throw new Error(`dashboard "${id}" links to "${link}", which is not there`);
    return `[${escaped(kibanaTitle(other))}](#/view/${kibanaId(other)})`;
  });
  const events = rows
    .flatMap(({ panels }) => panels)
    .filter((panel): panel is EventsPanel => panel.kind === 'events' && panelFor(panel, 'kibana') !== undefined)
    .map((panel) => `[${escaped(panel.title)}](discover#/view/${searchId(kibanaId({ id }), panel)})`);
  return [description, ...linked, ...events].join(' · ');
}

/** Square brackets would end the text of a link. */
function escaped(text: string): string {
  return text.replace(/[[\]\\]/g, '\\$&');
}

/** What other targets show and Kibana does not, and why: nothing is missing without a word. */
function leftOut(rows: readonly Row[]): string {
  const reasons = new Map<string, string[]>();
  for (const panel of rows.flatMap(({ panels }) => panels)) {
    const reason = panel.except?.kibana;
    if (reason !== undefined) reasons.set(reason, [...(reasons.get(reason) ?? []), panel.title]);
  }
  const parts = [...reasons].map(([reason, titles]) => `${titles.join(', ')} (${reason})`);
  return parts.length === 0 ? '' : `Not shown in Kibana: ${parts.join('; ')}.`;
}
