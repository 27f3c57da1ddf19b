import { setTimeout as sleep } from 'node:timers/promises';
import { defineSource, type Source, type SourceContext, type SourceIo } from '@tailrace/core';
import { type ScrapeConfig, scrapeOptions } from './options.ts';
import { sampleBatches } from './sample.ts';
import { Scraper } from './scraper.ts';
import { readTargets, type Target } from './target.ts';

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
  examples: [
    { title: 'The metrics of a mirrord operator', config: { targets: ['http://mirrord-operator.mirrord:9000'] } },
    {
      title: 'Two targets, one with TLS and a token',
      config: {
        interval: '15s',
        labels: { cluster: 'west' },
        targets: [
          'http://10.0.0.7:9100/metrics',
          {
            url: 'https://10.0.0.8:8443/metrics',
            job: 'gateway',
            timeout: '5s',
            auth: { bearer_token_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
            tls: { server_name: 'gateway.example' },
          },
        ],
      },
    },
  ],
  create: ({ config, context }) => createScrape(config, context),
  sample: async ({ config, context, input }) => sampleBatches(config, context, input),
});

function createScrape(config: ScrapeConfig, context: SourceContext): Source {
  const targets = readTargets(config, context);
  return {
    async run(io) {
      const underWay = new Set<Promise<void>>();
      io.ready();
      await Promise.all(
        targets.map(async (target, i) => {
          const scraper = new Scraper(target, config, context);
          if (io.once) await scrapeOnce(scraper, io, underWay);
          else await scrapeOnAndOn(scraper, firstDelay(target, i, targets.length), io, underWay);
        }),
      );
      io.inputEnded?.();
      // A scrape cannot be read again, however it ended.
      await Promise.all(underWay);
    },
  };
}

/** Spreads the targets over their intervals; the first one is scraped at once. */
function firstDelay({ interval }: Target, i: number, targets: number): number {
  return Math.round((interval * i) / targets);
}

/** Keeps the rhythm: what takes longer than an interval, because nothing takes the points, leaves out scrapes. */
async function scrapeOnAndOn(scraper: Scraper, delay: number, io: SourceIo, underWay: Set<Promise<void>>) {
  const { interval } = scraper.target;
  let due = performance.now() + delay;
  for (;;) {
    const stopped = await sleep(Math.max(0, due - performance.now()), false, { signal: io.signal }).catch(() => true);
    if (stopped) return;
    await scrapeOnce(scraper, io, underWay);
    const missed = Math.floor(Math.max(0, performance.now() - due) / interval);
    due += (missed + 1) * interval;
  }
}

async function scrapeOnce(scraper: Scraper, io: SourceIo, underWay: Set<Promise<void>>): Promise<void> {
  const scraped = await scraper.scrape(io.signal);
  let bytes = scraped?.bytes ?? 0;
  for (const batch of scraped?.batches ?? []) {
    if (io.signal.aborted) return;
    const { settled } = await io.emit(batch, { bytes });
    bytes = 0;
    const ended = settled.then(() => void underWay.delete(ended));
    underWay.add(ended);
  }
}
