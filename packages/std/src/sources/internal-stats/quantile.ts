import type { HistogramNumbers } from '@tailrace/core';

/** What came into a histogram since an earlier state of it; all of it where there is none, or where it began anew. */
export function histogramSince(now: HistogramNumbers, before: HistogramNumbers | undefined): HistogramNumbers {
  const isSame =
    before?.counts.length === now.counts.length && now.counts.every((count, k) => count >= before.counts[k]!);
  if (!isSame) return now;
  return { ...now, counts: now.counts.map((count, k) => count - before.counts[k]!), sum: now.sum - before.sum };
}

/** How many values are in it. */
export function valuesIn({ counts }: HistogramNumbers): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * An estimate of the value that this share (0 to 1) of all values does not exceed, as Prometheus' `histogram_quantile` makes it: even within
 * a bucket, and at most the highest bound. `undefined` without values (prometheus.io/docs/prometheus/latest/querying/functions).
 */
export function quantile(of: HistogramNumbers, share: number): number | undefined {
  const { bounds, counts } = of;
  const total = valuesIn(of);
  if (total === 0) return undefined;
  const rank = share * total;
  let below = 0;
  for (const [k, upper] of bounds.entries()) {
    const count = counts[k]!;
    if (count > 0 && below + count >= rank) {
      const lower = k === 0 ? 0 : bounds[k - 1]!;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return bounds.at(-1);
}
