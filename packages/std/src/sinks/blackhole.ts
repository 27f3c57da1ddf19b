import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AnySink,
  type Batch,
  type ByteWriter,
  defineSink,
  type Infer,
  LogBatch,
  number,
  object,
  RecordBatch,
} from '@tailrace/core';
import { encodeLines, kernel } from '@tailrace/kernel';

const config = object({
  rate: number({
    minimum: 1,
    maximum: 1_000_000_000,
    description: 'Events per second that are taken at most, like a target of that speed; unless set, as many as come.',
    examples: [5000],
  }),
});

/** Takes everything and keeps nothing. */
export const blackhole = defineSink({
  type: 'blackhole',
  summary:
    'Take everything and keep nothing: to measure a pipeline, or to see how it behaves at a target of a given speed.',
  description: [
    'Events and bytes are counted as at any sink, in the summary, the ledger and `/metrics`; the bytes are those of an NDJSON line per log',
    'event, and of the OTLP record per metric point or span. They are delivered for good: the checkpoints of the sources move on.',
    '',
    'With `rate` a request takes as long as its events do at that speed, so queues fill and sources wait as with a slow target.',
  ].join('\n'),
  input: ['logs', 'metrics', 'traces'],
  config,
  examples: [
    { title: 'How fast is the rest of the pipeline?', config: {} },
    { title: 'A target that takes 5,000 events per second', config: { rate: 5000 } },
  ],
  create: ({ config }) => createBlackhole(config),
});

/** A paced request is held no longer than this, in milliseconds, so that the flow is even. */
const PACE_MS = 250;

function createBlackhole({ rate }: Infer<typeof config>): AnySink {
  const events = rate === undefined ? 10_000 : Math.min(10_000, Math.max(1, Math.floor((rate * PACE_MS) / 1000)));
  /** When what was taken so far would be through, on the monotonic clock in milliseconds. */
  let throughAt = 0;
  return {
    limits: { bytes: 8_000_000, events, waitMs: 100 },
    maxInFlight: 1,
    encode,
    async send(body, signal) {
      if (rate !== undefined) {
        const now = performance.now();
        throughAt = Math.max(now, throughAt) + (body.entries * 1000) / rate;
        await sleep(throughAt - now, undefined, { signal }).catch(() => {});
        if (signal.aborted) return { kind: 'retry', code: 'server_timeout', message: 'stopped before they were taken' };
      }
      return { kind: 'done', refused: [] };
    },
  };
}

function encode(batch: Batch, from: number, to: number, out: ByteWriter): number {
  if (batch instanceof LogBatch) {
    const { count, used } = encodeLines(
      kernel(),
      batch.events(),
      from,
      to,
      out.bytes,
      out.used,
      out.marks.subarray(out.entries),
    );
    out.used += used;
    out.entries += count;
    return from + count;
  }
  if (!(batch instanceof RecordBatch)) return to;
  let i = from;
  while (i < to && out.append(batch.record(i))) i++;
  return i;
}
