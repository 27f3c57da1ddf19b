import { string } from '@tailrace/core';
import {
  type Condition,
  type Dashboard,
  DEFAULTS,
  fieldName,
  fieldsRead,
  type Panel,
  panelFor,
} from '@tailrace/dashboards';
import { ApiProblem } from '../api-problem.ts';
import { type ApiContext, defineRoute } from '../route.ts';
import type { DashboardName, PanelView } from '../types.ts';

/** The parameter of paths that names a dashboard. */
export const DASHBOARD_ID = string({ description: 'Id of a dashboard.', required: true, minLength: 1, maxLength: 100 });

/** A condition on a field by the name that the events have. */
export function named(condition: Condition): Condition {
  return { ...condition, field: fieldName(condition.field, DEFAULTS) };
}

/** A dashboard as lists show it. */
export function nameOf({ id, system, name, description }: Dashboard): DashboardName {
  return { id, system, name, description };
}

/** The dashboard of this id; throws an {@link ApiProblem}. */
export function dashboardOf({ dashboards }: ApiContext, id: string): Dashboard {
  const found = dashboards.find((dashboard) => dashboard.id === id);
  if (found !== undefined) return found;
  throw new ApiProblem(
    'not_found',
    `there is no dashboard ${JSON.stringify(id)}; there are ${dashboards.map((dashboard) => dashboard.id).join(', ')}`,
  );
}

/** A panel as the store fills it, or why it cannot. */
export function panelView({ store }: ApiContext, dashboard: Dashboard, panel: Panel): PanelView {
  const shown = panelFor(panel, 'local');
  if (shown === undefined) return { panel, leftOut: panel.except?.local ?? 'the local store cannot show it' };
  const missing = fieldsRead(dashboard, DEFAULTS).filter(
    (read) => read.panel === panel.id && read.target === 'local' && !Object.hasOwn(store.fields, read.field),
  );
  if (missing.length === 0) return { panel: shown };
  const names = [...new Set(missing.map(({ field }) => field))];
  const said = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
  return {
    panel: shown,
    leftOut: `The store has no column for ${said}: name a field file that declares ${names.length === 1 ? 'it' : 'them'} under \`fields\` of the sink.`,
  };
}

/** A dashboard as the page draws it. */
export const dashboard = defineRoute({
  method: 'GET',
  path: '/api/v1/dashboards/{id}',
  summary: 'A dashboard: its panels, its variables, and what each log query of it has in common.',
  params: { id: DASHBOARD_ID },
  answer: 'DashboardView',
  answerOf(context, { params }) {
    const found = dashboardOf(context, params.id);
    return {
      ...nameOf(found),
      time: found.time,
      base: found.base.map(named),
      variables: found.variables.flatMap(({ name, label, field }) =>
        field === undefined ? [] : [{ name, label, field: fieldName(field, DEFAULTS) }],
      ),
      links: found.links.flatMap((id) => context.dashboards.filter((other) => other.id === id).map(nameOf)),
      rows: found.rows.map(({ title, panels }) => ({
        title,
        panels: panels.map((panel) => panelView(context, found, panel)),
      })),
    };
  },
});
