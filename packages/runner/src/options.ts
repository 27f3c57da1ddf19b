import { boolean, bytes, duration, type Infer, integer, object, oneOf, string } from '@tailrace/core';

/** The top-level settings of a pipeline, beside `sources`, `transforms`, `sinks` and `tests`. */
export const pipelineSettings = object({
  data_dir: string({
    default: '.tailrace',
    description:
      'Folder for checkpoints, dead letters and disk queues, relative to the first pipeline file; one process at a time.',
  }),
  shutdown_timeout: duration({
    default: '30s',
    description: 'How long a stopping pipeline may take to deliver what it holds.',
  }),
  reload_timeout: duration({
    positive: true,
    default: '30s',
    description: 'How long a changed pipeline may take to become ready before the one that runs is kept or comes back.',
  }),
  metrics: object(
    {
      enabled: boolean({ default: true, description: 'Serve /metrics, /healthz and /readyz.' }),
      address: string({
        default: '127.0.0.1:9598',
        description: 'Where to serve them: host:port (port 0: any free one), or unix:PATH for a unix socket.',
      }),
    },
    { description: 'The HTTP endpoint for Prometheus and probes; on loopback unless told otherwise.' },
  ),
  log: object(
    {
      level: oneOf(['debug', 'info', 'warn', 'error'], {
        default: 'info',
        description: 'The least severe record that is written.',
      }),
      stats_interval: duration({
        positive: true,
        default: '60s',
        description: 'How often one record with the numbers of /metrics is written.',
      }),
    },
    { description: 'The log of tailrace itself, on standard error.' },
  ),
  dead_letters: object(
    {
      path: string({
        minLength: 1,
        description:
          'NDJSON file for refused events; `<data_dir>/dead-letters.ndjson` unless set, relative to data_dir.',
      }),
      max_file_bytes: bytes({
        default: '64MiB',
        description:
          'A file that would become larger is set aside under a number and a new one begun; a quarter of `max_bytes` when that is less.',
      }),
      max_bytes: bytes({ positive: true, default: '1GiB', description: 'Most bytes of all these files together.' }),
      when_full: oneOf(['block', 'drop_oldest'], {
        default: 'block',
        description:
          '`block`: refused events wait, and with them the sources, until letters are replayed or removed; `drop_oldest`: the oldest file is removed and its letters counted.',
      }),
    },
    {
      description: 'Where events go that a component refused for good, unless a sink has `dead_letters` as its input.',
    },
  ),
});
export type PipelineSettings = Infer<typeof pipelineSettings>;

/** Options that every sink has: what the runner does around it. */
export const sinkSettings = {
  queue: object(
    {
      type: oneOf(['memory', 'disk'], {
        default: 'memory',
        description:
          'Where batches wait. `memory`: an event is settled when the target has it. `disk`: in files under `<data_dir>/queues/<id of the sink>`; an event is settled when it is durable there, and survives a restart.',
      }),
      max_bytes: bytes({
        positive: true,
        description:
          'Most bytes that may wait or be under way: of memory (8MiB unless set), or of files (1GiB unless set).',
      }),
      when_full: oneOf(['block', 'drop_newest', 'drop_oldest'], {
        default: 'block',
        description:
          '`block`: sources wait, nothing is lost; `drop_newest`: what comes is discarded; `drop_oldest`: what has waited longest is discarded, on the disk a file at a time. What is discarded is counted.',
      }),
    },
    { description: 'What waits in front of the sink, and what happens when there is too much of it.' },
  ),
  retry: object(
    {
      initial: duration({
        positive: true,
        default: '500ms',
        description: 'First pause; it doubles with each attempt, with full jitter.',
      }),
      max: duration({
        positive: true,
        default: '30s',
        description:
          'Longest pause between two attempts, beside what the target asks for by Retry-After: up to 5 minutes of that.',
      }),
      max_age: duration({
        description: 'Dead-letter an entry that is still refused after this time; unset: try for ever.',
      }),
      max_attempts: integer({
        minimum: 1,
        description: 'Dead-letter an entry after so many attempts; unset: try for ever.',
      }),
    },
    { description: 'What to do with entries that the target cannot take now.' },
  ),
  request_timeout: duration({
    positive: true,
    default: '30s',
    description: 'How long one request may take; then it counts as failed and is retried.',
  }),
} as const;

const sinkSettingsObject = object(sinkSettings);
export type SinkSettings = Infer<typeof sinkSettingsObject>;
