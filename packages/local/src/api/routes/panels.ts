import { integer, string } from '@tailrace/core';
import {
  choicesSqlOf,
  conditionsOf,
  type Dashboard,
  DEFAULTS,
  fieldName,
  type GroupValue,
  type Panel,
  questionsOf,
  readChoices,
  type View,
} from '@tailrace/dashboards';
import { ApiProblem } from '../api-problem.ts';
import { type ApiContext, defineRoute } from '../route.ts';
import type { NumbersTable, PanelAnswer } from '../types.ts';
import { DASHBOARD_ID, dashboardOf, named, panelView } from './dashboards.ts';
import { newestEvents } from './events.ts';
import { TIME } from './time.ts';

/** No panel draws more. */
const LIMITS = { rows: 100_000, milliseconds: 15_000, isOwn: true };
const MOST_CHOICES = 500;

/** The numbers or events of one panel. */
export const panel = defineRoute({
  method: 'GET',
  path: '/api/v1/dashboards/{id}/panels/{panel}',
  summary: 'What a panel shows of a stretch of time.',
  params: { id: DASHBOARD_ID, panel: string({ description: 'Id of a panel.', required: true, maxLength: 100 }) },
  query: {
    ...TIME,
    step: integer({
      description: 'Length of a step, milliseconds; by default about 60 steps of a round length.',
      minimum: 1,
    }),
  },
  variables: true,
  shared: true,
  answer: 'PanelAnswer',
  async answerOf(context, { params, query: { from, to, step }, chosen, signal }) {
    const dashboard = dashboardOf(context, params.id);
    const asked = { from, to, chosen, now: Date.now(), ...(step !== undefined && { step }) };
    const view = checkedView(dashboard, asked);
    return await answerOf(context, shownPanel(context, dashboard, params.panel), dashboard, view, signal);
  },
});

/** The values that a variable can have. */
export const choices = defineRoute({
  method: 'GET',
  path: '/api/v1/dashboards/{id}/variables/{name}',
  summary: 'Values of a variable in a stretch of time, narrowed by what is chosen of those in front of it.',
  params: { id: DASHBOARD_ID, name: string({ description: 'Name of a variable.', required: true, maxLength: 100 }) },
  query: TIME,
  variables: true,
  shared: true,
  answer: 'Choices',
  async answerOf(context, { params, query, chosen, signal }) {
    const dashboard = dashboardOf(context, params.id);
    const view = checkedView(dashboard, { ...query, chosen });
    const variable = dashboard.variables.find(({ name }) => name === params.name);
    if (variable === undefined)
      throw new ApiProblem('not_found', `the dashboard ${dashboard.id} has no variable ${JSON.stringify(params.name)}`);
    const sql = choicesSqlOf(variable.name, dashboard, DEFAULTS, view, MOST_CHOICES);
    const { rows } = await context.store.read(sql, { ...LIMITS, signal });
    return { values: readChoices(rows) };
  },
});

function shownPanel(context: ApiContext, dashboard: Dashboard, id: string): Panel {
  const found = dashboard.rows.flatMap(({ panels }) => panels).find((each) => each.id === id);
  if (found === undefined)
    throw new ApiProblem('not_found', `the dashboard ${dashboard.id} has no panel ${JSON.stringify(id)}`);
  const view = panelView(context, dashboard, found);
  if (view.leftOut !== undefined) throw new ApiProblem('left_out', view.leftOut);
  return view.panel;
}

function checkedView(dashboard: Dashboard, view: View): View {
  const { from, to, chosen = {} } = view;
  if (!(from < to)) throw new ApiProblem('bad_parameter', `from ${from} must be before to ${to}`);
  const names = dashboard.variables.map(({ name }) => name);
  const stranger = Object.keys(chosen).find((name) => !names.includes(name));
  if (stranger === undefined) return view;
  throw new ApiProblem(
    'bad_parameter',
    `var.${stranger}: the dashboard ${dashboard.id} has no such variable; it has ${names.join(', ') || 'none'}`,
  );
}

async function answerOf(
  context: ApiContext,
  shown: Panel,
  dashboard: Dashboard,
  view: View,
  signal: AbortSignal,
): Promise<PanelAnswer> {
  if (shown.kind === 'events') {
    const where = conditionsOf(shown.where, dashboard, view).map(named);
    const columns = shown.columns.map(({ field }) => fieldName(field, DEFAULTS));
    const { events } = await newestEvents(context, { from: view.from, to: view.to, where, columns }, signal);
    return { kind: 'events', columns, events };
  }
  const asked = questionsOf(shown, dashboard, DEFAULTS, view);
  if (asked === undefined) throw new ApiProblem('not_found', `the panel ${shown.id} shows no numbers: it is text`);
  const { step, questions } = asked;
  // Percentiles of one histogram share a statement.
  const statements = [...new Set(questions.map(({ sql }) => sql))];
  const answers = await Promise.all(statements.map((sql) => context.store.read(sql, { ...LIMITS, signal })));
  const tables = questions.map(({ sql, read }) => read(answers[statements.indexOf(sql)]?.rows ?? []));
  const over = step === undefined ? {} : { step };
  return { kind: 'numbers', from: view.from, to: view.to, ...over, tables: tables.map(sendable) };
}

/** JSON has no number without an end; Prometheus writes the upper bound of the last bucket so, too. */
function sendable({ rows, ...table }: NumbersTable): NumbersTable {
  const group = (value: GroupValue) => (value === Number.POSITIVE_INFINITY ? '+Inf' : value);
  return { ...table, rows: rows.map((row) => ({ ...row, groups: row.groups.map(group) })) };
}
