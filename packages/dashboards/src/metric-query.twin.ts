import { labelsOf } from './grafana/promql.ts';
import type { Dashboard, MetricExpression } from './model.ts';
import type { StoredPoint } from './sql/metrics.fixture.ts';
import { type AnswerRow, type GroupValue, stepOf, timesOf, type View } from './view.ts';

type Simple = Exclude<MetricExpression, { shape: 'ratio' | 'difference' }>;
/** Numbers by group, as JSON; absent where nothing is known. */
type Vector = Map<string, number>;

/** What was counted between two times in milliseconds. */
interface Growth {
  readonly group: readonly GroupValue[];
  readonly after: number;
  readonly at: number;
  readonly count: number;
}

const STALE = 300_000;

/** What a metric line means, in the plainest words: the answer over points in memory. The prefix of mirrord's metrics is `m_`. */
export function metricTwin(
  line: MetricExpression,
  dashboard: Dashboard,
  view: View,
  over: 'time' | 'stat',
  points: readonly StoredPoint[],
): AnswerRow[] {
  const chosen = dashboard.variables.flatMap(({ name, label_name: label }) => {
    const values = view.chosen?.[name] ?? [];
    return label === undefined || values.length === 0 ? [] : [{ label, values }];
  });
  const seen = points.filter(({ labels }) =>
    chosen.every(({ label, values }) => ['', ...values].includes(labels[label] ?? '')),
  );
  const evaluate = (from: number, to: number) =>
    vectorOf(line, { ...{ from, to, view, over, points: seen, labels: labelsOf(line) } });
  if (over === 'stat') {
    const rows = [...evaluate(view.from, view.to)].map(([key, value]) => ({ groups: groupOf(key), columns: [value] }));
    return rows.toSorted((a, b) =>
      line.shape === 'buckets' ? byGroup(a, b) : b.columns[0]! - a.columns[0]! || byGroup(a, b),
    );
  }
  const step = stepOf(view);
  const vectors = timesOf(view).map((time) => ({ time, vector: evaluate(time, time + step) }));
  const keys = [...new Set(vectors.flatMap(({ vector }) => [...vector.keys()]))];
  return keys
    .flatMap((key) =>
      vectors.map(({ time, vector }) => ({ groups: groupOf(key), time, columns: [vector.get(key) ?? null] })),
    )
    .toSorted((a, b) => byGroup(a, b) || a.time - b.time);
}

/** Of a step, or of all the time shown. */
interface Asked {
  readonly from: number;
  readonly to: number;
  readonly view: View;
  readonly over: 'time' | 'stat';
  readonly points: readonly StoredPoint[];
  /** In the order of the answer's groups. */
  readonly labels: readonly string[];
}

