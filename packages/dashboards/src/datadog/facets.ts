import type { Column, Condition, Dashboard, MetricExpression, Panel, Parameters, Query } from '../model.ts';
import { panelFor } from '../panel-for.ts';
import { placeOf } from './place.ts';
import { askedBy } from './variables.ts';

/** What an organisation has to create once, before the dashboards can group and calculate by an attribute of logs. */
export interface FacetOrMeasure {
  /** As Datadog writes it: `@fields.session_id`. */
  readonly path: string;
  /** As field files name it. */
  readonly field: string;
  /** A measure is a facet whose values are numbers. */
  readonly kind: 'facet' | 'measure';
  /** Panels and variables that need it, `dashboard/panel`. */
  readonly usedBy: readonly string[];
}

/**
 * The facets and measures that dashboards need in Datadog, by path: groups, unique counts and variables need facets, calculations and
 * comparisons of numbers need measures (docs.datadoghq.com/logs/explorer/facets). Searching alone needs neither.
 */
export function facetsAndMeasures(dashboards: readonly Dashboard[], parameters: Parameters): FacetOrMeasure[] {
  const found = new Map<string, { field: string; kind: FacetOrMeasure['kind']; usedBy: Set<string> }>();
  const add = ({ path, field, kind, user }: Need): void => {
    const known = found.get(path) ?? { field, kind, usedBy: new Set<string>() };
    found.set(path, { ...known, kind: known.kind === 'measure' ? 'measure' : kind });
    known.usedBy.add(user);
  };
  for (const dashboard of dashboards) needsOf(dashboard, parameters).forEach(add);
  // Those without @ are Datadog's own, which every organisation has.
  const own = [...found].filter(([path]) => path.startsWith('@'));
  const sorted = own.sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([path, { field, kind, usedBy }]) => ({ path, field, kind, usedBy: [...usedBy] }));
}

interface Need {
  readonly path: string;
  readonly field: string;
  readonly kind: FacetOrMeasure['kind'];
  readonly user: string;
}

function needsOf(dashboard: Dashboard, parameters: Parameters): Need[] {
  return panelsOf(dashboard).flatMap((panel) => {
    const { attribute } = placeOf(dashboard, panel, parameters);
    const users = [...usesOf(panel), ...(askedBy(panel) === 'logs' ? sharedUses(dashboard) : [])];
    return users.map(({ field, kind }) => ({
      path: attribute(field),
      field,
      kind,
      user: `${dashboard.id}/${panel.id}`,
    }));
  });
}

interface Use {
  readonly field: string;
  readonly kind: FacetOrMeasure['kind'];
}

function sharedUses({ variables, base }: Dashboard): Use[] {
  const chosen = variables.flatMap(({ field }): Use[] => (field === undefined ? [] : [{ field, kind: 'facet' }]));
  return [...chosen, ...base.flatMap(compared)];
}

function usesOf(panel: Panel): Use[] {
  if (panel.kind === 'events') return panel.where.flatMap(compared);
  return 'query' in panel ? queryUses(panel.query) : [];
}

function queryUses(query: Query): Use[] {
  if (query.source !== 'logs') return [];
  const groups = (query.by ?? []).map(({ field }): Use => ({ field, kind: 'facet' }));
  return [...groups, ...query.agg.flatMap(columnUses), ...query.where.flatMap(compared)];
}

function columnUses(column: Column): Use[] {
  const conditions = (column.where ?? []).flatMap(compared);
  if (column.op === 'count' || column.op === 'last_seen') return conditions;
  return [{ field: column.field, kind: column.op === 'cardinality' ? 'facet' : 'measure' }, ...conditions];
}

function compared(condition: Condition): Use[] {
  return 'atLeast' in condition || 'below' in condition ? [{ field: condition.field, kind: 'measure' }] : [];
}

/** A distribution that a dashboard asks percentiles of. */
export interface PercentileMetric {
  /** As Datadog knows it. */
  readonly metric: string;
  readonly usedBy: readonly string[];
}

/**
 * The distributions for which percentiles have to be switched on, by name; without it the panels stay empty
 * (docs.datadoghq.com/metrics/distributions/#enabling-advanced-query-functionality).
 */
export function percentileMetrics(dashboards: readonly Dashboard[], parameters: Parameters): PercentileMetric[] {
  const found = new Map<string, Set<string>>();
  for (const dashboard of dashboards) {
    for (const panel of panelsOf(dashboard)) {
      const { metricName } = placeOf(dashboard, panel, parameters);
      if (!('query' in panel) || panel.query.source !== 'metrics') continue;
      const { of, lines } = panel.query;
      const names = lines.flatMap(quantiles).map((metric) => metricName(metric, of));
      for (const name of names) found.set(name, (found.get(name) ?? new Set()).add(`${dashboard.id}/${panel.id}`));
    }
  }
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([metric, usedBy]) => ({ metric, usedBy: [...usedBy] }));
}

function quantiles(expression: MetricExpression): string[] {
  if (expression.shape === 'ratio') return [expression.over, expression.under].flatMap(quantiles);
  if (expression.shape === 'difference') return [expression.from, expression.minus].flatMap(quantiles);
  return expression.shape === 'quantile' ? [expression.metric] : [];
}

function panelsOf(dashboard: Dashboard): Panel[] {
  return dashboard.rows.flatMap(({ panels }) => panels.flatMap((panel) => panelFor(panel, 'datadog') ?? []));
}
