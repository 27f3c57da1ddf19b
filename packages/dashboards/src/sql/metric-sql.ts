import { labelsOf, metricPrefix } from '../grafana/promql.ts';
import type { Dashboard, MetricExpression, MetricQuery, Parameters } from '../model.ts';
import { stepOf, timesOf, type View } from '../view.ts';
import { bucketParts, counterParts, grouped, ratePerSecond } from './metric-growth.ts';
import {
  chosenLabels,
  keysOf,
  type MetricPlace,
  microsOf,
  pointsSelect,
  type SimpleExpression,
  STALE,
} from './metric-points.ts';
import { bigint, double } from './quote.ts';

type Gauge = Extract<MetricExpression, { shape: 'gauge' }>;
type Quantile = Extract<MetricExpression, { shape: 'quantile' }>;
type Ratio = Extract<MetricExpression, { shape: 'ratio' }>;
type Difference = Extract<MetricExpression, { shape: 'difference' }>;

/**
 * A metric line as DuckDB's SQL over the table of data points: a row per group (of buckets `le` in front) and, `over: 'time'`, step, with
 * the step's begin in Unix milliseconds and the number; `readMetricRows` reads them. Of a percentile, `percents` are answered in its place, a column each, since
 * they cost little beside one another. Throws a RangeError for a view without steps and for expressions whose sides do not match.
 */
export function metricSqlOf(
  line: MetricExpression,
  of: MetricQuery['of'],
  dashboard: Dashboard,
  parameters: Parameters,
  shown: View,
  over: 'time' | 'stat',
  table: string,
  percents: readonly number[] = line.shape === 'quantile' ? [line.percent] : [],
): string {
  const labels = labelsOf(line);
  const view = upToNow(shown);
  const place: MetricPlace = {
    ...{ table, labels, view, over, prefix: metricPrefix(of, parameters) },
    chosen: chosenLabels(dashboard, view),
  };
  const keys = [...(line.shape === 'buckets' ? ['le'] : []), ...keysOf(place)];
  const values = line.shape === 'quantile' ? percents.map((_, at) => valueName(at)) : [valueName(0)];
  const answer =
    line.shape === 'buckets'
      ? bucketsSelect(line, place)
      : line.shape === 'quantile'
        ? quantilesSelect(line, place, percents)
        : expressionSelect(line, place);
  const found = `line AS (SELECT * FROM (${answer}) WHERE v IS NOT NULL)`;
  if (over === 'stat') {
    const order = line.shape === 'buckets' ? keys : ['v DESC', ...keys];
    return `WITH ${found}\nSELECT ${[...keys, ...values].join(', ')} FROM line ORDER BY ${order.join(', ')}`;
  }
  // Every group has every step, those in which nothing is known of it too.
  const groups = `groups AS (SELECT DISTINCT ${['1 AS one', ...keys].join(', ')} FROM line)`;
  const all = [...keys, 't'].join(', ');
  return `WITH ${found},\nsteps AS (${stepsSelect(view)}),\n${groups}\nSELECT ${[...keys, 't // 1000 AS t', ...values].join(', ')} FROM groups CROSS JOIN steps LEFT JOIN line USING (${all}) ORDER BY ${all}`;
}

/** The steps stay those of the time shown. */
function upToNow(view: View): View {
  const { from, to, now = to } = view;
  return { ...view, step: stepOf(view), to: Math.max(from + 1, Math.min(to, now)) };
}

function expressionSelect(expression: MetricExpression, place: MetricPlace): string {
  switch (expression.shape) {
    case 'gauge':
      return gaugeSelect(expression, place);
    case 'rate':
      return ratePerSecond(expression, place);
    case 'increase': {
      const keys = [...keysOf(place), ...timeOf(place)];
      const parts = counterParts(expression, place, 'seen');
      return grouped(keys, `SELECT ${[...keys, 'fsum(part) AS v'].join(', ')} FROM (${parts})`);
    }
    case 'quantile':
      return quantilesSelect(expression, place, [expression.percent]);
    case 'buckets':
      throw new RangeError(`${expression.metric}: buckets are a line of their own, not a side of another`);
    case 'ratio':
      return ratioSelect(expression, place);
    case 'difference':
      return differenceSelect(expression, place);
  }
}

/** The newest value of each series at the end of each step, put together. */
function gaugeSelect(expression: Gauge, place: MetricPlace): string {
  const keys = [...keysOf(place), ...timeOf(place)];
  const { from, to, step } = microsOf(place);
  const earliest = place.over === 'time' ? from : to;
  const values = pointsSelect(expression, place, [earliest - STALE, to], ['value']);
  const known = ['series', ...keysOf(place), 'us'].join(', ');
  const moment = `least(t + ${bigint(step)}, ${bigint(to)})`;
  const moments =
    place.over === 'time'
      ? `SELECT t, ${moment} AS moment FROM (${stepsSelect(place.view)})`
      : `SELECT ${bigint(to)} AS moment`;
  const fold = { sum: 'fsum', min: 'min', max: 'max', avg: 'favg' }[expression.fold];
  const { scale = 1 } = expression;
  const select = `WITH points AS (SELECT ${known}, max(CASE WHEN isnan(value) THEN NULL ELSE value END) AS value FROM (${values}) GROUP BY ${known}),
moments AS (${moments}),
asked AS (SELECT * FROM (SELECT DISTINCT series FROM points) CROSS JOIN moments)
SELECT ${[...keys, `${fold}(value)${scale === 1 ? '' : ` * ${double(scale)}`} AS v`].join(', ')} FROM asked ASOF JOIN points ON asked.series = points.series AND points.us < asked.moment
WHERE us >= moment - ${bigint(STALE)} AND value IS NOT NULL`;
  return grouped(keys, select);
}

