import type { NumbersAnswer } from '@tailrace/local';

/** How often values came, by step and by bucket. */
export interface HeatmapCells {
  /** Begins of steps in Unix milliseconds, rising. */
  readonly times: readonly number[];
  readonly step: number;
  /** Upper bounds of buckets, rising; the last can be infinite. */
  readonly bounds: readonly number[];
  /** Lower bound of the first bucket; negative infinity when nothing says it. */
  readonly lowest: number;
  /** counts[bucket][time]. */
  readonly counts: readonly (readonly number[])[];
  readonly largest: number;
}

/** The cells of a heatmap: buckets outside of all that came are left out, those between are kept. */
export function cellsOf(answer: NumbersAnswer): HeatmapCells {
  const step = answer.step ?? answer.to - answer.from;
  const rows = answer.tables.flatMap(({ rows }) => rows);
  const times = timesOf(answer, step, rows);
  const at = new Map(times.map((time, index) => [time, index]));
  const byBound = new Map<number, number[]>();
  for (const { groups, time, columns } of rows) {
    const bound = boundOf(groups[0]);
    const index = time === undefined ? undefined : at.get(time);
    if (bound === undefined || index === undefined) continue;
    const counts = byBound.get(bound) ?? new Array<number>(times.length).fill(0);
    counts[index] = (counts[index] ?? 0) + Math.max(0, columns[0] ?? 0);
    byBound.set(bound, counts);
  }
  return { times, step, ...withoutEdges([...byBound].sort(([one], [other]) => one - other)) };
}

function timesOf({ from, to }: NumbersAnswer, step: number, rows: readonly { readonly time?: number }[]): number[] {
  const times = new Set<number>();
  for (let time = Math.floor(from / step) * step; time < to && times.size < 20_000; time += step) times.add(time);
  for (const { time } of rows) if (time !== undefined) times.add(time);
  return [...times].sort((one, other) => one - other);
}

/** JSON has no infinity: it comes as text as Prometheus writes it, or as null. */
function boundOf(value: unknown): number | undefined {
  if (value === null) return Number.POSITIVE_INFINITY;
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  if (value === '+Inf' || value === 'Infinity') return Number.POSITIVE_INFINITY;
  const number = Number(value);
  return value.trim() === '' || Number.isNaN(number) ? undefined : number;
}

function withoutEdges(buckets: readonly (readonly [number, number[]])[]) {
  const used = ([, counts]: readonly [number, number[]]) => counts.some((count) => count > 0);
  const [first, last] = [buckets.findIndex(used), buckets.findLastIndex(used)];
  const kept = first < 0 ? [] : buckets.slice(first, last + 1);
  const bounds = kept.map(([bound]) => bound);
  const counts = kept.map(([, counts]) => counts);
  const before = buckets[first - 1]?.[0];
  // Bounds of measured times and sizes begin at zero; a bound below it has no known begin.
  const lowest = before ?? ((bounds[0] ?? 0) > 0 ? 0 : Number.NEGATIVE_INFINITY);
  const largest = counts.reduce((most, row) => row.reduce((one, other) => Math.max(one, other), most), 0);
  return { bounds, counts, lowest, largest };
}
