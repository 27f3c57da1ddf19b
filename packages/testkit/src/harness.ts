import type {
  Batch,
  CheckpointStore,
  ErrorCode,
  Log,
  LogBatch,
  Outcome,
  PluginContext,
  Received,
  SourceContext,
  SourceIo,
} from '@tailrace/core';
import { LogBatch as Logs, RecordBatch } from '@tailrace/core';

/** What a plugin said to its context. */
export interface Said {
  readonly errors: Partial<Record<ErrorCode, number>>;
  /** Why it is not ready, by subject. */
  readonly notReady: Map<string, string>;
  readonly gauges: Map<string, number>;
  /** Events that a source sent to the dead letters. */
  readonly rejected: {
    readonly batch: Batch;
    readonly indices: readonly number[];
    readonly code: ErrorCode;
    readonly message: string;
  }[];
  readonly records: { readonly level: keyof Log; readonly details: object; readonly message: string }[];
}

/** The context of a plugin outside a pipeline, and what it was told. */
export function pluginContext(folder = '.'): { context: PluginContext; said: Said } {
  const said: Said = { errors: {}, notReady: new Map(), gauges: new Map(), rejected: [], records: [] };
  const record = (level: keyof Log) => (details: object, message: string) =>
    said.records.push({ level, details, message });
  const context: PluginContext = {
    componentId: 'tested',
    log: { debug: record('debug'), info: record('info'), warn: record('warn'), error: record('error') },
    dataDir: folder,
    resolvePath: (path) => (path.startsWith('/') ? path : `${folder}/${path}`),
    countErrors(code, count) {
      said.errors[code] = (said.errors[code] ?? 0) + count;
    },
    gauge(name, _help, value, labels = {}) {
      said.gauges.set(Object.values(labels).length === 0 ? name : `${name} ${JSON.stringify(labels)}`, value);
    },
    notReady(subject, reason) {
      if (reason === null) said.notReady.delete(subject);
      else said.notReady.set(subject, reason);
    },
  };
  return { context, said };
}

/** The context of a source; its batches have tickets. */
export function sourceContext(folder = '.'): { context: SourceContext; said: Said } {
  const { context, said } = pluginContext(folder);
  const source: SourceContext = {
    ...context,
    nodeId: 'node',
    runNumbers: () => ({ startedAt: 0, version: '0', counts: {}, gauges: {}, components: [] }),
    newBatch: (events, columns) => Logs.fromSource(events, columns),
    newRecordBatch: (signal, records, columns) => RecordBatch.fromSource(signal, records, columns),
    reject(batch, indices, code, message) {
      said.rejected.push({ batch, indices: Array.from(indices), code, message });
    },
  };
  return { context: source, said };
}

/** A checkpoint store in memory. */
export function memoryCheckpoints(entries: Iterable<[string, unknown]> = [], resumed = false): CheckpointStore {
  const state = new Map(entries);
  return {
    resumed,
    get: (key) => state.get(key),
    entries: () => state.entries(),
    set: (key, value) => void state.set(key, structuredClone(value)),
    delete: (key) => void state.delete(key),
    flush: () => Promise.resolve(),
  };
}

/** What a source under test gets, and what it has emitted so far. */
export interface SourceRun {
  readonly io: SourceIo;
  readonly batches: LogBatch[];
  /** Those of metrics and traces. */
  readonly records: RecordBatch[];
  readonly received: Received[];
  readonly isReady: () => boolean;
  readonly abort: AbortController;
  /** The events as parsed JSON. */
  events(): unknown[];
}

/** The runner's side of a source: every batch settles as `outcome` says, delivered by default. */
export function sourceRun(
  options: {
    once?: boolean;
    checkpoints?: CheckpointStore;
    outcome?: (batch: Batch) => Outcome | Promise<Outcome>;
    onBatch?: (batch: LogBatch) => void;
  } = {},
): SourceRun {
  const batches: LogBatch[] = [];
  const records: RecordBatch[] = [];
  const received: Received[] = [];
  const abort = new AbortController();
  let ready = false;
  const io: SourceIo = {
    async emit(batch, what) {
      if (abort.signal.aborted) throw new Error('emitted after the signal');
      received.push(what);
      if (batch instanceof Logs) {
        batches.push(batch);
        options.onBatch?.(batch);
      } else if (batch instanceof RecordBatch) records.push(batch);
      await Promise.resolve();
      return { settled: Promise.resolve(options.outcome?.(batch) ?? 'delivered') };
    },
    signal: abort.signal,
    checkpoints: options.checkpoints ?? memoryCheckpoints(),
    reads: () => true,
    once: options.once ?? true,
    ready: () => {
      ready = true;
    },
  };
  const events = () =>
    batches.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => JSON.parse(batch.text(i)) as unknown));
  return { io, batches, records, received, isReady: () => ready, abort, events };
}

/** A batch with the given events, one stream, offsets 0, 100, 200, …; times from `@timestamp` where it is text, else from second 0. */
export function batchOf(
  events: readonly object[],
  stream: Partial<LogBatch['columns']['streams'][number]> = {},
): LogBatch {
  return batchOfTexts(
    events.map((event) => JSON.stringify(event)),
    stream,
  );
}

/** The same from JSON texts. */
export function batchOfTexts(
  texts: readonly string[],
  stream: Partial<LogBatch['columns']['streams'][number]> = {},
): LogBatch {
  const pieces = texts.map((text) => Buffer.from(text));
  const length = pieces.length;
  const start = new Uint32Array(length);
  const end = new Uint32Array(length);
  const seconds = new Float64Array(length);
  const nanos = new Uint32Array(length);
  const flags = new Uint8Array(length);
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    start[i] = at;
    at += piece.length;
    end[i] = at;
    const time = /^\{"@timestamp":"([^"]+?)(?:\.(\d{1,9}))?Z"/.exec(texts[i]!);
    if (!time) continue;
    seconds[i] = Date.parse(`${time[1]}Z`) / 1000;
    nanos[i] = Number((time[2] ?? '').padEnd(9, '0'));
    flags[i] = 1;
  }
  const events = { text: new Uint8Array(Buffer.concat(pieces)), start, end, length };
  const offset = Float64Array.from({ length }, (_, i) => i * 100);
  return Logs.fromSource(events, {
    streams: [{ id: 'streamstreamstre', source: 'tested', label: 'test', firstSeen: 0, replayBelow: 0, ...stream }],
    stream: new Uint16Array(length),
    offset,
    endOffset: offset.map((from) => from + 100),
    sub: new Uint32Array(length),
    seconds,
    nanos,
    flags,
  });
}
