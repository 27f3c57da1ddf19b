import { setTimeout as sleep } from 'node:timers/promises';
import type { Source, SourceContext, SourceIo } from '@tailrace/core';
import type { ScrapeConfig } from './options.ts';
import { Scraper } from './scraper.ts';
import { readTargets, type Target } from './target.ts';

/** Scrapes all targets of a configuration, each in its own rhythm. */
export function createScrape(config: ScrapeConfig, context: SourceContext): Source {
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
