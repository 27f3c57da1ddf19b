import { SCRAPE, SCRAPES, START } from './linear-series.ts';
import type { Readings } from './stored-points.ts';

const COUNT = 'uneven_count';

/** Series that begin again, miss scrapes, have gaps or end; where a whole five minutes begin, each that lives was scraped. */
export const UNEVEN: readonly Readings[] = [
  counter('begins-again', (k) => (k % 55) * 3 + (k % 4)),
  counter(
    'misses-scrapes',
    (k) => k * k,
    (k) => k % 10 !== 3 && k % 10 !== 7,
  ),
  counter(
    'has-a-gap',
    (k) => k * 5,
    (k) => k < 100 || k > 135,
  ),
  gauge('stays', (k) => (k * 7) % 13, SCRAPES),
  gauge('ended-just-now', (k) => k, 186),
  gauge('ended', (k) => k, 150),
  ...histogram('a', (k, bound) => (k * (bound + 2)) % (11 + bound)),
  ...histogram('b', (k, bound) => (k % (bound + 2)) + bound),
];

function counter(is: string, value: (k: number) => number, isScraped: (k: number) => boolean = () => true): Readings {
  return { name: COUNT, labels: { is }, grows: true, values: scrapes(value, isScraped) };
}

function gauge(is: string, value: (k: number) => number, end: number): Readings {
  return { name: 'uneven_level', labels: { is }, grows: false, values: scrapes(value, (k) => k < end) };
}

/** Begins again in the middle. */
function histogram(is: string, more: (k: number, bound: number) => number): Readings[] {
  const bounds = ['0.1', '0.5', '2', '+Inf'];
  const counts = bounds.map(() => 0);
  const rows = Array.from({ length: SCRAPES }, (_, k) => {
    for (const bound of bounds.keys()) counts[bound] = (k === 120 ? 0 : counts[bound]!) + more(k, bound);
    let below = 0;
    return counts.map((count) => (below += count));
  });
  return bounds.map((le, bound) => ({
    ...{ name: 'uneven_seconds_bucket', labels: { is, le }, grows: true },
    values: scrapes(
      (k) => rows[k]![bound]!,
      () => true,
    ),
  }));
}

function scrapes(value: (k: number) => number, isScraped: (k: number) => boolean): [number, number][] {
  const all = Array.from({ length: SCRAPES }, (_, k) => k).filter(isScraped);
  return all.map((k) => [START + k * SCRAPE, value(k)]);
}
