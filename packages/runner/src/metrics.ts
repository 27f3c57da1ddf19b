import type { LetterFileWriter } from './dead-letters.ts';
import { addProcessMetrics } from './metrics-process.ts';
import { extraText, type Labels, labelsOf } from './metrics-text.ts';
import type { Readiness } from './readiness.ts';
import type { ReloadNumbers } from './reload/reloader.ts';
import { balance, type ComponentStats, type SinkStats } from './stats.ts';

/** What /metrics and the stats record are made from. */
export interface MetricsInput {
  components(): readonly ComponentStats[];
  /** Unix milliseconds of the last checkpoint on the disk. */
  checkpointWrittenAt(): number;
  readonly letterFiles: Pick<LetterFileWriter, 'bytes' | 'dropped'>;
  /** What became of reloads. */
  reloads: ReloadNumbers;
  /** Components that are not ready, and why. */
  readonly ready: Pick<Readiness, 'reasons'>;
  version: string;
}

/** The exposition of a running pipeline. */
export interface Metrics {
  /** Prometheus text format 0.0.4, and its content type. */
  text(): Promise<{ text: string; contentType: string }>;
  close(): void;
}

/**
 * The metrics of the pipeline on a prom-client registry. All values are read from the components' plain numbers when somebody asks,
 * so the event path never touches prom-client. Names follow Vector's component specification, with our prefix.
 */
