import { keysOf, type MetricPlace, microsOf, pointsSelect, type SimpleExpression, STALE } from './metric-points.ts';
import { bigint, double } from './quote.ts';

/**
 * Which part of what came between two points belongs to a step: `seen` all of it, where the later point is; `spread` as much as
 * the step covers of the time between the two, so that a step that is shorter than a scrape has a value too.
 */
export type Sharing = 'seen' | 'spread';

/**
 * What a counter grew by, as `part` by group and, over time, by step (`t`, microseconds).
 */
export function counterParts(expression: SimpleExpression, place: MetricPlace, sharing: Sharing): string {
  const keys = keysOf(place);
  const points = pointsSelect(expression, place, rangeOf(place, sharing), [
    'epoch_us(start) AS began',
    `coalesce(temporality, '') AS temporality`,
    'value',
  ]);
  const { from } = microsOf(place);
  return `WITH points AS (SELECT * FROM (${points}) WHERE NOT isnan(value)),
pairs AS (SELECT *, lag(us) OVER same AS before, lag(value) OVER same AS base FROM points WINDOW same AS (PARTITION BY series ORDER BY us, value)),
growth AS (SELECT ${[...keys, ...span()].join(', ')}, CASE ${anew(from, 'value < base')} THEN value ELSE value - base END AS part FROM pairs)
${shared(keys, sharing, place)}`;
}

/** What the buckets of a histogram grew by, as `part` by group, upper bound (`le`) and, over time, step. */
export function bucketParts(expression: SimpleExpression, place: MetricPlace, sharing: Sharing): string {
  const keys = keysOf(place);
  const points = pointsSelect(expression, place, rangeOf(place, sharing), [
    'epoch_us(start) AS began',
    `coalesce(temporality, '') AS temporality`,
    ...['count', 'bounds', 'buckets'],
  ]);
  const { from } = microsOf(place);
  const difference = 'list_transform(list_zip(buckets, base), lambda pair: pair[1] - pair[2])';
  const isReset = `bounds IS DISTINCT FROM base_bounds OR list_min(${difference}) < 0`;
  return `WITH points AS (SELECT * FROM (${points}) WHERE len(buckets) > 0),
pairs AS (SELECT *, lag(us) OVER same AS before, lag(buckets) OVER same AS base, lag(bounds) OVER same AS base_bounds FROM points WINDOW same AS (PARTITION BY series ORDER BY us, count)),
changes AS (SELECT ${[...keys, ...span()].join(', ')}, bounds, CASE ${anew(from, isReset)} THEN buckets ELSE ${difference} END AS parts FROM pairs),
growth AS (SELECT ${[...keys, 'a', 'b'].join(', ')}, unnest(list_append(bounds, CAST('inf' AS DOUBLE))) AS le, unnest(parts) AS part FROM changes)
${shared([...keys, 'le'], sharing, place)}`;
}

/** The times between which a point's growth came. */
function span(): string[] {
  return [
    `CASE WHEN temporality = 'delta' OR before IS NULL THEN coalesce(CASE WHEN began < us THEN began END, before, us) ELSE before END AS a`,
    'us AS b',
  ];
}

/**
 * When a point says all that was counted rather than more than the one before: reports of what was new, counters that began again, and the
 * first point of a series that says since when it counts. What a series counted before anybody looked is unknown.
 */
function anew(from: number, isReset: string): string {
  const isBorn = `before IS NULL AND began < us AND began >= ${bigint(from - STALE)}`;
  return `WHEN before IS NULL AND temporality <> 'delta' AND NOT coalesce(${isBorn}, FALSE) THEN NULL
WHEN temporality = 'delta' OR before IS NULL OR (began > before AND began < us) OR ${isReset}`;
}

function rangeOf(place: MetricPlace, sharing: Sharing): [number, number] {
  const { from, to } = microsOf(place);
  return [from - STALE, sharing === 'spread' ? to + STALE : to];
}

function shared(keys: readonly string[], sharing: Sharing, place: MetricPlace): string {
  const { from, to, step } = microsOf(place);
  const [first, end, length] = [from, to, step].map(bigint);
  const inside = `b >= ${first} AND b < ${end}`;
  if (place.over === 'stat')
    return `SELECT ${[...keys, 'part'].join(', ')} FROM growth WHERE part IS NOT NULL AND ${inside}`;
  if (sharing === 'seen')
    return `SELECT ${[...keys, `b // ${length} * ${length} AS t`, 'part'].join(', ')} FROM growth WHERE part IS NOT NULL AND ${inside}`;
  const share = `CASE WHEN a >= b THEN 1 ELSE (least(b, t + ${length}, ${end}) - greatest(a, t, ${first})) / CAST(b - a AS DOUBLE) END`;
  const steps = `range(greatest(a, ${first}) // ${length} * ${length}, least(CASE WHEN a >= b THEN b + 1 ELSE b END, ${end}), ${length})`;
  return `SELECT ${[...keys, 't', `part * ${share} AS part`, 'b'].join(', ')} FROM growth, ${steps} AS step(t)
WHERE part IS NOT NULL AND (CASE WHEN a >= b THEN ${inside} ELSE b > ${first} AND a < ${end} AND b - a <= ${bigint(STALE)} END)`;
}

/** Growth per second: over the whole time shown, or over so much of each step as was seen; the newest points say how far that is. */
export function ratePerSecond(expression: SimpleExpression, place: MetricPlace): string {
  const keys = keysOf(place);
  const { from, to, step } = microsOf(place);
  const parts = counterParts(expression, place, place.over === 'time' ? 'spread' : 'seen');
  if (place.over === 'stat') {
    const seconds = double((to - from) / 1e6);
    return grouped(keys, `SELECT ${[...keys, `fsum(part) / ${seconds} AS v`].join(', ')} FROM (${parts})`);
  }
  const [first, end, length] = [from, to, step].map(bigint);
  const newest = 'max(b) OVER ()';
  const until = `CASE WHEN ${newest} >= ${end} - ${bigint(STALE)} THEN least(${newest}, ${end}) ELSE ${end} END`;
  const seconds = `((least(t + ${length}, max(until)) - greatest(t, ${first})) / 1e6)`;
  return grouped(
    [...keys, 't'],
    `SELECT ${[...keys, 't', `fsum(part) / nullif(${seconds}, 0) AS v`].join(', ')} FROM (SELECT *, ${until} AS until FROM (${parts}))`,
  );
}

/** With its groups behind it; without any there is no row of nothing. */
export function grouped(keys: readonly string[], select: string): string {
  return keys.length === 0 ? `${select} HAVING count(*) > 0` : `${select} GROUP BY ${keys.join(', ')}`;
}
