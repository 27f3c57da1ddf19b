/** A line of the benchmark: what a pipeline's process used, beside a reference measured in the same run. */
export interface Row {
  readonly name: string;
  readonly events: number;
  readonly cpu_us_per_event: number;
  readonly events_per_s: number;
  readonly rss_mb: number;
  readonly reference_us: number;
  readonly ratio: number;
}

/** What a pipeline's process used from its start to its end. */
export interface Usage {
  readonly cpuMicroseconds: number;
  readonly maxRssKiB: number;
  readonly milliseconds: number;
}

/** A row that can be measured: at most `bound` times the CPU of its reference. */
export interface Measurable {
  readonly name: string;
  readonly bound: number;
  /** Resident memory in MB where it is another than that of most rows. */
  readonly rssBound?: number;
  measure(lines: number): Promise<Row>;
}

/** The row of a run; `referenceMicroseconds` is per event. */
export function rowOf(name: string, events: number, usage: Usage, referenceMicroseconds: number): Row {
  const cpu = usage.cpuMicroseconds / events;
  return {
    name,
    events,
    cpu_us_per_event: round(cpu),
    events_per_s: Math.round(events / (usage.milliseconds / 1000)),
    rss_mb: Math.round(usage.maxRssKiB / 1024),
    reference_us: round(referenceMicroseconds),
    ratio: round(cpu / referenceMicroseconds),
  };
}

const round = (value: number): number => Number(value.toFixed(3));

/** What is told without a bound or a reference: times that depend on the machine. */
export interface Timing {
  readonly name: string;
  measure(): Promise<readonly Figure[]>;
}

export interface Figure {
  readonly what: string;
  readonly seconds: number;
}
