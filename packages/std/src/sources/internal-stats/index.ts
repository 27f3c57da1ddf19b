import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConfigError,
  defineSource,
  duration,
  object,
  type Source,
  type SourceContext,
  type SourceIo,
} from '@tailrace/core';
import { MAX_EVENT_BYTES } from '@tailrace/kernel';
import { FramedRun } from '../framed-run.ts';
import { measureProcess } from './process-numbers.ts';
import { type Reading, statsEvents } from './records.ts';

/** Emits the pipeline's own numbers as log events. */
export const internalStats = defineSource({
  type: 'internal_stats',
  summary: 'Give the numbers of the running pipeline as log events: what /metrics shows, for stores that keep logs.',
  description: [
    'Every `interval` one event of the process (`record: process`) and one of each component (`record: component`); where errors or discards came up,',
    'one of each code (`record: errors`) and of each reason (`record: discards`). Counts since the start have the names of the `stats` record of the log;',
    'the same names below `delta` hold what came since the event before, so a sum of `delta.*` over any time is what happened in it.',
    'Percentiles (`request_seconds.p95`, `lag_seconds.p95`, …) are those of the interval.',
    '',
    'It counts its own component and the sinks that take its events as well; since it emits by the clock, that feeds nothing back. What happens after the',
    'last event before a stop is in no event. With `--once` it emits once, at the start. All fields: `pipelines/tailrace/fields.yaml`.',
  ].join('\n'),
  config: object({
    interval: duration({ default: '60s', description: 'Time from one event of a component to the next, at least 1s.' }),
  }),
  examples: [{ title: 'Every 30 seconds', config: { interval: '30s' } }],
  create({ config, context }) {
    if (config.interval < MIN_INTERVAL_MS) throw new ConfigError(['interval'], 'must be at least 1s');
    return createInternalStats(config.interval, context);
  },
});

const MIN_INTERVAL_MS = 1000;
/** Below this key stands the last reading: a reload makes a new source in the same process, which goes on from there. */
const LAST = 'last';
const FORMAT = 1;

function createInternalStats(intervalMs: number, context: SourceContext): Source {
  return {
    async run(io) {
      const measured = measureProcess();
      const run = new FramedRun(context, io, {
        format: 'ndjson',
        label: 'internal_stats',
        maxEventBytes: MAX_EVENT_BYTES,
      });
      const emit = async (): Promise<void> => {
        const now: Reading = { at: Date.now(), run: context.runNumbers(), process: measured.read() };
        const events = statsEvents(now, lastReading(io), hostname());
        io.checkpoints.set(LAST, { version: FORMAT, reading: now });
        await run.push(Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join('')), false);
      };
      io.ready();
      try {
        if (io.once) await emit();
        else await everyInterval(intervalMs, emit, io.signal);
        io.inputEnded?.();
        // What does not arrive is not emitted again: the counts since the start are in the next event.
        await run.settled();
      } finally {
        measured.close();
      }
    },
  };
}

/** Keeps the rhythm; while nothing takes the events, intervals are left out and the next event speaks for them too. */
async function everyInterval(intervalMs: number, emit: () => Promise<void>, signal: AbortSignal): Promise<void> {
  let due = performance.now() + intervalMs;
  for (;;) {
    const stopped = await sleep(Math.max(0, due - performance.now()), false, { signal }).catch(() => true);
    if (stopped) return;
    await emit();
    due += (Math.floor(Math.max(0, performance.now() - due) / intervalMs) + 1) * intervalMs;
  }
}

function lastReading({ checkpoints }: SourceIo): Reading | undefined {
  const stored = checkpoints.get(LAST) as { version: number; reading: Reading } | undefined;
  // Of another version: the counts since the start speak for themselves.
  return stored?.version === FORMAT ? stored.reading : undefined;
}
