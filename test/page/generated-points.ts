import { mirrordMetrics } from '@tailrace/std';
import type { StoredPoint } from '../../packages/dashboards/src/sql/metrics.fixture.ts';

/** How often the generated operator changes, and how long it has run when it is first seen, in milliseconds. */
const TICK = 15_000;
const WARM_UP = 3_600_000;

/** What a pipeline scrapes between two times, in Unix milliseconds, and once after. */
export interface Scraped {
  readonly begin: number;
  readonly end: number;
  readonly interval: number;
}

/** The data points of a generated operator, read line by line from what it exposes; the twin's metrics are called `m_…`. */
export function generatedPoints({ begin, end, interval }: Scraped): StoredPoint[] {
  const operator = mirrordMetrics({ seed: 1 });
  const starts = new Map<string, number>();
  const numbers = new Map<string, number>();
  const points: StoredPoint[] = [];
  let ticks = 0;
  for (let time = begin; time <= end + interval; time += interval) {
    let text = '';
    for (; ticks <= Math.floor((time - begin + WARM_UP) / TICK); ticks++) text = operator.next('text');
    for (const { key, ...read } of readSeries(text)) {
      // What came after the first scrape has counted since the one before.
      if (!starts.has(key)) starts.set(key, time === begin ? time : time - interval);
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      points.push({ ...read, series: numbers.get(key)!, time, start: starts.get(key), temporality: 'cumulative' });
    }
  }
  return points;
}

type Series = Pick<StoredPoint, 'name' | 'labels' | 'value' | 'bounds' | 'buckets'> & { readonly key: string };

function readSeries(text: string): Series[] {
  const histograms = new Set(Array.from(text.matchAll(/^# TYPE (\S+) histogram$/gm), ([, name]) => name!));
  const series: Series[] = [];
  const buckets = new Map<string, { name: string; labels: Record<string, string>; upto: [number, number][] }>();
  for (const [, name = '', written = '', value = ''] of text.matchAll(/^([a-z_]+)(?:\{(.*)\})? (\S+)$/gm)) {
    const labels = Object.fromEntries(
      Array.from(written.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g), ([, label = '', quoted = '']) => [
        label,
        JSON.parse(`"${quoted}"`) as string,
      ]),
    );
    const of = name.replace(/_(bucket|sum|count)$/, '');
    if (!histograms.has(of)) {
      series.push({ key: `${name} ${written}`, name: `m_${name}`, labels, value: Number(value) });
    } else if (name.endsWith('_bucket')) {
      const { le = '', ...own } = labels;
      const key = `${of} ${JSON.stringify(own)}`;
      const known = buckets.get(key) ?? { name: `m_${of}`, labels: own, upto: [] };
      known.upto.push([le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), Number(value)]);
      buckets.set(key, known);
    }
  }
  for (const [key, { name, labels, upto }] of buckets) {
    const own = upto.map(([, count], k) => count - (upto[k - 1]?.[1] ?? 0));
    series.push({ ...{ key, name, labels }, bounds: upto.slice(0, -1).map(([bound]) => bound), buckets: own });
  }
  return series;
}
