/** Codes of `type` in a series (docs.datadoghq.com/api/latest/metrics/submit-metrics). */
export const TYPE = { count: 1, rate: 2, gauge: 3 } as const;
export type SeriesType = keyof typeof TYPE;

/** What Datadog knows a series by. Tags are as `metricTag` makes them. */
export interface Head {
  readonly name: string;
  readonly tags: readonly string[];
  readonly host: string | undefined;
  readonly unit: string | undefined;
}

/** The series of one request to /api/v2/series. */
export interface SeriesSheet {
  /**
   * One value at a second (Unix). Datadog keeps the last value of a second, so counts of a series in one second are added up here;
   * `interval` (seconds) is `null` where it is not known.
   */
  add(type: SeriesType, head: Head, second: number, interval: number | null, value: number): void;
  readonly isEmpty: boolean;
  text(): string;
}

/** The series of one request to /api/v1/distribution_points. */
export interface DistributionSheet {
  add(head: Head, second: number, values: readonly number[]): void;
  readonly isEmpty: boolean;
  text(): string;
}

interface Point {
  interval: number | null;
  value: number;
}

interface Series {
  readonly type: SeriesType;
  readonly head: Head;
  readonly points: Map<number, Point>;
}

/** An empty request to /api/v2/series. */
export function seriesSheet(): SeriesSheet {
  const all = new Map<string, Series>();
  return {
    add(type, head, second, interval, value) {
      const { points } = entryOf(all, `${type} ${identity(head)}`, () => ({ type, head, points: new Map() }));
      const point = points.get(second);
      if (!point) points.set(second, { interval, value });
      else point.value = type === 'gauge' ? value : point.value + value;
    },
    get isEmpty() {
      return all.size === 0;
    },
    text: () => `{"series":[${[...all.values()].flatMap(seriesTexts).join(',')}]}`,
  };
}

/** An empty request to /api/v1/distribution_points. */
export function distributionSheet(): DistributionSheet {
  const all = new Map<string, { head: Head; points: Map<number, number[]> }>();
  return {
    add(head, second, values) {
      const { points } = entryOf(all, identity(head), () => ({ head, points: new Map() }));
      const known = points.get(second);
      if (known) for (const value of values) known.push(value);
      else points.set(second, [...values]);
    },
    get isEmpty() {
      return all.size === 0;
    },
    text: () => `{"series":[${[...all.values()].map(({ head, points }) => distributionText(head, points)).join(',')}]}`,
  };
}

function entryOf<K, V>(all: Map<K, V>, key: K, make: () => V): V {
  const known = all.get(key);
  if (known !== undefined) return known;
  const made = make();
  all.set(key, made);
  return made;
}

function identity({ name, tags, host }: Head): string {
  return JSON.stringify([name, host ?? null, ...tags]);
}

/** The interval belongs to a series, so points with different ones are series of their own. */
function seriesTexts({ type, head, points }: Series): string[] {
  const groups = new Map<number | null, string[]>();
  for (const [second, { interval, value }] of points) {
    entryOf(groups, interval, () => []).push(`{"timestamp":${second},"value":${value}}`);
  }
  return [...groups].map(([interval, texts]) => {
    const members = [`"metric":${JSON.stringify(head.name)}`, `"type":${TYPE[type]}`];
    if (interval !== null && type !== 'gauge') members.push(`"interval":${interval}`);
    if (head.unit !== undefined) members.push(`"unit":${JSON.stringify(head.unit)}`);
    if (head.tags.length > 0) members.push(`"tags":${JSON.stringify(head.tags)}`);
    if (head.host !== undefined) members.push(`"resources":[{"type":"host","name":${JSON.stringify(head.host)}}]`);
    return `{${members.join(',')},"points":[${texts.join(',')}]}`;
  });
}

function distributionText(head: Head, points: ReadonlyMap<number, readonly number[]>): string {
  const members = [`"metric":${JSON.stringify(head.name)}`, '"type":"distribution"'];
  if (head.tags.length > 0) members.push(`"tags":${JSON.stringify(head.tags)}`);
  if (head.host !== undefined) members.push(`"host":${JSON.stringify(head.host)}`);
  const texts = [...points].map(([second, values]) => `[${second},[${values.map(short).join(',')}]]`);
  return `{${members.join(',')},"points":[${texts.join(',')}]}`;
}

/** Datadog's sketches are exact to a hundredth, so more digits than these are only bytes. */
function short(value: number): string {
  return String(Number(value.toPrecision(9)));
}
