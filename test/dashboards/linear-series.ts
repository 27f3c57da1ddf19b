import type { Readings } from './stored-points.ts';

/** A series that grows by the same amount from scrape to scrape, or that stays as it is. */
export interface LinearSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly grows: boolean;
}

/** Seconds between two scrapes. */
export const SCRAPE = 30;
/** Unix seconds of the first scrape. */
export const START = Date.parse('2026-01-01T00:00:00Z') / 1000;
export const SCRAPES = 200;

/** The time a dashboard is looked at, Unix seconds; whole scrapes are on both sides of it. */
export const NOW = START + 190 * SCRAPE;

/** What a growing series adds in so many seconds. */
export function growth({ value }: LinearSeries, seconds: number): number {
  return (value / SCRAPE) * seconds;
}

/** The series of an exposition in Prometheus' text format; what one scrape says is what counters and histograms grow by. */
export function linearSeries(exposition: string): LinearSeries[] {
  const kinds = new Map<string, string>();
  const series: LinearSeries[] = [];
  for (const line of exposition.split('\n')) {
    const [, named, kind] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (named !== undefined) kinds.set(named, kind!);
    const [, name, labels = '', text] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const family = kinds.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    series.push({ name, labels: labelsOf(labels), value: Number(text), grows: kinds.get(family) !== 'gauge' });
  }
  return series;
}

/** What all scrapes of the series read. */
export function readingsOf(series: readonly LinearSeries[]): Readings[] {
  return series.map(({ name, labels, value, grows }) => ({
    ...{ name, labels, grows },
    values: Array.from({ length: SCRAPES }, (_, k) => [START + k * SCRAPE, grows ? value * k : value] as const),
  }));
}

/** Readings as OpenMetrics with times. */
export function pastOf(readings: readonly Readings[]): string {
  const lines = readings.flatMap(({ name, labels, values }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
    const named = `${name}{${pairs.join(',')}}`;
    return values.map(([seconds, value]) => `${named} ${value} ${seconds}\n`);
  });
  return `${lines.join('')}# EOF\n`;
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
  return Object.fromEntries(pairs.map(([, label, quoted]) => [label!, JSON.parse(`"${quoted}"`) as string]));
}
