import type { HistogramValue, SummaryValue } from '@tailrace/telemetry';

/** Lines of one series of a histogram or summary. */
export interface Parts {
  /** Of a histogram the upper bounds and the counts up to them, of a summary quantiles and values. */
  readonly steps: { readonly at: number; readonly value: number }[];
  sum: number | undefined;
  count: number | undefined;
}

/**
 * The histogram that cumulative buckets and their count make, `undefined` where both the count and the bucket `+Inf` are missing.
 * Some contradict themselves, as they were written while values came in, or, like mtail's, leave values below the first bucket out of
 * all: the bucket above all bounds takes what the count has more, and counts are raised so far that no bucket is negative.
 */
export function histogramOf({ steps, sum, count }: Parts): HistogramValue | undefined {
  const sorted = steps.toSorted((a, b) => a.at - b.at);
  const last = sorted.at(-1)?.at === Infinity ? sorted.pop()!.value : undefined;
  const whole = count ?? last;
  if (whole === undefined) return undefined;
  const bounds: number[] = [];
  const counts: bigint[] = [];
  let below = 0n;
  for (const { at, value } of sorted) {
    if (at === bounds.at(-1)) continue;
    const upTo = atLeast(below, value);
    bounds.push(at);
    counts.push(upTo - below);
    below = upTo;
  }
  const all = atLeast(below, whole);
  if (bounds.length > 0 || last !== undefined) counts.push(all - below);
  return { count: all, ...(sum !== undefined && { sum }), explicitBounds: bounds, bucketCounts: counts };
}

/** The summary that quantiles and their count make; `undefined` without a count. */
export function summaryOf({ steps, sum, count }: Parts): SummaryValue | undefined {
  if (count === undefined) return undefined;
  const quantiles = steps.toSorted((a, b) => a.at - b.at).map(({ at, value }) => ({ quantile: at, value }));
  return { count: atLeast(0n, count), sum: sum ?? 0, quantiles };
}

/** More is no count: OTLP has 64 bits for it. */
const HIGHEST_COUNT = 2 ** 63;

/** A count as OTLP has it, whole and not negative; one that is none counts as the least. */
function atLeast(least: bigint, count: number): bigint {
  const whole = Math.abs(count) < HIGHEST_COUNT ? BigInt(Math.round(count)) : least;
  return whole > least ? whole : least;
}
