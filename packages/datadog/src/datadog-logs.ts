import { ConfigError, defineSink, type EncodedBatch, type SinkContext, type Verdict } from '@tailrace/core';
import { kernel } from '@tailrace/kernel';
import { judge } from './answer.ts';
import { createConnection } from './connection.ts';
import { createEncoder } from './logs/encode.ts';
import { examples } from './logs/examples.ts';
import { arrayOf, arrayPool, youngOf } from './logs/frame.ts';
import { type DatadogLogsConfig, datadogLogsOptions } from './logs/options.ts';
import { probeKey } from './probe.ts';
import { intakeUrl } from './targets.ts';

/** The limits of https://docs.datadoghq.com/api/latest/logs/#send-logs; its MB are read as a million bytes, as the Datadog Agent does. */
const MAX_REQUEST_BYTES = 5_000_000;
/** The kernel reads no longer events. */
const MOST_ENTRY_BYTES = 4_000_000;
/** Room for the attributes that are written in any case. */
const LEAST_ENTRY_BYTES = 20_000;

/** Writes logs to Datadog by the HTTP intake, version 2. */
export const datadogLogs = defineSink({
  type: 'datadog_logs',
  summary: 'Send logs to Datadog.',
  description: [
    'Events keep their members, so that facets such as `@fields.message` work; the attributes that Datadog reserves are put in front of them.',
    'A member of the event that already is what an attribute needs stays; one that has a reserved name and is something else is renamed to',
    '`event_` and that name. Names of Kubernetes become the tags that Datadog’s own agent gives.',
    '',
    'What each answer of Datadog leads to, and what the limits are, stands in [Datadog](../../datadog.md).',
  ].join('\n'),
  config: datadogLogsOptions,
  examples,
  create: ({ config, context }) => {
    checkOptions(config);
    const url = intakeUrl(config, 'http-intake.logs', '/api/v2/logs');
    const connection = createConnection(config, url, context);
    const keepsOld = config.on_too_old === 'send';
    const pool = arrayPool(config.max_in_flight);
    const framed = (body: EncodedBatch, oldest: number) =>
      keepsOld ? { array: arrayOf(body, pool), left: [] } : youngOf(body, oldest, pool);
    return {
      // The array has a bracket more than its entries have commas.
      limits: { bytes: config.max_bytes - 1, events: config.max_events, waitMs: config.max_wait },
      maxInFlight: config.max_in_flight,
      encode: createEncoder(kernel(), config, counter(context, keepsOld)),
      async send(body, signal) {
        const { array, left } = framed(body, Date.now() - config.max_age);
        try {
          const done = doneWithout(left, config.on_too_old === 'drop');
          if (left.length === body.entries) return done;
          const verdict = judge(await connection.post(url, array, signal));
          return verdict.kind === 'done' ? done : verdict;
        } finally {
          pool.give(array);
        }
      },
      bodyText: (body) => framed(body, Number.NEGATIVE_INFINITY).array.toString(),
      probe: (signal) => probeKey(connection, config, signal),
      close: async () => connection.close(),
    };
  },
});

/** All entries are stored but those that are too old. */
function doneWithout(tooOld: readonly number[], drops: boolean): Verdict {
  if (drops) return { kind: 'done', refused: [], leftOut: tooOld.map((index) => ({ index, reason: 'event_too_old' })) };
  const message = 'the event is older than `max_age`, so Datadog would drop it';
  return { kind: 'done', refused: tooOld.map((index) => ({ index, retry: false, code: 'event_too_old', message })) };
}

/** Events that are refused or left out are counted by the runner. */
function counter(context: SinkContext, keepsOld: boolean) {
  return ({ shortened, tooOld }: { shortened: number; tooOld: number }): void => {
    if (shortened > 0) context.countErrors('entry_shortened', shortened);
    if (tooOld > 0 && keepsOld) context.countErrors('event_too_old', tooOld);
  };
}

function checkOptions({ max_bytes, max_entry_bytes }: DatadogLogsConfig): void {
  if (max_bytes > MAX_REQUEST_BYTES) throw new ConfigError(['max_bytes'], 'must be at most 5MB, the limit of Datadog');
  if (max_entry_bytes < LEAST_ENTRY_BYTES || max_entry_bytes > MOST_ENTRY_BYTES) {
    throw new ConfigError(['max_entry_bytes'], 'must be from 20KB to 4MB; Datadog keeps 1MB of an event');
  }
  if (max_bytes < max_entry_bytes + 1000) {
    throw new ConfigError(['max_bytes'], 'must be larger than `max_entry_bytes` by 1KB at least');
  }
}