function bucketsSelect(expression: SimpleExpression, place: MetricPlace): string {
  const keys = ['le', ...keysOf(place), ...timeOf(place)];
  return grouped(
    keys,
    `SELECT ${[...keys, 'fsum(part) AS v'].join(', ')} FROM (${bucketParts(expression, place, 'seen')})`,
  );
}

/**
 * Interpolated within the bucket that the rank falls in, the lowest from 0 on; above the last bound there is only that bound to name.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
function quantilesSelect(expression: Quantile, place: MetricPlace, percents: readonly number[]): string {
  const keys = [...keysOf(place), ...timeOf(place)];
  const parts = bucketParts(expression, place, place.over === 'time' ? 'spread' : 'seen');
  const sums = `SELECT ${[...keys, 'le', 'fsum(part) AS n'].join(', ')} FROM (${parts}) GROUP BY ${[...keys, 'le'].join(', ')}`;
  const partition = keys.length === 0 ? '' : `PARTITION BY ${keys.join(', ')} `;
  const up = `SELECT *, sum(n) OVER rising AS upto, lag(le) OVER rising AS below, sum(n) OVER (${partition}) AS total FROM (${sums}) WINDOW rising AS (${partition}ORDER BY le)`;
  const values = percents.map((percent, at) => `${quantileValue(percent)} AS ${valueName(at)}`);
  return grouped(keys, `SELECT ${[...keys, ...values].join(', ')} FROM (${up}) WHERE total > 0`);
}

/** Over the buckets of a group, with the counts up to and below each. */
function quantileValue(percent: number): string {
  const rank = `${double(percent / 100)} * total`;
  const value = `CASE WHEN isinf(le) THEN below WHEN below IS NULL AND le <= 0 THEN le
ELSE coalesce(below, 0) + (le - coalesce(below, 0)) * least((${rank} - (upto - n)) / n, 1) END`;
  // Parts of points are fractions, whose sums may miss a rank by the last digit.
  return `arg_min(${value}, le) FILTER (WHERE upto >= ${rank} * (1 - 1e-12))`;
}

/** The columns of a line's numbers. */
function valueName(at: number): string {
  return at === 0 ? 'v' : `v${at}`;
}

function ratioSelect({ over, under, atMost }: Ratio, place: MetricPlace): string {
  const { keys, from, other } = sides(under, over, place);
  const ratio = atMost === undefined ? `${other} / x` : `least(${other} / x, ${double(atMost)})`;
  return `SELECT ${[...keys, `${ratio} AS v`].join(', ')} FROM (${from}) WHERE x > 0`;
}

function differenceSelect({ from: whole, minus }: Difference, place: MetricPlace): string {
  const { keys, from, other } = sides(whole, minus, place);
  return `SELECT ${[...keys, `x - ${other} AS v`].join(', ')} FROM (${from})`;
}

/** The groups of one side, its number as `x`, with the other's beside it. Counters get their series when they first count: without one it is 0; a gauge is unknown then. */
function sides(one: MetricExpression, other: MetricExpression, place: MetricPlace) {
  if (labelsOf(one).toSorted().join('\0') !== labelsOf(other).toSorted().join('\0'))
    throw new RangeError('the two sides of a ratio or difference are not kept apart by the same labels');
  const keys = [...keysOf(place), ...timeOf(place)];
  const isCounter = other.shape === 'rate' || other.shape === 'increase';
  const on = ['TRUE', ...keys.map((key) => `one.${key} = other.${key}`)].join(' AND ');
  const selected = [...keys.map((key) => `one.${key}`), 'one.v AS x', 'other.v AS y'].join(', ');
  const [left, right] = [one, other].map(
    (side) => `SELECT * FROM (${expressionSelect(side, place)}) WHERE v IS NOT NULL`,
  );
  return {
    keys,
    from: `SELECT ${selected} FROM (${left}) one ${isCounter ? 'LEFT ' : ''}JOIN (${right}) other ON ${on}`,
    other: isCounter ? 'coalesce(y, 0)' : 'y',
  };
}

function timeOf({ over }: MetricPlace): string[] {
  return over === 'time' ? ['t'] : [];
}

/** Begins of the steps in microseconds. */
function stepsSelect(view: View): string {
  const times = timesOf(view);
  const [first, step] = [(times[0] ?? 0) * 1000, stepOf(view) * 1000];
  return `SELECT unnest(range(${bigint(first)}, ${bigint(first + times.length * step)}, ${bigint(step)})) AS t`;
}
