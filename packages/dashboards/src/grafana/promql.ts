import type { MetricExpression, MetricQuery, Parameters } from '../model.ts';

/** Where an expression is asked: names, times and what narrows the series. */
export interface PromqlContext {
  /** In front of metric names. */
  readonly prefix: string;
  /** What a counter or histogram is looked at over: `5m`, or a variable of the data source. */
  readonly window: string;
  /** Seconds of a step; with it an increase is that of one step, without it that of the window. */
  readonly step?: string;
  /** Labels that a variable narrows. */
  readonly variables?: readonly { readonly label: string; readonly variable: string }[];
}

/** What stands in front of the names of a query's metrics. */
export function metricPrefix(of: MetricQuery['of'], { metric_prefix }: Parameters): string {
  return of === 'mirrord' ? metric_prefix : '';
}

/**
 * A metric line in PromQL. Counters that have no series yet count as 0 beside those that have.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/
 */
export function promqlOf(expression: MetricExpression, context: PromqlContext): string {
  switch (expression.shape) {
    case 'gauge':
      return scaled(folded(expression.fold, expression, series(expression, '', context)), expression.scale ?? 1);
    case 'rate':
      return summed(expression, counted('rate', expression, '', context));
    case 'increase':
      return increase(expression, '', context);
    case 'quantile': {
      const buckets = summed(withBounds(expression), counted('rate', expression, '_bucket', context));
      return `histogram_quantile(${expression.percent / 100}, ${buckets})`;
    }
    case 'buckets':
      return increase(withBounds(expression), '_bucket', context);
    case 'ratio': {
      const under = operand(expression.under, context);
      const ratio = `${orZero(expression.over, under, context)} / (${under} > 0)`;
      return expression.atMost === undefined ? ratio : `clamp_max(${ratio}, ${expression.atMost})`;
    }
    case 'difference': {
      const from = operand(expression.from, context);
      return `${from} - ${orZero(expression.minus, from, context)}`;
    }
  }
}

/** A text in double quotes, with `$` and `[` escaped as well: Grafana puts variables into queries, PromQL strings included. */
export function promqlString(text: string): string {
  const escaped = text.replace(/[\\"$[\p{Cc}]/gu, (character) => {
    if (character === '\\' || character === '"') return `\\${character}`;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

/** The labels that an expression keeps apart, in order. */
export function labelsOf(expression: MetricExpression): readonly string[] {
  if (expression.shape === 'ratio') return labelsOf(expression.over);
  if (expression.shape === 'difference') return labelsOf(expression.from);
  return expression.by ?? [];
}

type Simple = Exclude<MetricExpression, { shape: 'ratio' | 'difference' }>;

function withBounds<Expression extends Simple>(expression: Expression): Expression {
  return { ...expression, by: ['le', ...(expression.by ?? [])] };
}

function summed(expression: Simple, text: string): string {
  return folded('sum', expression, text);
}

function folded(fold: string, { by = [] }: Simple, text: string): string {
  return by.length === 0 ? `${fold}(${text})` : `${fold} by (${by.join(', ')}) (${text})`;
}

function counted(how: 'rate' | 'increase', expression: Simple, suffix: string, context: PromqlContext): string {
  return `${how}(${series(expression, suffix, context)}[${context.window}])`;
}

function increase(expression: Simple, suffix: string, context: PromqlContext): string {
  // A rate looks back over several scrapes: an increase over a step that is shorter than those would say nothing.
  return context.step === undefined
    ? summed(expression, counted('increase', expression, suffix, context))
    : `${summed(expression, counted('rate', expression, suffix, context))} * ${context.step}`;
}

function series({ metric, where = [] }: Simple, suffix: string, { prefix, variables = [] }: PromqlContext): string {
  const fixed = where.map(({ label, is }) => `${label}=${promqlString(is)}`);
  // The empty alternative: a metric without this label is not narrowed by it.
  const chosen = variables.map(({ label, variable }) => `${label}=~"$${variable}|"`);
  const labels = [...fixed, ...chosen];
  return `${prefix}${metric}${suffix}${labels.length === 0 ? '' : `{${labels.join(', ')}}`}`;
}

function scaled(text: string, scale: number): string {
  if (scale === 1) return text;
  const inverse = Math.round(1 / scale);
  return Math.abs(inverse * scale - 1) < 1e-12 ? `${text} / ${inverse}` : `${text} * ${scale}`;
}

function operand(expression: MetricExpression, context: PromqlContext): string {
  const text = promqlOf(expression, context);
  const isBinary =
    (expression.shape === 'ratio' && expression.atMost === undefined) ||
    expression.shape === 'difference' ||
    (expression.shape === 'gauge' && expression.scale !== undefined) ||
    (expression.shape === 'increase' && context.step !== undefined);
  return isBinary ? `(${text})` : text;
}

/** Counters get their series when they first count: without one beside another that has, it is 0; a gauge is unknown then. */
function orZero(expression: MetricExpression, beside: string, context: PromqlContext): string {
  const text = operand(expression, context);
  return expression.shape === 'rate' || expression.shape === 'increase' ? `(${text} or 0 * ${beside})` : text;
}