function vectorOf(expression: MetricExpression, asked: Asked): Vector {
  switch (expression.shape) {
    case 'ratio': {
      const over = vectorOf(expression.over, asked);
      const pairs = [...vectorOf(expression.under, asked)].flatMap(([key, under]) => {
        const value = over.get(key) ?? zero(expression.over);
        return under > 0 && value !== undefined
          ? [[key, Math.min(value / under, expression.atMost ?? Infinity)] as const]
          : [];
      });
      return new Map(pairs);
    }
    case 'difference': {
      const minus = vectorOf(expression.minus, asked);
      const pairs = [...vectorOf(expression.from, asked)].flatMap(([key, from]) => {
        const value = minus.get(key) ?? zero(expression.minus);
        return value === undefined ? [] : [[key, from - value] as const];
      });
      return new Map(pairs);
    }
    case 'gauge':
      return gaugeOf(expression, asked);
    case 'rate':
      return rateOf(expression, asked);
    case 'increase':
    case 'buckets':
      return summed(counted(growthOf(expression, asked), asked));
    case 'quantile': {
      const growth = growthOf(expression, asked);
      const parts = asked.over === 'time' ? spread(growth, asked) : counted(growth, asked);
      const groups = Map.groupBy(parts, ({ group }) => JSON.stringify(group.slice(1)));
      const values = [...groups].map(([key, own]) => [key, quantile(own, expression.percent / 100)] as const);
      return new Map(values.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
    }
  }
}

/** A counter without series is 0 beside one that has some. */
function zero({ shape }: MetricExpression): number | undefined {
  return shape === 'rate' || shape === 'increase' ? 0 : undefined;
}

function gaugeOf(expression: Extract<MetricExpression, { shape: 'gauge' }>, asked: Asked): Vector {
  const moment = Math.min(asked.to, asked.view.to);
  const values = seriesOf(expression, asked).flatMap((points) => {
    const before = points.filter(({ time }) => time < moment && time >= moment - STALE);
    const newest = before.filter(({ time }) => time === before.at(-1)!.time);
    const known = newest.map(({ value }) => value).filter((value) => value !== undefined && !Number.isNaN(value));
    return known.length === 0
      ? []
      : [{ key: JSON.stringify(groupIn(points[0]!, asked)), value: Math.max(...(known as number[])) }];
  });
  const { fold, scale = 1 } = expression;
  return new Map(
    [...Map.groupBy(values, ({ key }) => key)].map(([key, own]) => {
      const numbers = own.map(({ value }) => value);
      const sum = numbers.reduce((total, value) => total + value, 0);
      const folds = { sum, avg: sum / numbers.length, min: Math.min(...numbers), max: Math.max(...numbers) };
      return [key, folds[fold] * scale];
    }),
  );
}

function rateOf(expression: Simple, asked: Asked): Vector {
  const { from, to, view } = asked;
  const growth = growthOf(expression, asked);
  if (asked.over === 'stat') return summed(counted(growth, asked), 1000 / (to - from));
  // The step that is under way is seen up to the newest point.
  const inView = growth.filter((one) => spread([one], { ...asked, from: view.from, to: view.to }).length > 0);
  const newest = Math.max(...inView.map(({ at }) => at));
  const until = newest >= view.to - STALE ? Math.min(newest, view.to) : view.to;
  const seconds = (Math.min(to, until) - Math.max(from, view.from)) / 1000;
  return seconds === 0 ? new Map() : summed(spread(growth, asked), 1 / seconds);
}

/** All of what was seen in the step. */
function counted(growth: readonly Growth[], { from, to, view }: Asked): Growth[] {
  return growth.filter(({ at }) => at >= Math.max(from, view.from) && at < Math.min(to, view.to));
}

/** What belongs to the step when all came evenly between two points; between points that are far apart nothing is known. */
function spread(growth: readonly Growth[], { from, to, view }: Asked): Growth[] {
  const [first, end] = [Math.max(from, view.from), Math.min(to, view.to)];
  return growth.flatMap((one) => {
    const { after, at, count } = one;
    if (after >= at) return at >= first && at < end ? [one] : [];
    const overlap = Math.min(at, end) - Math.max(after, first);
    return overlap > 0 && at - after <= STALE ? [{ ...one, count: (count * overlap) / (at - after) }] : [];
  });
}

/** What each series counted between its points. */
function growthOf(expression: Simple, asked: Asked): Growth[] {
  const isHistogram = expression.shape === 'quantile' || expression.shape === 'buckets';
  return seriesOf(expression, asked).flatMap((all) => {
    const points = all.filter(({ value, buckets }) =>
      isHistogram ? (buckets ?? []).length > 0 : value !== undefined && !Number.isNaN(value),
    );
    return points.flatMap((point, k) => {
      const counts = countedAt(point, points[k - 1], asked.view.from - STALE, isHistogram);
      if (counts === undefined) return [];
      const group = groupIn(point, asked);
      return counts.map((count, bucket) => ({
        group: isHistogram ? [point.bounds![bucket] ?? Infinity, ...group] : group,
        ...{ after: beginOf(point, points[k - 1]), at: point.time, count },
      }));
    });
  });
}

function beginOf({ time, start, temporality }: StoredPoint, before: StoredPoint | undefined): number {
  const since = start !== undefined && start < time ? start : undefined;
  return temporality === 'delta' || before === undefined ? (since ?? before?.time ?? time) : before.time;
}

/** What a point counts beyond the one before, in each bucket; `undefined` where nobody knows. */
function countedAt(point: StoredPoint, before: StoredPoint | undefined, oldest: number, isHistogram: boolean) {
  const own = isHistogram ? point.buckets! : [point.value!];
  if (point.temporality === 'delta') return own;
  const { start, time } = point;
  const saysWhen = start !== undefined && start < time;
  if (before === undefined) return saysWhen && start >= oldest ? own : undefined;
  const other = isHistogram ? before.buckets! : [before.value!];
  const hasOtherBounds = JSON.stringify(point.bounds) !== JSON.stringify(before.bounds);
  const isNew = hasOtherBounds || own.some((count, k) => count < other[k]!) || (saysWhen && start > before.time);
  return isNew ? own : own.map((count, k) => count - other[k]!);
}

/** Interpolated in the bucket that holds the rank: https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile */
function quantile(parts: readonly Growth[], share: number): number | undefined {
  const byBound = new Map<number, number>();
  for (const { group, count } of parts) byBound.set(Number(group[0]), (byBound.get(Number(group[0])) ?? 0) + count);
  const bounds = [...byBound.keys()].toSorted((a, b) => a - b);
  const rank = share * [...byBound.values()].reduce((sum, count) => sum + count, 0);
  if (!(rank > 0)) return undefined;
  let upto = 0;
  for (const [k, bound] of bounds.entries()) {
    const count = byBound.get(bound)!;
    if (upto + count < rank * (1 - 1e-12)) {
      upto += count;
      continue;
    }
    const below = bounds[k - 1];
    if (bound === Infinity) return below;
    if (below === undefined && bound <= 0) return bound;
    return (below ?? 0) + (bound - (below ?? 0)) * Math.min((rank - upto) / count, 1);
  }
  return undefined;
}

/** The points of each series that are near the time shown, in the order of time; of equal times the smaller first. */
function seriesOf({ metric, where = [] }: Simple, { points, view }: Asked): StoredPoint[][] {
  const own = points.filter(
    ({ name, labels, time }) =>
      name === `m_${metric}` &&
      where.every(({ label, is }) => (labels[label] ?? '') === is) &&
      time >= view.from - STALE &&
      time < view.to + STALE,
  );
  const sizeOf = ({ value, buckets }: StoredPoint) => value ?? buckets?.reduce((sum, one) => sum + one, 0) ?? 0;
  const ordered = own.toSorted((a, b) => a.time - b.time || sizeOf(a) - sizeOf(b));
  return [...Map.groupBy(ordered, ({ series }) => series).values()];
}

function groupIn({ labels }: StoredPoint, asked: Asked): string[] {
  return asked.labels.map((label) => labels[label] ?? '');
}

function summed(parts: readonly Growth[], scale = 1): Vector {
  const sums: Vector = new Map();
  for (const { group, count } of parts) {
    const key = JSON.stringify(group.map((value) => (value === Infinity ? '+Inf' : value)));
    sums.set(key, (sums.get(key) ?? 0) + count * scale);
  }
  return sums;
}

function groupOf(key: string): GroupValue[] {
  return (JSON.parse(key) as GroupValue[]).map((value) => (value === '+Inf' ? Infinity : value));
}

function byGroup({ groups: a }: AnswerRow, { groups: b }: AnswerRow): number {
  const at = a.findIndex((value, k) => value !== b[k]);
  return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1;
}
