import { appendFile, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  type CheckpointStore,
  type ErrorCode,
  LogBatch,
  type Outcome,
  type Received,
  RecordBatch,
  resolveConfig,
  type SourceContext,
  type SourceIo,
  type Stream,
} from '@tailrace/core';
import { fileSource } from './index.ts';
import { optionsOf } from './options.ts';
import { readFiles } from './session.ts';

/** One event as a test sees it. */
export interface SeenEvent {
  readonly id: string;
  readonly event: { readonly [key: string]: unknown };
  readonly offset: number;
  readonly end: number;
  readonly stream: Stream;
}

/** One run of the source in this process; its inputs and outputs are plain data. */
export interface SourceRun {
  readonly events: SeenEvent[];
  readonly logs: string[];
  readonly received: Received[];
  /** Emits that began; `received` has those that were let in. */
  begun: number;
  readonly errors: Map<ErrorCode, number>;
  readonly rejected: { code: ErrorCode; event: unknown }[];
  readonly notReady: Map<string, string>;
  readonly gauges: Map<string, number>;
  readonly warnings: string[];
  /** The state as it was last flushed: what is left of it when the machine dies. */
  flushed: State;
  /** While true, batches do not settle by themselves. */
  hold: boolean;
  /** How many more flushes of the checkpoints fail. */
  failingFlushes: number;
  /** While set, emits wait for it, or for the signal. */
  gate: Promise<void> | null;
  /** Lets emits wait from now on, until what it returns is called. */
  holdUp(): () => void;
  settle(batch: number, outcome?: Outcome): void;
  /** Waits until the condition holds; fails after fifteen seconds. */
  until(condition: () => boolean, what: string): Promise<void>;
  stop(): Promise<void>;
  readonly finished: Promise<void>;
}

/** Durable state as the runner keeps it: what is written can be copied, and given to a later run. */
export type State = Map<string, unknown>;

/** A folder of its own with the state of a source. */
export interface Place {
  readonly folder: string;
  readonly dataDir: string;
  readonly state: State;
  path(name: string): string;
  append(name: string, text: string | Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

export async function newPlace(): Promise<Place> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'file-source-')));
  const path = (name: string): string => join(folder, name);
  return {
    folder,
    dataDir: path('data'),
    state: new Map(),
    path,
    append: (name, text) => appendFile(path(name), text),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export interface StartOptions {
  readonly config?: object;
  readonly once?: boolean;
  readonly nodeId?: string;
  readonly state?: State;
  readonly hold?: boolean;
  /** False: as where birth times cannot be trusted. */
  readonly births?: boolean;
  readonly graceMs?: number;
  /** False: as where the system does not tell of changes. */
  readonly watches?: boolean;
  /** How many flushes of the checkpoints fail. */
  readonly failingFlushes?: number;
}

export function start(place: Place, options: StartOptions = {}): SourceRun {
  const state = options.state ?? place.state;
  const stopper = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    stopper.signal.addEventListener('abort', () => resolve());
  });
  const durable = new Set(state.keys());
  const tickets: ((outcome: Outcome) => void)[] = [];
  const run: Omit<SourceRun, 'finished'> = {
    events: [],
    logs: [],
    received: [],
    begun: 0,
    errors: new Map(),
    rejected: [],
    notReady: new Map(),
    gauges: new Map(),
    warnings: [],
    flushed: structuredClone(state),
    hold: options.hold ?? false,
    failingFlushes: options.failingFlushes ?? 0,
    gate: null,
    holdUp() {
      const { promise, resolve: release } = Promise.withResolvers<void>();
      run.gate = promise;
      return release;
    },
    settle: (batch, outcome = 'delivered') => tickets[batch]!(outcome),
    until: (condition, what) => Promise.race([until(condition, what), finished]),
    async stop() {
      stopper.abort();
      await finished;
    },
  };
  const context = contextOf(place, run, options.nodeId ?? 'node-1');
  const config = resolveConfig(fileSource.config, {
    include: [place.path('*.log')],
    scan_interval: '50ms',
    ...options.config,
  });
  const finished = (async () => {
    const io: SourceIo = {
      signal: stopper.signal,
      reads: (signal) => signal === 'logs',
      once: options.once ?? false,
      checkpoints: storeOf(state, run, () => {
        for (const key of state.keys()) durable.add(key);
        run.flushed = structuredClone(state);
      }),
      ready() {},
      async emit(batch, received) {
        if (stopper.signal.aborted) throw new Error('emitted after the signal');
        if (!(batch instanceof LogBatch)) throw new Error('not a batch of logs');
        run.begun++;
        await Promise.race([run.gate, stopped]);
        for (const { id } of batch.columns.streams)
          if (!durable.has(`file:${id}`)) throw new Error(`${id} was not on the disk before its first event`);
        run.received.push(received);
        for (let i = 0; i < batch.length; i++) see(run, batch, i);
        let settle: (outcome: Outcome) => void = () => {};
        const settled = new Promise<Outcome>((done) => {
          settle = done;
        });
        tickets.push(settle);
        if (!run.hold) settle('delivered');
        return { settled };
      },
    };
    const { births, graceMs, watches } = options;
    if (births === undefined && graceMs === undefined && watches === undefined)
      return (await fileSource.create({ config, context })).run(io);
    const usual = optionsOf(config, context);
    const prepared = { ...usual, graceMs: graceMs ?? usual.graceMs, watches: watches ?? true };
    return readFiles({ options: prepared, context, io, births: births ?? true });
  })();
  return Object.assign(run, { finished });
}

