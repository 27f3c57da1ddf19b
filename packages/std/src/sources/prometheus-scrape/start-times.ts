interface Known {
  start: bigint;
  value: number;
  /** Time of the scrape that saw it last. */
  seen: bigint;
}

/** How long the start of a series that is not there any more is kept at least: five minutes, in nanoseconds. */
const KEPT_NANOS = 300_000_000_000n;

/**
 * Since when the cumulative values of a target count. Where the target does not say it: of what was there at the first scrape, the time
 * of that scrape, which says that the true start is unknown (OTLP data model, "Cumulative streams: handling unknown start time"); of what
 * came later or began again, the time of the scrape before, as all of its value was counted since.
 */
export class StartTimes {
  readonly #known = new Map<string, Known>();
  readonly #keptNanos: bigint;
  #previous: bigint | undefined;

  /** `interval` in milliseconds. */
  constructor(interval: number) {
    const intervals = BigInt(Math.round(interval)) * 10_000_000n;
    this.#keptNanos = intervals > KEPT_NANOS ? intervals : KEPT_NANOS;
  }

  /**
   * The start of a series, never later than its point's time. A `value` below the last one means that it began again; `created` is the start that the target says.
   */
  of(series: string, value: number, time: bigint, scrape: bigint, created: bigint | undefined): bigint {
    const known = this.#known.get(series);
    if (!known) {
      const start = created ?? this.#previous ?? time;
      this.#known.set(series, { start, value, seen: scrape });
      return earlier(start, time);
    }
    if (created !== undefined) known.start = created;
    else if (value < known.value) known.start = this.#previous ?? time;
    known.value = value;
    known.seen = scrape;
    return earlier(known.start, time);
  }

  /** A scrape of that time has succeeded: series that have been gone for long are forgotten. */
  scraped(scrape: bigint): void {
    this.#previous = scrape;
    for (const [series, { seen }] of this.#known) if (scrape - seen > this.#keptNanos) this.#known.delete(series);
  }
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
