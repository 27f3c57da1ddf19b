import type { Events } from '@tailrace/kernel';
import type { Batch, Position, Signal, Stream } from './batch.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { ErrorCode } from './errors.ts';
import type { Outcome } from './lineage.ts';
import type { LogBatch, LogColumns } from './log-batch.ts';
import type { RecordBatch, RecordColumns, RecordSignal, Records } from './record-batch.ts';
import type { RunNumbers } from './run-numbers.ts';
import type { Infer, Schema } from './schema.ts';

/** The product's own log. Never call it per event: count, and report sums. */
export interface Log {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What every plugin gets. Creating a plugin has no side effects: nothing is opened, sent or written before it runs. */
export interface PluginContext {
  readonly componentId: string;
  readonly log: Log;
  /** Where the pipeline keeps its state; a plugin uses the folder `<dataDir>/<componentId>` if it needs one. */
  readonly dataDir: string;
  /** A path from the configuration, relative to the file that it stands in. */
  resolvePath(path: string): string;
  /** Counts `errors_total{code}`; once per batch with the sum. */
  countErrors(code: ErrorCode, count: number): void;
  /** Shows a gauge of this component in /metrics as `tailrace_component_<name>`; the sum over `labels` is the plugin's affair. */
  gauge(name: string, help: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /**
   * Why the component is not ready, by subject (an index, a file); `null` clears it. Shown by /readyz, logged once when it changes.
   */
  notReady(subject: string, reason: string | null): void;
}

// ---- sources ----------------------------------------------------------------------------------------------------------

export interface SourceContext extends PluginContext {
  /** Identity of this node: part of what stream ids are drawn from. */
  readonly nodeId: string;
  /** The one way to make a batch in a source: it gets a ticket, so that its outcome can be told. */
  newBatch(events: Events, columns: LogColumns): LogBatch;
  /** As `newBatch`, of metrics or traces. */
  newRecordBatch<S extends RecordSignal>(signal: S, records: Records, columns: RecordColumns): RecordBatch<S>;
  /**
   * Sends events of a batch that is not emitted yet to the dead letters, and counts them. Emit the batch whole afterwards: they do not
   * flow on, and the batch settles when its dead letters are durable too.
   */
  reject(batch: Batch, indices: ArrayLike<number>, code: ErrorCode, message: string): void;
  /** The numbers of the pipeline that runs, its own among them; a copy that does not change. */
  runNumbers(): RunNumbers;
}

/** Durable state of one component: small JSON values by key. */
export interface CheckpointStore {
  /** Whether there was state of this component when the process started. */
  readonly resumed: boolean;
  get(key: string): unknown;
  entries(): IterableIterator<[string, unknown]>;
  set(key: string, value: unknown): void;
  delete(key: string): void;
  /** Resolves when all that was set is on the disk (fsync); without it, that happens within a second. */
  flush(): Promise<void>;
}

/** What an emitted batch was made of, for the ledger and the metrics. */
export interface Received {
  /** Bytes read from the input. */
  readonly bytes: number;
  /** Lines that were merged into an event that another line began. */
  readonly merged?: number;
}

export interface SourceIo {
  /** Awaiting it is back-pressure; `settled` tells when every event of the batch has ended, and how the worst one did. */
  emit(batch: Batch, received: Received): Promise<{ settled: Promise<Outcome> }>;
  /** After it aborts, nothing may be emitted; return when what was emitted has settled (the runner limits that time). */
  readonly signal: AbortSignal;
  readonly checkpoints: CheckpointStore;
  /** Whether any component takes this signal from the source; a reload may change it. What nobody takes settles as discarded. */
  reads(signal: Signal): boolean;
  /** True: read what is there and return, instead of waiting for more. */
  readonly once: boolean;
  /**
   * Call it when everything has been emitted and nothing will follow, before waiting for what was emitted to settle: transforms that
   * hold events back give them out only then. A source that returns has ended too.
   */
  inputEnded?(): void;
  /** Call it when the source listens, watches or reads for the first time: /readyz waits for it. */
  ready(): void;
}

export interface Source {
  run(io: SourceIo): Promise<void>;
}

// ---- transforms -------------------------------------------------------------------------------------------------------

/** By which of a transform's named outputs the events of a batch leave. */
export interface Routing {
  /** Sets of names; an event of an empty set leaves by none. */
  readonly sets: readonly (readonly string[])[];
  /** Per event an index into `sets`. */
  readonly setOf: ArrayLike<number>;
}

/** A module that an option of a plugin names. */
export interface LoadedModule {
  readonly exports: Readonly<Record<string, unknown>>;
  /** Absolute paths of the module and of what it imports by relative paths. */
  readonly files: readonly string[];
}

export interface TransformContext extends PluginContext {
  /**
   * Loads a JavaScript or TypeScript module from a path of the configuration, anew when one of its files has changed; a reload watches them.
   * Rejects with an Error whose message says what is wrong, and where in the module.
   */
  loadModule(path: string): Promise<LoadedModule>;
  /** Sends an event of the batch being processed to the dead letters, as this component received it. */
  reject(i: number, code: ErrorCode, message: string): void;
  /** Why events, or the one event `i`, are missing from the output of the batch being processed; the default is the component's type. */
  discardReason(reason: string, i?: number): void;
  /**
   * Says by which of its named outputs the events of a batch leave that the transform is about to give out; without it, by all of them.
   * Who reads several outputs gets an event once, and all events in their order.
   */
  route(made: Batch, routing: Routing): void;
}

export type BatchTransform<B extends Batch = LogBatch> = (batch: B) => B | readonly B[];

/** A transform that holds events back: multi-line joins, windows, metrics from logs. */
export interface HoldingTransform<B extends Batch = LogBatch> {
  readonly holds: true;
  /** How often `flush` is called with the time, in milliseconds. */
  readonly tickMs?: number;
  process(batch: B, out: (batch: Batch) => void): void;
  /** `final`: the input has ended. */
  flush(now: number, final: boolean, out: (batch: Batch) => void): void;
  close?(): void;
}

export type Transform<B extends Batch = LogBatch> = BatchTransform<B> | HoldingTransform<B>;

// ---- sinks ------------------------------------------------------------------------------------------------------------

/** A request body and what its entries are. */
export interface EncodedBatch {
  /** What all its entries are. */
  readonly signal: Signal;
  readonly bytes: Uint8Array;
  readonly entries: number;
  /** Where an entry ends in `bytes`, and the next one begins. */
  end(entry: number): number;
  position(entry: number): Position;
  /** Whether this entry was part of a request before, in this process. */
  tried(entry: number): boolean;
}

/** One entry that the target refused. */
export interface Refusal {
  readonly index: number;
  /** True: it can succeed later; false: dead letter. */
  readonly retry: boolean;
  readonly code: ErrorCode;
  readonly message: string;
  readonly afterMs?: number;
  /** What /readyz names while such an entry is retried: a configuration fault such as an index that may not be written. */
  readonly subject?: string;
}

/** One entry that the sink left out because it holds nothing that the target takes; it ends as discarded, with its reason. */
export interface LeftOut {
  readonly index: number;
  /** As `discarded_events_total{reason}` names it. */
  readonly reason: string;
}

/**
 * What became of a request. `done`: all entries but those refused or left out are stored. `retry`: none is, all can be sent again.
 * `split`: too large as a whole. `pause`: refused for a reason that only a person can mend (401): wait and try again.
 * `refused`: the target will never take this body: the runner bisects it to find the entry.
 */
export type Verdict =
  | {
      readonly kind: 'done';
      readonly refused: readonly Refusal[];
      readonly leftOut?: readonly LeftOut[];
      readonly duplicates?: number;
    }
  | { readonly kind: 'retry'; readonly code: ErrorCode; readonly message: string; readonly afterMs?: number }
  | { readonly kind: 'split'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'pause'; readonly code: ErrorCode; readonly message: string; readonly afterMs?: number }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string };

export interface Sink<B extends Batch = LogBatch> {
  /** Most bytes and events of one body, and how long the first event waits for company, in milliseconds. */
  readonly limits: { readonly bytes: number; readonly events: number; readonly waitMs: number };
  /** Most requests under way. */
  readonly maxInFlight: number;
  /**
   * Appends events `[from, to)` until the writer is full; returns the first index that did not fit. Synchronous; a throw is a bug.
   */
  encode(batch: B, from: number, to: number, out: ByteWriter): number;
  /** Never rejects for what the target says; a rejection counts as `sink_threw`. */
  send(body: EncodedBatch, signal: AbortSignal): Promise<Verdict>;
  /** The body as JSON text, for tests of pipelines; needed where `bytes` are not the text that is sent. */
  bodyText?(body: EncodedBatch): string;
  /** Says at start, in a {@link ProbeError}, what is plainly wrong with the target; other errors are taken as temporary. */
  probe?(signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

export interface SinkContext extends PluginContext {
  /**
   * Where the sink writes to has gone for good (a closed pipe): the pipeline should stop as on a signal, without waiting for what
   * this sink still holds; that stays unsettled.
   */
  outputGone?(reason: string): void;
}

/** A sink for whatever batches its declaration takes; the runner gives it no others. */
export type AnySink = Sink<Batch>;

/** What a probe found wrong: said by /readyz and the log; the sink starts all the same and keeps trying. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

// ---- declarations -----------------------------------------------------------------------------------------------------

/**
 * The version of what a plugin and the runner expect of each other. It grows when a plugin made for an older one would not work any more;
 * what a pipeline names is refused when it was made for a newer one.
 */
export const PLUGIN_CONTRACT = 1;

/** What every declaration says: it is the source of the config type, the JSON Schema, the reference page and the example tests. */
interface Declared<S extends Schema<unknown>> {
  /** The {@link PLUGIN_CONTRACT} of the core that declared it. */
  readonly contract: number;
  readonly type: string;
  /** One sentence. */
  readonly summary: string;
  /** More, for the reference; Markdown. */
  readonly description?: string;
  readonly config: S;
}

/** An example of a transform, run by a test: objects in, objects out. */
export interface TransformExample {
  readonly title: string;
  readonly config: unknown;
  readonly input: readonly object[];
  readonly output: readonly object[];
  /** What leaves by named outputs. */
  readonly outputs?: Readonly<Record<string, readonly object[]>>;
  /** Files that the configuration names, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** An example of a source or sink, for the reference; a test holds that it validates and starts. */
export interface ConfigExample {
  readonly title: string;
  /** Options as they stand in YAML, of a sink also those that every sink has. */
  readonly config: unknown;
  /** Files that the configuration names, by name; certificates and secrets, which users have of their own, are left out. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The input of a pipeline's test, as one stream that is read at one time. */
export interface SampleInput {
  readonly bytes: Uint8Array;
  readonly stream: Stream;
  /** Unix seconds of reading. */
  readonly seconds: number;
}

export interface SourceDeclaration<S extends Schema<unknown> = Schema<unknown>> extends Declared<S> {
  readonly kind: 'source';
  /** What it gives; an edge carries those that its reader takes. */
  readonly output: Signal | readonly Signal[];
  /** A process can read its input only once, so a reload cannot change it: standard input. */
  readonly readsOnce?: boolean;
  readonly examples: readonly ConfigExample[];
  create(options: { config: Infer<S>; context: SourceContext }): Source | Promise<Source>;
  /** What it would emit for the input of a test, for `tailrace test`; without it the input is framed into log events. Throws an Error. */
  sample?(options: { config: Infer<S>; context: SourceContext; input: SampleInput }): Promise<readonly Batch[]>;
}

export interface TransformDeclaration<S extends Schema<unknown> = Schema<unknown>> extends Declared<S> {
  readonly kind: 'transform';
  readonly input: Signal;
  readonly output: Signal;
  readonly examples: readonly TransformExample[];
  /** Names of its outputs, each read as `id.name`; without it there is one, read as `id`. */
  outputs?(config: Infer<S>): readonly string[];
  /** Those of its outputs whose events leave by no other output; without it there is none. */
  exclusiveOutputs?(config: Infer<S>): readonly string[];
  create(options: { config: Infer<S>; context: TransformContext }): Transform | Promise<Transform>;
}

export interface SinkDeclaration<S extends Schema<unknown> = Schema<unknown>> extends Declared<S> {
  readonly kind: 'sink';
  /** What it takes; one body never holds two of them. */
  readonly input: Signal | readonly Signal[];
  readonly examples: readonly ConfigExample[];
  /** Whether its target knows events by their identities, so that of two with the same one it keeps one. */
  keepsIdentities?(config: Infer<S>): boolean;
  create(options: { config: Infer<S>; context: SinkContext }): AnySink | Promise<AnySink>;
}

export type PluginDeclaration = SourceDeclaration | TransformDeclaration | SinkDeclaration;

type Without<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>;

/** Declares a source. */
export function defineSource<S extends Schema<unknown>>(
  declaration: Without<Omit<SourceDeclaration<S>, 'kind' | 'contract'>, 'output'>,
): SourceDeclaration<S> {
  return { kind: 'source', output: 'logs', ...declaration, contract: PLUGIN_CONTRACT };
}

/** Declares a transform. */
export function defineTransform<S extends Schema<unknown>>(
  declaration: Without<Omit<TransformDeclaration<S>, 'kind' | 'contract'>, 'input' | 'output'>,
): TransformDeclaration<S> {
  return { kind: 'transform', input: 'logs', output: 'logs', ...declaration, contract: PLUGIN_CONTRACT };
}

/** Declares a sink. */
export function defineSink<S extends Schema<unknown>>(
  declaration: Without<Omit<SinkDeclaration<S>, 'kind' | 'contract'>, 'input'>,
): SinkDeclaration<S> {
  return { kind: 'sink', input: 'logs', ...declaration, contract: PLUGIN_CONTRACT };
}

/** A configuration that a plugin cannot work with; `at` is the way to the option inside the component (`['fields', 2]`). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly at: readonly (string | number)[];
  constructor(at: readonly (string | number)[], message: string) {
    super(message);
    this.at = at;
  }
}