/** Reads what is there and ends. */
export async function readOnce(place: Place, options: StartOptions = {}): Promise<SourceRun> {
  const run = start(place, { ...options, once: true });
  await run.finished;
  return run;
}

function see(run: Omit<SourceRun, 'finished'>, batch: LogBatch, i: number): void {
  const event = JSON.parse(batch.text(i)) as SeenEvent['event'];
  const { stream, offset, end } = batch.position(i);
  run.events.push({ id: batch.id(i), event, offset, end, stream });
  run.logs.push(String(event['log']));
}

function contextOf(place: Place, run: Omit<SourceRun, 'finished'>, nodeId: string): SourceContext {
  const quiet = (): void => {};
  return {
    componentId: 'logs',
    nodeId,
    dataDir: place.dataDir,
    log: { debug: quiet, info: quiet, warn: (_, said) => run.warnings.push(said), error: quiet },
    resolvePath: (path) => resolve(place.folder, path),
    countErrors: (code, count) => run.errors.set(code, (run.errors.get(code) ?? 0) + count),
    gauge: (name, _help, value, labels = {}) => run.gauges.set([name, ...Object.values(labels)].join(' '), value),
    notReady(subject, reason) {
      if (reason === null) run.notReady.delete(subject);
      else run.notReady.set(subject, reason);
    },
    runNumbers: () => ({ startedAt: 0, version: '0', counts: {}, gauges: {}, components: [] }),
    newBatch: (events, columns) => LogBatch.fromSource(events, columns),
    newRecordBatch: (signal, records, columns) => RecordBatch.fromSource(signal, records, columns),
    reject(batch, indices, code) {
      for (const i of Array.from(indices)) run.rejected.push({ code, event: JSON.parse(batch.text(i)) });
    },
  };
}

function storeOf(state: State, run: { failingFlushes: number }, flushed: () => void): CheckpointStore {
  return {
    resumed: state.size > 0,
    get: (key) => state.get(key),
    entries: () => state.entries(),
    set: (key, value) => state.set(key, structuredClone(value)),
    delete: (key) => state.delete(key),
    flush() {
      if (run.failingFlushes-- > 0) return Promise.reject(new Error('no space left'));
      flushed();
      return Promise.resolve();
    },
  };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 15_000; !condition(); ) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