export async function createMetrics(input: MetricsInput): Promise<Metrics> {
  const { Registry, Counter, Gauge } = await import('prom-client');
  const registry = new Registry();
  const names = ['component_id', 'component_type', 'component_kind'];
  type Set = (labels: Labels, value: number) => void;

  const counter = (
    name: string,
    help: string,
    more: string[],
    read: (stats: ComponentStats, set: Set) => void,
  ): void => {
    new Counter({
      name: `tailrace_${name}`,
      help,
      labelNames: [...names, ...more],
      registers: [registry],
      collect() {
        this.reset();
        for (const stats of input.components())
          read(stats, (labels, value) => this.inc({ ...labelsOf(stats), ...labels }, value));
      },
    });
  };
  const gauge = (name: string, help: string, read: (stats: ComponentStats, set: Set) => void): void => {
    new Gauge({
      name: `tailrace_${name}`,
      help,
      labelNames: names,
      registers: [registry],
      collect() {
        this.reset();
        for (const stats of input.components())
          read(stats, (labels, value) => this.set({ ...labelsOf(stats), ...labels }, value));
      },
    });
  };
  const plain = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      name: `tailrace_${name}`,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  };

  counter(
    'component_received_events_total',
    'Events a component took in; for a source the lines it read.',
    [],
    (s, set) => set({}, s.received),
  );
  counter(
    'component_received_bytes_total',
    'Bytes a source read.',
    [],
    (s, set) => s.kind === 'source' && set({}, s.receivedBytes),
  );
  counter(
    'component_sent_events_total',
    'Events a component gave on; for a sink those that the target stored.',
    [],
    (s, set) => set({}, s.sent),
  );
  counter(
    'component_output_events_total',
    'Events that left a component by a named output; one event may leave by several.',
    ['output'],
    (s, set) => {
      for (const [output, count] of s.outputs) set({ output }, count);
    },
  );
  counter(
    'component_sent_bytes_total',
    'Bytes of request bodies that the target took.',
    [],
    (s, set) => s.kind === 'sink' && set({}, s.sentBytes),
  );
  counter('component_created_events_total', 'Events that splits made beyond their inputs.', [], (s, set) =>
    set({}, s.created),
  );
  counter('component_merged_events_total', 'Lines or events that became part of another event.', [], (s, set) =>
    set({}, s.merged),
  );
  counter('component_dead_lettered_events_total', 'Events that a component refused for good.', [], (s, set) =>
    set({}, s.deadLettered),
  );
  counter('component_discarded_events_total', 'Events that went no further.', ['intentional', 'reason'], (s, set) => {
    for (const { reason, intentional, count } of s.discarded.values())
      set({ reason, intentional: String(intentional) }, count);
  });
  counter('component_errors_total', 'Errors by code; docs/errors.md says what each means.', ['code'], (s, set) => {
    for (const [code, count] of s.errors) set({ code }, count);
  });
  counter('component_recovered_events_total', 'Events read back from a disk queue at start.', [], (s, set) =>
    set({}, s.recovered),
  );
  counter(
    'component_returned_events_total',
    'Events that were given back when the process stopped; those of files and disk queues come again after a restart.',
    [],
    (s, set) => set({}, s.returned),
  );
  gauge('component_in_flight_events', 'Events that a component took in and that have not ended.', (s, set) =>
    set({}, s.inFlight),
  );
  gauge('component_ready', '1, or 0 while /readyz says that the component is not ready.', (s, set) =>
    set({}, Number(!input.ready.reasons().some(({ component }) => component === s.id))),
  );
  const ofSink = (read: (sink: SinkStats) => number) => (s: ComponentStats, set: Set) => {
    if (s.sink) set({}, read(s.sink));
  };
  counter(
    'sink_requests_total',
    'Requests a sink sent.',
    [],
    ofSink((sink) => sink.requests),
  );
  counter(
    'sink_retries_total',
    'Requests that were sent again, as a whole or in part.',
    [],
    ofSink((sink) => sink.retries),
  );
  counter(
    'sink_duplicates_avoided_total',
    'Entries that the target had already: sent again after a fault, stored once.',
    [],
    ofSink((sink) => sink.duplicatesAvoided),
  );
  gauge(
    'sink_requests_in_flight',
    'Requests under way.',
    ofSink((sink) => sink.requestsInFlight),
  );
  gauge(
    'adaptive_concurrency_limit',
    'Requests that may be under way at once, as found from latency and refusals, at most `max_in_flight`.',
    ofSink((sink) => sink.concurrencyLimit),
  );
  gauge(
    'sink_paused',
    '1 while the target takes nothing: after each pause one request tries it.',
    ofSink((sink) => Number(sink.isPaused)),
  );
  gauge(
    'buffer_events',
    'Events that wait for a sink or are on their way to its target.',
    ofSink((sink) => sink.bufferedEvents),
  );
  gauge(
    'buffer_bytes',
    'Bytes of those events: in memory, or with a disk queue in files.',
    ofSink((sink) => sink.bufferedBytes),
  );
  gauge(
    'buffer_max_bytes',
    'Bytes at which a sink’s queue is full.',
    ofSink((sink) => sink.bufferMaxBytes),
  );
  new Gauge({
    name: 'tailrace_events_balance',
    help: 'received + created + recovered − sent − discarded − dead-lettered − merged − returned − in flight, by edge; not 0: report it.',
    labelNames: ['edge'],
    registers: [registry],
    collect() {
      for (const stats of input.components()) this.set({ edge: stats.id }, balance(stats));
    },
  });
  plain(
    'checkpoint_age_seconds',
    'Time since the checkpoints were last written.',
    () => (Date.now() - input.checkpointWrittenAt()) / 1000,
  );
  plain('dead_letter_bytes', 'Size of all files of dead letters.', () => input.letterFiles.bytes());
  new Counter({
    name: 'tailrace_dead_letters_dropped_total',
    help: 'Dead letters that were removed to make room for others.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(input.letterFiles.dropped);
    },
  });
  new Counter({
    name: 'tailrace_config_reloads_total',
    help: 'Reloads of the pipeline by what became of them.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(input.reloads.ends)) this.inc({ result }, count);
    },
  });
  plain('config_last_reload_successful', 'Whether the last reload was good: 1, also before the first one, or 0.', () =>
    Number(input.reloads.isLastGood),
  );
  plain('config_last_reload_success_timestamp_seconds', 'When the pipeline that runs was last found good.', () =>
    Math.floor(input.reloads.lastGoodAt / 1000),
  );
  const closeProcessMetrics = addProcessMetrics({ Counter, Gauge }, registry, input.version);

  return {
    async text() {
      return {
        text: (await registry.metrics()) + extraText(input.components()),
        contentType: registry.contentType,
      };
    },
    close: closeProcessMetrics,
  };
}
