import type { MetricExpression, MetricLine, MetricQuery, Parameters, Unit } from '../model.ts';
import { legalTag } from './names.ts';
import type { Asked, Formula, Numbers } from './numbers.ts';
import type { Place } from './place.ts';
import { factorOf, type JsonObject } from './units.ts';

/** A question to metrics: a query for each metric of each line, and a formula for each line. */
export function metricNumbers(query: MetricQuery, asked: Asked, place: Place): Numbers {
  const queries: JsonObject[] = [];
  const add = (text: string, aggregator: string): string => {
    const name = `query${queries.length + 1}`;
    // `aggregator` makes one number of a series, where no series is shown.
    const one = asked.over === 'time' ? {} : { aggregator };
    queries.push({ data_source: 'metrics', name, query: text, ...one });
    return name;
  };
  const writer: Writer = { add, of: query.of, unit: asked.unit, over: asked.over, place };
  const formulas = query.lines.flatMap((line) => byColor(line, asked.colors, writer));
  return {
    queries,
    formulas,
    areGrouped: query.lines.some((line) => labelsOf(line).length > 0),
    areAdditive: query.lines.every(({ shape }) => shape === 'increase'),
  };
}

interface Writer {
  add(text: string, aggregator: string): string;
  readonly of: MetricQuery['of'];
  readonly unit: Unit;
  readonly over: Asked['over'];
  readonly place: Place;
}

/** Groups with a colour of their own become queries, as with logs. */
function byColor(line: MetricLine, colors: Asked['colors'], writer: Writer): Formula[] {
  const { name } = line;
  const { unit } = writer;
  const whole = (filters: readonly string[]): Formula => ({
    formula: scaled(line, writer, filters),
    alias: name,
    unit,
  });
  const own = colors.get(name);
  if (own !== undefined) return [{ ...whole([]), color: own }];
  const [label, more] = labelsOf(line);
  const values = [...colors.keys()];
  if (label === undefined || more !== undefined || values.length === 0) return [whole([])];
  const colored = values.map((value) => ({
    ...{ ...whole([legalTag(`${label}:${value}`)]), alias: value },
    ...{ color: colors.get(value)! },
  }));
  return [...colored, { ...whole(values.map((value) => `!${legalTag(`${label}:${value}`)}`)), alias: 'others' }];
}

function labelsOf(expression: MetricExpression): readonly string[] {
  if (expression.shape === 'ratio') return labelsOf(expression.over);
  if (expression.shape === 'difference') return labelsOf(expression.from);
  return expression.by ?? [];
}

function scaled(line: MetricExpression, writer: Writer, filters: readonly string[]): string {
  const formula = zeroWhileAlive(line, writer, written(line, writer, filters));
  const factor = factorOf(writer.unit);
  return factor === 1 ? formula : `${factor} * ${inner(formula)}`;
}

/** Nothing was counted yet: 0 while there is a tailrace to count, and no data without one. mirrord has no metric that is always there. */
function zeroWhileAlive(line: MetricExpression, { add, of, place }: Writer, formula: string): string {
  if (of !== 'tailrace' || !isWholeCount(line)) return formula;
  return `default_zero(${formula}) + 0 * ${add(`max:${place.metricName('tailrace_build_info', of)}{*}`, 'last')}`;
}

function isWholeCount({ shape, by = [] }: { readonly shape: string; readonly by?: readonly string[] }): boolean {
  return (shape === 'rate' || shape === 'increase') && by.length === 0;
}

function written(expression: MetricExpression, writer: Writer, filters: readonly string[]): string {
  if (expression.shape === 'ratio') {
    const over = inner(written(expression.over, writer, filters));
    const under = inner(written(expression.under, writer, filters));
    // Nothing where the second one is 0 or missing; a first one that is missing beside it has not counted yet.
    const ratio = `${isWholeCount(expression.over) ? `default_zero(${over})` : over} / ${under}`;
    return expression.atMost === undefined ? ratio : `clamp_max(${ratio}, ${expression.atMost})`;
  }
  if (expression.shape === 'difference')
    return `${written(expression.from, writer, filters)} - ${inner(written(expression.minus, writer, filters))}`;
  return measured(expression, writer, filters);
}

function inner(formula: string): string {
  return /^(\w+|\w+\([^()]*\))$/.test(formula) ? formula : `(${formula})`;
}

type Measured = Exclude<MetricExpression, { readonly shape: 'ratio' | 'difference' }>;

function measured(expression: Measured, writer: Writer, filters: readonly string[]): string {
  const { add } = writer;
  const series = seriesOf(expression, writer, filters);
  switch (expression.shape) {
    case 'gauge': {
      const { fold, scale } = expression;
      // A step of a long time is by default the average of its values, which hides extremes.
      const rollup = writer.over === 'time' && (fold === 'min' || fold === 'max') ? `.rollup(${fold})` : '';
      return times(add(`${fold}:${series}${rollup}`, 'last'), scale ?? 1);
    }
    case 'rate':
      return add(`sum:${series}.as_rate()`, 'avg');
    case 'increase':
      return add(`sum:${series}.as_count()`, 'sum');
    case 'quantile': {
      const scale = histogramScale(writer.of, writer.unit, writer.place.parameters);
      return times(add(`p${expression.percent}:${series}`, 'percentile'), scale);
    }
    case 'buckets':
      return writer.place.refuse('a histogram over time is a heatmap');
  }
}

/** `mirrord_read_sqs_messages_count{*} by {original_queue}`. */
export function seriesOf(
  { metric, where = [], by = [] }: Measured,
  { of, place }: Pick<Writer, 'of' | 'place'>,
  filters: readonly string[],
): string {
  const fixed = where.map(({ label, is }) => legalTag(`${label}:${is}`));
  const groups = by.length > 0 ? ` by {${by.map(legalTag).join(',')}}` : '';
  return `${place.metricName(metric, of)}{${place.metricScope([...fixed, ...filters])}}${groups}`;
}

/** A division is exact where a factor such as 1/86400 is not. */
function times(formula: string, factor: number): string {
  if (factor === 1) return formula;
  const divisor = Math.round(1 / factor);
  if (factor < 1 && Math.abs(divisor * factor - 1) < 1e-12) return `${formula} / ${divisor}`;
  return `${formula} * ${factor}`;
}

/** From the unit of a histogram's values to the panel's; our own histograms are in seconds where the panel shows a time. */
function histogramScale(of: MetricQuery['of'], unit: Unit, { histogram_unit }: Parameters): number {
  const from = of === 'mirrord' ? histogram_unit : 'seconds';
  if (unit === 'seconds') return from === 'seconds' ? 1 : 1 / 1000;
  if (unit === 'milliseconds') return from === 'seconds' ? 1000 : 1;
  return 1;
}
