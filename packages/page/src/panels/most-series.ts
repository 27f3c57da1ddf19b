import type { Series, SeriesOverTime } from './series-of-answer.ts';

/** Series that are drawn, and how many of the answer are not among them. */
export interface MostSeries extends SeriesOverTime {
  /** Left out, or summed up in the last series. */
  readonly more: number;
  /** The last series is the sum of those left out. */
  readonly summed: boolean;
}

/** The `most` largest series by the sum of their values; what is left becomes one series when it can be added up. */
export function mostSeries(all: SeriesOverTime, most: number, additive: boolean): MostSeries {
  const more = all.series.length - most;
  if (more <= 0) return { ...all, more: 0, summed: false };
  const bySize = [...all.series].sort((one, other) => size(other) - size(one));
  const kept = new Set(bySize.slice(0, most));
  const series = all.series.filter((each) => kept.has(each));
  if (!additive) return { ...all, series, more, summed: false };
  const rest = all.series.filter((each) => !kept.has(each));
  return { ...all, series: [...series, sumOf(rest, all.times.length)], more, summed: true };
}

function size({ values }: Series): number {
  return values.reduce((sum: number, value) => sum + Math.abs(value ?? 0), 0);
}

function sumOf(rest: readonly Series[], length: number): Series {
  const values = Array.from({ length }, (_, at) => {
    const known = rest.flatMap(({ values }) => values[at] ?? []);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  });
  return { name: `${rest.length} more`, line: Number.MAX_SAFE_INTEGER, groups: [], column: '', values };
}
