import type { MetricBatch, SampleInput, SourceContext } from '@tailrace/core';
import { convert } from './convert.ts';
import { describedBy, MetricBatches } from './metric-batches.ts';
import type { ScrapeConfig } from './options.ts';
import { type ExpositionFormat, parseExposition } from './parse.ts';
import { joinLabels } from './series-labels.ts';
import { StartTimes } from './start-times.ts';
import { readTargets } from './target.ts';

/**
 * What a first scrape of the first target gives when it answers with the input, for tests of pipelines: without the points about the
 * scrape itself, whose durations no test could know. Throws when the input is no exposition.
 */
export function sampleBatches(
  config: ScrapeConfig,
  context: SourceContext,
  { bytes, stream, seconds }: SampleInput,
): MetricBatch[] {
  const target = readTargets(config, context)[0]!;
  const format: ExpositionFormat = /(?:^|\n)# EOF\n?$/.test(Buffer.from(bytes).toString()) ? 'openmetrics' : 'text';
  const exposition = parseExposition(bytes, { format, sampleLimit: config.sample_limit });
  const points = new MetricBatches(target, describedBy(exposition));
  const scrape = {
    time: BigInt(Math.round(seconds * 1000)) * 1_000_000n,
    starts: new StartTimes(target.interval),
    join: joinLabels(target, config.honor_labels),
    honorTimestamps: config.honor_timestamps,
  };
  convert(exposition, scrape, points);
  return points.batches(context, stream, 0);
}
