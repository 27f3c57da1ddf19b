import { defineSource } from '@tailrace/core';
import { examples } from './examples.ts';
import { scrapeOptions } from './options.ts';

/** Scrapes expositions as Prometheus does. */
export const prometheusScrape = defineSource({
  type: 'prometheus_scrape',
  output: 'metrics',
  summary: 'Read the metrics that programs expose for Prometheus, and pass them on as OTLP data points.',
  description: [
    'Speaks the text format 0.0.4 and OpenMetrics 1.0, which it asks for first. Each target is read on its own, every `interval`; the',
    'targets’ times are spread over it, and a target is never asked again before it has answered or timed out. Each scrape adds `up`,',
    '`scrape_duration_seconds` and `scrape_samples_scraped`.',
    '',
    'Metrics keep their names, `_total` too. What becomes of each kind, of labels, times and exemplars:',
    '[Prometheus](../../prometheus.md).',
  ].join('\n'),
  config: scrapeOptions,
  examples,
  // Only pipelines that scrape load what encodes metrics.
  create: async ({ config, context }) => (await import('./scrape.ts')).createScrape(config, context),
  sample: async ({ config, context, input }) => (await import('./sample.ts')).sampleBatches(config, context, input),
});
