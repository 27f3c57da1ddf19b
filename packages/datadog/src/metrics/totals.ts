/** A number as the wire has it: 64-bit integers stay exact until they are printed. */
export type Amount = number | bigint;

/** One side of an exponential histogram: `counts[k]` observations in `(base^(offset+k), base^(offset+k+1)]`. */
export interface ExponentialSide {
  readonly offset: number;
  readonly counts: readonly number[];
}

/** An OTLP exponential histogram; `base` is 2^(2^-scale). */
export interface ExponentialTotal {
  readonly kind: 'exponential';
  readonly count: Amount;
  readonly sum: number | null;
  readonly scale: number;
  readonly zero: number;
  readonly positive: ExponentialSide;
  readonly negative: ExponentialSide;
}

/** An OTLP histogram with explicit bounds: one count more than bounds, `counts[k]` in `(bounds[k-1], bounds[k]]`. */
export interface HistogramTotal {
  readonly kind: 'histogram';
  readonly count: Amount;
  readonly sum: number | null;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** What a cumulative point has counted since its start, or what came between two of them. */
export type Total =
  | { readonly kind: 'number'; readonly value: Amount }
  | { readonly kind: 'counted'; readonly count: Amount; readonly sum: number | null }
  | HistogramTotal
  | ExponentialTotal;

/** What came between two totals of a series; `reset`: it began anew in between; `other`: the two cannot be compared. */
export type Change = Total | 'reset' | 'other';

/** What `now` has more than `last`. */
export function changeOf(last: Total, now: Total): Change {
  if (last.kind === 'number' && now.kind === 'number') {
    return isLess(now.value, last.value) ? 'reset' : { kind: 'number', value: minus(now.value, last.value) };
  }
  if (last.kind === 'number' || now.kind === 'number' || last.kind !== now.kind) return 'other';
  if (isLess(now.count, last.count)) return 'reset';
  const counted = { count: minus(now.count, last.count), sum: sumOf(last.sum, now.sum) };
  if (last.kind === 'histogram' && now.kind === 'histogram') return histogramChange(last, now, counted);
  if (last.kind === 'exponential' && now.kind === 'exponential') return exponentialChange(last, now, counted);
  return { kind: 'counted', ...counted };
}

/** A double, for what is printed as one. */
export function toNumber(amount: Amount): number {
  return typeof amount === 'bigint' ? Number(amount) : amount;
}

interface Counted {
  readonly count: Amount;
  readonly sum: number | null;
}

// With negative observations a sum may fall without a reset, so it is the counts that tell.
function histogramChange(last: HistogramTotal, now: HistogramTotal, counted: Counted): Change {
  if (!isSame(last.bounds, now.bounds) || last.counts.length !== now.counts.length) return 'other';
  const counts = now.counts.map((count, k) => count - last.counts[k]!);
  return counts.some((count) => count < 0) ? 'reset' : { kind: 'histogram', ...counted, bounds: now.bounds, counts };
}

/** Two scales meet at the coarser one; the OTLP data model has every second bound of a scale in common with the scale below. */
function exponentialChange(last: ExponentialTotal, now: ExponentialTotal, counted: Counted): Change {
  const scale = Math.min(last.scale, now.scale);
  const positive = sideChange(coarser(last.positive, last.scale - scale), coarser(now.positive, now.scale - scale));
  const negative = sideChange(coarser(last.negative, last.scale - scale), coarser(now.negative, now.scale - scale));
  const zero = now.zero - last.zero;
  if (!positive || !negative || zero < 0) return 'reset';
  return { kind: 'exponential', ...counted, scale, zero, positive, negative };
}

/** The same counts in buckets of a scale that is lower by `steps`: 2^steps neighbours become one. */
function coarser({ offset, counts }: ExponentialSide, steps: number): ExponentialSide {
  if (steps === 0 || counts.length === 0) return { offset, counts };
  const width = 2 ** steps;
  const first = Math.floor(offset / width);
  const merged = new Array<number>(Math.floor((offset + counts.length - 1) / width) - first + 1).fill(0);
  for (const [k, count] of counts.entries()) merged[Math.floor((offset + k) / width) - first]! += count;
  return { offset: first, counts: merged };
}

/** `null` when a count became smaller. */
function sideChange(last: ExponentialSide, now: ExponentialSide): ExponentialSide | null {
  const before = new Map(last.counts.map((count, k) => [last.offset + k, count]));
  const counts = now.counts.map((count, k) => {
    const earlier = before.get(now.offset + k) ?? 0;
    before.delete(now.offset + k);
    return count - earlier;
  });
  const isSmaller = counts.some((count) => count < 0) || [...before.values()].some((count) => count > 0);
  return isSmaller ? null : { offset: now.offset, counts };
}

function minus(a: Amount, b: Amount): Amount {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a - b;
  return Number(a) - Number(b);
}

function isLess(a: Amount, b: Amount): boolean {
  return a < b;
}

function sumOf(last: number | null, now: number | null): number | null {
  return last === null || now === null ? null : now - last;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
