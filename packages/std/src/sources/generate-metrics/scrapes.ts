import { randomBytes } from 'node:crypto';
import type { MetricBatch, SourceContext, Stream } from '@tailrace/core';
import { expositionOf, type KnownPairs } from '../../generators/mirrord-metrics/exposition.ts';
import { createOperator, type Operator, TICK_SECONDS } from '../../generators/mirrord-metrics/operator.ts';
import { convert } from '../prometheus-scrape/convert.ts';
import { addHealth } from '../prometheus-scrape/health.ts';
import { describedBy, MetricBatches } from '../prometheus-scrape/metric-batches.ts';
import { joinLabels } from '../prometheus-scrape/series-labels.ts';
import { StartTimes } from '../prometheus-scrape/start-times.ts';

/** Where the operator would be scraped. */
export const TARGET = {
  url: new URL('http://mirrord-operator.mirrord:9000/metrics'),
  ...{ job: 'mirrord-operator', instance: 'mirrord-operator.mirrord:9000', labels: {} },
};
/** How long the scrape of a sample takes, in seconds. */
const SECONDS_PER_SAMPLE = 0.000_01;

/** Scrapes of an operator that runs since `since` (Unix milliseconds), in the order of their times. */
export class OperatorScrapes {
  readonly #context: SourceContext;
  readonly #operator: Operator;
  readonly #since: number;
  readonly #stream: Stream;
  readonly #starts: StartTimes;
  readonly #pairs: KnownPairs = new WeakMap();
  readonly #join = joinLabels(TARGET, false);
  #ticks = 0;
  #scrapes = 0;

  /** `interval` in milliseconds. */
  constructor(
    options: { readonly seed: string | number; readonly since: number; readonly interval: number },
    context: SourceContext,
  ) {
    this.#context = context;
    this.#operator = createOperator(options.seed);
    this.#since = options.since;
    this.#starts = new StartTimes(options.interval);
    this.#stream = {
      ...{ id: randomBytes(12).toString('base64url'), source: context.componentId, label: TARGET.url.href },
      ...{ firstSeen: Math.floor(Date.now() / 1000), replayBelow: 0 },
    };
  }

  /** What a scrape at that time gives, Unix milliseconds; times only rise. */
  batchesAt(milliseconds: number): MetricBatch[] {
    const ticks = Math.floor((milliseconds - this.#since) / 1000 / TICK_SECONDS) + 1;
    for (; this.#ticks < ticks; this.#ticks++) this.#operator.tick();
    const time = BigInt(Math.round(milliseconds)) * 1_000_000n;
    const exposition = expositionOf(this.#operator.metrics, this.#pairs);
    const points = new MetricBatches(TARGET, describedBy(exposition));
    convert(exposition, { time, starts: this.#starts, join: this.#join, honorTimestamps: false }, points);
    this.#starts.scraped(time);
    const { samples } = exposition;
    addHealth({ isUp: true, seconds: samples * SECONDS_PER_SAMPLE, samples }, time, this.#join, points);
    return points.batches(this.#context, this.#stream, this.#scrapes++);
  }
}
