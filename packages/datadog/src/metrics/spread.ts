import type { ExponentialTotal, HistogramTotal } from './totals.ts';

/** `count` observations in `(lower, upper]`; the bounds may be infinite. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** What is known of the observations beside their buckets. */
export interface Known {
  readonly sum: number | null;
  readonly min?: number;
  readonly max?: number;
}

/** More places inside a bucket tell no more than its bounds do, and cost bytes. */
const PLACES = 32;

/** The buckets of a histogram that hold something, in rising order. */
export function bucketsOf(total: HistogramTotal | ExponentialTotal): Bucket[] {
  const all = total.kind === 'histogram' ? explicitBuckets(total) : exponentialBuckets(total);
  return all.filter(({ count }) => count > 0);
}

function explicitBuckets({ bounds, counts }: HistogramTotal): Bucket[] {
  return counts.map((count, k) => ({ lower: bounds[k - 1] ?? -Infinity, upper: bounds[k] ?? Infinity, count }));
}

function exponentialBuckets({ scale, zero, positive, negative }: ExponentialTotal): Bucket[] {
  const bound = (index: number): number => Math.min(2 ** (index * 2 ** -scale), Number.MAX_VALUE);
  const above = positive.counts.map((count, k) => {
    const index = positive.offset + k;
    return { lower: bound(index), upper: bound(index + 1), count };
  });
  const below = negative.counts.map((count, k) => {
    const index = negative.offset + k;
    return { lower: -bound(index + 1), upper: -bound(index), count };
  });
  return [...below.reverse(), { lower: 0, upper: 0, count: zero }, ...above];
}

/**
 * Values that stand for the observations of a histogram: as many per bucket as it counted, evenly over its width, then drawn together
 * towards one side of the buckets until their sum is the known one. More than `limit` observations are thinned out in proportion.
 */
export function spread(buckets: readonly Bucket[], known: Known, limit: number): number[] {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return [];
  const share = Math.min(1, limit / total);
  const places = buckets.map((bucket) => place(bucket, known, share));
  const sum = known.sum === null || !Number.isFinite(known.sum) ? null : known.sum * (thinned(places) / total);
  if (sum !== null) reconcile(places, sum);
  return places.flatMap(valuesOf);
}

interface Place {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  /** Nothing is known above it. */
  readonly isOpen: boolean;
  /** From 0, all at the lower bound, over 0.5, even, to 1. */
  lean: number;
  /** Stands for all values of an open bucket. */
  mean: number;
}

/** Gives the outer buckets an end: what was seen at most, else their inner bound, and zero for a first one above it. */
function place({ lower, upper, count }: Bucket, { min, max }: Known, share: number): Place {
  const from = Math.max(lower === -Infinity ? Math.min(0, upper) : lower, min ?? -Infinity);
  const isOpen = upper === Infinity && max === undefined;
  const to = Math.max(from, Math.min(upper === Infinity ? from : upper, max ?? Infinity));
  const end = upper === Infinity && max !== undefined ? Math.max(from, max) : to;
  const kept = share === 1 ? count : Math.max(1, Math.round(count * share));
  return { lower: Math.min(from, end), upper: end, count: kept, isOpen, lean: 0.5, mean: from };
}

function thinned(places: readonly Place[]): number {
  return places.reduce((sum, { count }) => sum + count, 0);
}

/** Moves values inside their buckets so that they add up to `sum`, as far as the buckets allow. */
function reconcile(places: readonly Place[], sum: number): void {
  const closed = places.filter(({ isOpen }) => !isOpen);
  const open = places.find(({ isOpen }) => isOpen);
  const even = add(closed, 0.5);
  if (open && (sum - even) / open.count >= open.lower) {
    open.mean = (sum - even) / open.count;
    return;
  }
  const rest = sum - (open ? open.lower * open.count : 0);
  const end = rest < even ? 0 : 1;
  const room = add(closed, end) - even;
  const part = room === 0 ? 0 : Math.min(1, (rest - even) / room);
  for (const one of closed) one.lean = 0.5 + (end - 0.5) * part;
}

function add(places: readonly Place[], lean: number): number {
  return places.reduce((sum, { lower, upper, count }) => sum + count * (lower + (upper - lower) * lean), 0);
}

function valuesOf({ lower, upper, count, isOpen, lean, mean }: Place): number[] {
  if (isOpen || lower === upper) return new Array<number>(count).fill(isOpen ? mean : lower);
  // The values lie evenly over the part of the bucket around its leaning mean that stays inside it.
  const width = (upper - lower) * 2 * Math.min(lean, 1 - lean);
  const from = lower + (upper - lower) * lean - width / 2;
  const steps = Math.min(count, PLACES);
  return Array.from(
    { length: count },
    (_, i) => from + (width * (Math.floor(((i + 0.5) * steps) / count) + 0.5)) / steps,
  );
}
