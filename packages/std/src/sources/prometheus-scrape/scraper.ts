import { randomBytes } from 'node:crypto';
import type { ErrorCode, MetricBatch, SourceContext, Stream } from '@tailrace/core';
import { convert } from './convert.ts';
import { type Exposition, ExpositionError, SampleLimitError } from './exposition.ts';
import { fetchExposition, ScrapeError } from './fetch.ts';
import { addHealth } from './health.ts';
import { describedBy, MetricBatches } from './metric-batches.ts';
import type { ScrapeConfig } from './options.ts';
import { parseExposition } from './parse.ts';
import { joinLabels } from './series-labels.ts';
import { StartTimes } from './start-times.ts';
import type { Target } from './target.ts';

/** What a scrape gave: always at least the points about itself. */
export interface Scraped {
  readonly batches: readonly MetricBatch[];
  /** Bytes of the exposition. */
  readonly bytes: number;
}

/** What was read of a target, or why nothing could be. */
type Answer = { readonly exposition: Exposition; readonly bytes: number } | { readonly failure: Failure };
interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

const NOTHING: Exposition = { families: [], samples: 0 };

/** Scrapes one target again and again, and remembers what is needed from one time to the next. */
export class Scraper {
  readonly target: Target;
  readonly #config: ScrapeConfig;
  readonly #context: SourceContext;
  readonly #stream: Stream;
  readonly #starts: StartTimes;
  #scrapes = 0;
  /** Why the last scrape failed. */
  #trouble: string | undefined;

  constructor(target: Target, config: ScrapeConfig, context: SourceContext) {
    this.target = target;
    this.#config = config;
    this.#context = context;
    this.#stream = {
      ...{ id: randomBytes(12).toString('base64url'), source: context.componentId, label: target.shown },
      ...{ firstSeen: Math.floor(Date.now() / 1000), replayBelow: 0 },
    };
    this.#starts = new StartTimes(target.interval);
  }

  /** Never rejects: a target that cannot be scraped gives `up` 0. Nothing once `stop` has aborted. */
  async scrape(stop: AbortSignal): Promise<Scraped | undefined> {
    const time = BigInt(Date.now()) * 1_000_000n;
    const began = performance.now();
    const answer = await this.#read(stop);
    if (stop.aborted) return undefined;
    const seconds = (performance.now() - began) / 1000;
    this.#tell(answer);
    const { exposition, bytes } = 'failure' in answer ? { exposition: NOTHING, bytes: 0 } : answer;
    const join = joinLabels(this.target, this.#config.honor_labels);
    const points = new MetricBatches(this.target, describedBy(exposition));
    const { honor_timestamps: honorTimestamps } = this.#config;
    convert(exposition, { time, starts: this.#starts, join, honorTimestamps }, points);
    if (!('failure' in answer)) this.#starts.scraped(time);
    addHealth({ isUp: !('failure' in answer), seconds, samples: exposition.samples }, time, join, points);
    this.#countRefused(points);
    return { batches: points.batches(this.#context, this.#stream, this.#scrapes++), bytes };
  }

  async #read(stop: AbortSignal): Promise<Answer> {
    const { sample_limit: sampleLimit, body_size_limit: bodyLimit } = this.#config;
    try {
      const { body, format } = await fetchExposition(this.target, bodyLimit, stop);
      return { exposition: parseExposition(body, { format, sampleLimit }), bytes: body.length };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  /** Counts each failure; says it once, and when it is over. */
  #tell(answer: Answer): void {
    const { shown, instance, job } = this.target;
    const failure = 'failure' in answer ? answer.failure : undefined;
    if (failure) this.#context.countErrors(failure.code, 1);
    if (failure && this.#trouble !== failure.message) {
      this.#context.log.warn({ target: shown, job, instance, code: failure.code }, `cannot scrape: ${failure.message}`);
    }
    if (!failure && this.#trouble !== undefined) {
      this.#context.log.info({ target: shown, job, instance }, 'scraped again');
    }
    this.#trouble = failure?.message;
    this.#context.gauge('scrape_up', 'Whether the last scrape of a target succeeded.', failure ? 0 : 1, {
      job,
      instance,
    });
  }

  #countRefused({ refused: { count, reasons } }: MetricBatches): void {
    if (count === 0) return;
    this.#context.countErrors('sample_refused', count);
    const names = Object.fromEntries([...reasons].slice(0, 20).map(([name, reason]) => [name.slice(0, 100), reason]));
    this.#context.log.debug({ target: this.target.shown, samples: count, reasons: names }, 'samples refused');
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof ScrapeError) return { code: error.code, message: error.message };
  if (error instanceof ExpositionError) return { code: 'scrape_malformed', message: error.message };
  if (error instanceof SampleLimitError) {
    return { code: 'scrape_over_limit', message: `${error.message}: raise sample_limit` };
  }
  throw error;
}
