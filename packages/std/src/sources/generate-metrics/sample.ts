import { type MetricBatch, resolveConfig, type SampleInput, type SourceContext } from '@tailrace/core';
import { scrapeOptions } from '../prometheus-scrape/options.ts';
import { sampleBatches as scrapedBatches } from '../prometheus-scrape/sample.ts';
import { TARGET } from './scrapes.ts';

/** What a first scrape gives when the operator answers with the input, for tests of pipelines. Throws when the input is no exposition. */
export function sampleBatches(context: SourceContext, input: SampleInput): MetricBatch[] {
  const { url, job } = TARGET;
  return scrapedBatches(resolveConfig(scrapeOptions, { targets: [url.href], job }), context, input);
}
