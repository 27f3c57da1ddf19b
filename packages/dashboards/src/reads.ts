import type {
  Aggregation,
  Condition,
  Dashboard,
  LogQuery,
  MetricExpression,
  MetricQuery,
  Panel,
  Parameters,
  Target,
} from './model.ts';
import { panelFor } from './panel-for.ts';
import { fieldName } from './parameters.ts';

/**
 * What a panel does with a field, which says what types it can have: compare it as a whole (`text`, `number`, `flag`), by its beginning, by
 * size, ask whether it is there, group by it, count its values, calculate with it, order by its time, or show it.
 */
export type FieldUse =
  | 'equals_text'
  | 'equals_number'
  | 'equals_flag'
  | 'begins_with'
  | 'range'
  | 'exists'
  | 'groups'
  | 'distinct'
  | 'calculation'
  | 'time'
  | 'choice'
  | 'shown';

/** A field that a panel reads on a target. */
export interface FieldRead {
  /** Id of the panel, or `variable <name>`. */
  readonly panel: string;
  readonly target: Target;
  /** By the name that the events have under the parameters. */
  readonly field: string;
  readonly use: FieldUse;
}

/** A metric that a panel reads on a target. */
export interface MetricRead {
  readonly panel: string;
  readonly target: Target;
  readonly of: MetricQuery['of'];
  /** By the name that it is exposed under; of a histogram without `_bucket`. */
  readonly metric: string;
  /** What it has to be; `any` where only its labels are looked at. */
  readonly kind: 'gauge' | 'counter' | 'histogram' | 'any';
  /** Labels by which it is filtered or kept apart. */
  readonly labels: readonly string[];
}

const TARGETS: readonly Target[] = ['kibana', 'grafana', 'datadog', 'local'];

/** The field that says when an event was. */
const TIME_FIELD = '@timestamp';

/** All fields that a dashboard reads on its targets, each use once. */
export function fieldsRead(dashboard: Dashboard, parameters: Parameters): FieldRead[] {
  const reads = panelsOf(dashboard, (panel, target, name) =>
    usesOf(dashboard, panel).map(({ field, use }) => ({ ...name, target, field: fieldName(field, parameters), use })),
  );
  const choices = TARGETS.flatMap((target) =>
    dashboard.variables.flatMap(({ name, field }) =>
      field === undefined
        ? []
        : [{ panel: `variable ${name}`, target, field: fieldName(field, parameters), use: 'choice' as const }],
    ),
  );
  return distinct([...reads, ...choices]);
}

/** All metrics that a dashboard reads on its targets, with their labels. */
export function metricsRead(dashboard: Dashboard, { metric_prefix }: Parameters): MetricRead[] {
  const exposed = (of: MetricQuery['of'], metric: string) => (of === 'mirrord' ? `${metric_prefix}${metric}` : metric);
  const reads = panelsOf(dashboard, (panel, target, name) => {
    const query = 'query' in panel ? panel.query : undefined;
    if (query?.source !== 'metrics') return [];
    const { of } = query;
    return query.lines
      .flatMap(measured)
      .map(({ metric, ...read }) => ({ ...name, target, of, ...read, metric: exposed(of, metric) }));
  });
  const of = dashboard.system === 'tailrace' ? 'tailrace' : 'mirrord';
  const choices = dashboard.variables.flatMap(({ name, field, label_name, metric }): MetricRead[] => {
    if (label_name === undefined || metric === undefined) return [];
    const read = { of, metric: exposed(of, metric), kind: 'any', labels: [label_name] } as const;
    // The local page takes its choices from events where they have the field.
    const targets = ['grafana', 'datadog', ...(field === undefined ? ['local' as const] : [])] as const;
    return targets.map((target) => ({ panel: `variable ${name}`, target, ...read }));
  });
  return distinct([...reads, ...choices]);
}

function panelsOf<T>(
  { rows }: Dashboard,
  read: (panel: Panel, target: Target, name: { readonly panel: string }) => readonly T[],
): T[] {
  const panels = rows.flatMap((row) => row.panels);
  return TARGETS.flatMap((target) =>
    panels.flatMap((panel) => {
      const shown = panelFor(panel, target);
      return shown === undefined ? [] : read(shown, target, { panel: panel.id });
    }),
  );
}

type Use = Pick<FieldRead, 'field' | 'use'>;

function usesOf({ base, variables }: Dashboard, panel: Panel): Use[] {
  // What a variable chooses filters each log query.
  const always = [
    { field: TIME_FIELD, use: 'time' } as const,
    ...base.flatMap(usesOfCondition),
    ...variables.flatMap(({ field }) => (field === undefined ? [] : [{ field, use: 'choice' } as const])),
  ];
  if (panel.kind === 'events') {
    const columns = panel.columns.map(({ field }) => ({ field, use: 'shown' }) as const);
    return [...always, ...panel.where.flatMap(usesOfCondition), ...columns];
  }
  return 'query' in panel && panel.query.source === 'logs' ? [...always, ...usesOfQuery(panel.query)] : [];
}

function usesOfQuery({ where, agg, by = [] }: LogQuery): Use[] {
  return [
    ...[...where, ...agg.flatMap((column) => column.where ?? [])].flatMap(usesOfCondition),
    ...agg.flatMap(usesOfAggregation),
    ...by.map(({ field }) => ({ field, use: 'groups' }) as const),
  ];
}

function usesOfAggregation(aggregation: Aggregation): Use[] {
  if (aggregation.op === 'count' || aggregation.op === 'last_seen') return [];
  return [{ field: aggregation.field, use: aggregation.op === 'cardinality' ? 'distinct' : 'calculation' }];
}

function usesOfCondition(condition: Condition): Use[] {
  const { field } = condition;
  if ('exists' in condition) return [{ field, use: 'exists' }];
  if ('startsWith' in condition || 'startsNotWith' in condition) return [{ field, use: 'begins_with' }];
  if ('atLeast' in condition || 'below' in condition) return [{ field, use: 'range' }];
  const values = [('is' in condition ? condition.is : condition.isNot) as string | number | boolean].flat();
  return values.map((value) => ({ field, use: EQUALS[typeof value as keyof typeof EQUALS] }));
}

const EQUALS = { string: 'equals_text', number: 'equals_number', boolean: 'equals_flag' } as const;

function measured(expression: MetricExpression): Pick<MetricRead, 'metric' | 'kind' | 'labels'>[] {
  if (expression.shape === 'ratio') return [...measured(expression.over), ...measured(expression.under)];
  if (expression.shape === 'difference') return [...measured(expression.from), ...measured(expression.minus)];
  const { metric, where = [], by = [] } = expression;
  return [{ metric, kind: KINDS[expression.shape], labels: [...where.map(({ label }) => label), ...by] }];
}

const KINDS = {
  gauge: 'gauge',
  rate: 'counter',
  increase: 'counter',
  quantile: 'histogram',
  buckets: 'histogram',
} as const;

function distinct<T>(reads: readonly T[]): T[] {
  return [...new Map(reads.map((read) => [JSON.stringify(read), read])).values()];
}
