import { keysOf, type MetricPlace, microsOf, pointsSelect, type SimpleExpression, STALE } from './metric-points.ts';
import { bigint, double } from './quote.ts';

/**
 * Which part of what came between two points belongs to a step: `seen` all of it, where the later point is; `spread` as much as
 * the step covers of the time between the two, so that a step that is shorter than a scrape has a value too.
 */
export type Sharing = 'seen' | 'spread';

/** What a counter grew by, as `part` by group and, over time, by step (`t`, microseconds). */
export function counterParts(expression: SimpleExpression, place: MetricPlace, sharing: Sharing): string {
  const keys = keysOf(place);
  const points = pointsSelect(expression, place, rangeOf(place, sharing), [...HISTORY, 'value']);
  const grown = `CASE ${anew(place, 'value < base')} THEN value ELSE value - base END`;
  return `WITH points AS (SELECT * FROM (${points}) WHERE NOT isnan(value)),
pairs AS (SELECT *, lag(us) OVER same AS before, lag(value) OVER same AS base FROM points WINDOW same AS (PARTITION BY series ORDER BY us, value)),
growth AS (SELECT ${[...keys, BEGIN, 'us AS b', `${grown} AS grown`].join(', ')} FROM pairs)
SELECT ${[...keys, 't', 'grown * share AS part', 'b'].join(', ')} FROM (${shared(place, sharing)})`;
}

/** What the buckets of a histogram grew by, as `part` by group, upper bound (`le`) and, over time, step. */
export function bucketParts(expression: SimpleExpression, place: MetricPlace, sharing: Sharing): string {
  const keys = keysOf(place);
  const columns = [...HISTORY, 'count', 'bounds', 'buckets', 'hash(bounds) AS form'];
  const points = pointsSelect(expression, place, rangeOf(place, sharing), columns);
  const lags = ['us) OVER same AS before', 'buckets) OVER same AS base', 'form) OVER same AS base_form'];
  const grown = `CASE ${anew(place, 'form <> base_form OR list_min(more) < 0')} THEN buckets ELSE more END`;
  return `WITH points AS (SELECT * FROM (${points}) WHERE len(buckets) > 0),
pairs AS (SELECT *, ${lags.map((lag) => `lag(${lag}`).join(', ')} FROM points WINDOW same AS (PARTITION BY series ORDER BY us, count)),
differences AS (SELECT *, list_transform(list_zip(buckets, base), lambda pair: pair[1] - pair[2]) AS more FROM pairs),
growth AS (SELECT ${[...keys, BEGIN, 'us AS b', 'bounds', `${grown} AS grown`].join(', ')} FROM differences)
SELECT ${[...keys, 't', `unnest(list_append(bounds, CAST('inf' AS DOUBLE))) AS le`, 'unnest(grown) * share AS part'].join(', ')} FROM (${shared(place, sharing)})`;
}

/** What a point says of the time that it counts over. */
const HISTORY = ['epoch_us(start) AS began', `coalesce(temporality, '') AS temporality`];

/** The time since which a point's growth came. */
const BEGIN = `CASE WHEN temporality = 'delta' OR before IS NULL THEN coalesce(CASE WHEN began < us THEN began END, before, us) ELSE before END AS a`;

/**
 * When a point says all that was counted rather than more than the one before: reports of what was new, counters that began again, and the
 * first point of a series that says since when it counts. What a series counted before anybody looked is unknown.
 */
function anew(place: MetricPlace, isReset: string): string {
  const { from } = microsOf(place);
  const isBorn = `before IS NULL AND began < us AND began >= ${bigint(from - STALE)}`;
  return `WHEN before IS NULL AND temporality <> 'delta' AND NOT coalesce(${isBorn}, FALSE) THEN NULL
WHEN temporality = 'delta' OR before IS NULL OR (began > before AND began < us) OR ${isReset}`;
}

function rangeOf(place: MetricPlace, sharing: Sharing): [number, number] {
  const { from, to } = microsOf(place);
  return [from - STALE, sharing === 'spread' ? to + STALE : to];
}

/** Growth with the step that it belongs to, and how much of it does. */
function shared(place: MetricPlace, sharing: Sharing): string {
  const { from, to, step } = microsOf(place);
  const [first, end, length] = [from, to, step].map(bigint);
  const inside = `b >= ${first} AND b < ${end}`;
  if (place.over === 'stat') return `SELECT *, NULL AS t, 1 AS share FROM growth WHERE grown IS NOT NULL AND ${inside}`;
  if (sharing === 'seen')
    return `SELECT *, b // ${length} * ${length} AS t, 1 AS share FROM growth WHERE grown IS NOT NULL AND ${inside}`;
  const near = `b > ${first} AND a < ${end} AND b - a <= ${bigint(STALE)}`;
  const touched = `range(greatest(a, ${first}) // ${length} * ${length}, least(greatest(a + 1, b), ${end}), ${length})`;
  const steps = `SELECT *, unnest(${touched}) AS t FROM growth WHERE grown IS NOT NULL AND CASE WHEN a >= b THEN ${inside} ELSE ${near} END`;
  const overlap = `least(b, t + ${length}, ${end}) - greatest(a, t, ${first})`;
  return `SELECT *, CASE WHEN a >= b THEN 1 ELSE (${overlap}) / CAST(b - a AS DOUBLE) END AS share FROM (${steps})`;
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
