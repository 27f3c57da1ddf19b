import { markedDescription } from '../mark.ts';
import type { Dashboard, Panel, Parameters, Row } from '../model.ts';
import { panelFor } from '../panel-for.ts';
import { COLUMNS, layOut } from './layout.ts';
import { placeOf } from './place.ts';
import type { Json, JsonObject } from './units.ts';
import { templateVariables } from './variables.ts';
import { note, widgetOf } from './widgets.ts';

/**
 * A dashboard as Datadog's API and its import take it (docs.datadoghq.com/api/latest/dashboards, ordered layout); `others` are those it
 * may link to. Throws a `NotExpressible` for a panel that Datadog cannot show honestly.
 */
export function compileDatadog(dashboard: Dashboard, parameters: Parameters, others: readonly Dashboard[]): string {
  const file: JsonObject = {
    title: datadogTitle(dashboard),
    description: markedDescription(dashboard),
    ...{ layout_type: 'ordered', reflow_type: 'fixed' },
    template_variables: templateVariables(dashboard, parameters),
    default_timeframe: { type: 'live', ...TIMES[dashboard.time.from] },
    widgets: widgets(dashboard, parameters, others),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** `mirrord - Usage`. */
function datadogTitle({ system, name }: Pick<Dashboard, 'system' | 'name'>): string {
  return `${system} - ${name}`;
}

const TIMES: Readonly<Record<Dashboard['time']['from'], JsonObject>> = {
  '1h': { value: 1, unit: 'hour' },
  '6h': { value: 6, unit: 'hour' },
  '24h': { value: 24, unit: 'hour' },
  '7d': { value: 7, unit: 'day' },
};

/** Height of the widget that says what the dashboard is and what others there are. */
const HEAD_ROWS = 1;

function widgets(dashboard: Dashboard, parameters: Parameters, others: readonly Dashboard[]): Json[] {
  const placed: Json[] = [
    { definition: head(dashboard, others), layout: { x: 0, y: 0, width: COLUMNS, height: HEAD_ROWS } },
  ];
  let y = HEAD_ROWS;
  for (const row of dashboard.rows) {
    const { widget, height } = group(row, y, (panel) => widgetOf(panel, placeOf(dashboard, panel, parameters)));
    placed.push(...widget);
    y += height;
  }
  return placed;
}

/** Datadog gives dashboards ids of its own, so links search for titles. */
function head({ description, links }: Dashboard, others: readonly Dashboard[]): JsonObject {
  const linked = others.filter(({ id }) => links.includes(id));
  const texts = linked.map((other) => {
    const title = datadogTitle(other);
    return `[${title}](/dashboard/lists?q=${encodeURIComponent(title)})`;
  });
  return note({ title: '', text: [description, ...texts].join(' · ') });
}

/** A row as a group of widgets, which are laid out within it; the group's title takes a row of its own. */
function group(
  row: Row,
  y: number,
  define: (panel: Panel) => JsonObject,
): { readonly widget: readonly Json[]; readonly height: number } {
  const panels = row.panels.flatMap((panel) => panelFor(panel, 'datadog') ?? []);
  if (panels.length === 0) return { widget: [], height: 0 };
  const { placed, height: inner } = layOut(panels);
  const height = inner + 1;
  const definition = {
    ...{ type: 'group', layout_type: 'ordered', title: row.title, show_title: true },
    widgets: placed.map(({ panel, layout }) => ({ definition: define(panel), layout: { ...layout } })),
  };
  return { widget: [{ definition, layout: { x: 0, y, width: COLUMNS, height } }], height };
}
