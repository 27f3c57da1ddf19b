import { deepStrictEqual } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  defineSink,
  defineSource,
  type EncodedBatch,
  type Log,
  type LogBatch,
  type Outcome,
  object,
  type PluginDeclaration,
  resolveConfig,
  type Sink,
  type SourceContext,
  type SourceIo,
  type Stream,
  type Verdict,
} from '@tailrace/core';
import type { ComponentConfig, PipelineConfig } from './component.ts';
import { pipelineSettings, type SinkSettings } from './options.ts';
import type { Reloads } from './reload/reloader.ts';
import { runPipeline } from './run.ts';
import { balance } from './stats.ts';
import type { RunSummary } from './summary.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
export const empty = object({});
export const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };
export const done: Verdict = { kind: 'done', refused: [] };

/** What a test runner calls around each test. */
interface Hooks {
  beforeEach(act: () => Promise<void>): void;
  afterEach(act: () => Promise<void>): void;
}

/** Each test has a folder of its own. */
export function testFolder({ beforeEach, afterEach }: Hooks): { readonly path: string } {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'runner-'));
  });
  afterEach(() => rm(path, { recursive: true }));
  return {
    get path() {
      return path;
    },
  };
}

/** Makes batches of objects in one stream, with offsets that count on. */
export function batchMaker(context: Pick<SourceContext, 'componentId' | 'newBatch'>) {
  const source = context.componentId;
  const stream: Stream = { id: 'AAAAAAAAAAAAAAAA', source, label: 'test', firstSeen: 0, replayBelow: 0 };
  let offset = 0;
  return (events: readonly object[]): LogBatch => {
    const texts = events.map((event) => encoder.encode(JSON.stringify(event)));
    const n = texts.length;
    const start = new Uint32Array(n);
    const end = new Uint32Array(n);
    let at = 0;
    for (const [i, piece] of texts.entries()) {
      start[i] = at;
      at += piece.length;
      end[i] = at;
    }
    const offsets = Float64Array.from({ length: n }, () => offset++);
    return context.newBatch(
      { text: Buffer.concat(texts), start, end, length: n },
      {
        streams: [stream],
        stream: new Uint16Array(n),
        offset: offsets,
        endOffset: offsets.map((o) => o + 1),
        sub: new Uint32Array(n),
        seconds: new Float64Array(n).fill(Math.floor(Date.now() / 1000)),
        nanos: new Uint32Array(n),
        flags: new Uint8Array(n),
      },
    );
  };
}

/** A source that does what a test says. */
export function scriptSource(
  run: (io: SourceIo, batch: (events: readonly object[]) => LogBatch, context: SourceContext) => Promise<void>,
): PluginDeclaration {
  return defineSource({
    type: 'events',
    summary: 'Events for a test.',
    config: empty,
    examples: [],
    create: ({ context }) => ({ run: (io) => run(io, batchMaker(context), context) }),
  }) as PluginDeclaration;
}

/** A source that emits the given batches of events, so many milliseconds apart, and tells how each settled. */
export function eventsSource(
  batches: readonly (readonly object[])[],
  outcomes: (Outcome | 'pending')[] = [],
  paceMs = 0,
): PluginDeclaration {
  return scriptSource(async (io, batch) => {
    io.ready();
    const settled: Promise<unknown>[] = [];
    for (const [b, events] of batches.entries()) {
      if (paceMs > 0) await new Promise((resolve) => setTimeout(resolve, paceMs));
      if (io.signal.aborted) break;
      outcomes[b] = 'pending';
      const emitted = await io.emit(batch(events), { bytes: JSON.stringify(events).length });
      settled.push(
        emitted.settled.then((outcome) => {
          outcomes[b] = outcome;
        }),
      );
    }
    io.inputEnded?.();
    await Promise.race([Promise.all(settled), new Promise((resolve) => io.signal.addEventListener('abort', resolve))]);
  });
}

/** A sink whose target is a function of the events of each request. */
export function scriptSink(
  onRequest: (events: { n: number }[], body: EncodedBatch, signal: AbortSignal) => Verdict | Promise<Verdict>,
  limits = { bytes: 1000, events: 10, waitMs: 5 },
  more: Partial<Sink> = {},
): PluginDeclaration {
  return defineSink({
    type: 'script',
    summary: 'A target for a test.',
    config: empty,
    examples: [],
    create: () => ({
      limits,
      maxInFlight: 2,
      encode(batch, from, to, out) {
        for (let i = from; i < to; i++) if (!out.append(encoder.encode(`${batch.text(i)}\n`))) return i;
        return to;
      },
      async send(body, signal) {
        const lines = decoder.decode(body.bytes).trimEnd().split('\n');
        deepStrictEqual(lines.length, body.entries);
        return await onRequest(
          lines.map((line) => JSON.parse(line)),
          body,
          signal,
        );
      },
      ...more,
    }),
  }) as PluginDeclaration;
}

export const sinkDefaults: SinkSettings = {
  queue: { type: 'memory', max_bytes: 1_000_000, when_full: 'block' },
  retry: { initial: 1, max: 5, max_age: undefined, max_attempts: undefined },
  request_timeout: 1000,
};

export function component(
  id: string,
  declaration: PluginDeclaration,
  inputs: string[],
  { queue, ...sink }: Omit<Partial<SinkSettings>, 'queue'> & { queue?: Partial<SinkSettings['queue']> } = {},
): ComponentConfig {
  return {
    id,
    declaration,
    inputs,
    config: resolveConfig(declaration.config, {}),
    sink: declaration.kind === 'sink' ? { ...sinkDefaults, ...sink, queue: { ...sinkDefaults.queue, ...queue } } : null,
    folder: tmpdir(),
    place: () => ({ file: 'test', line: 1, column: 1 }),
  };
}

/** How a test runs a pipeline. */
export interface TestRun {
  readonly stop?: AbortSignal;
  readonly shutdown?: string;
  readonly once?: boolean;
  readonly log?: Log;
  readonly settings?: object;
  readonly reloads?: Reloads;
}

export function pipelineConfig(folder: string, components: ComponentConfig[], options: TestRun = {}): PipelineConfig {
  const settings = resolveConfig(pipelineSettings, {
    metrics: { enabled: false },
    shutdown_timeout: options.shutdown ?? '10s',
    ...options.settings,
  });
  return { settings, dataDir: join(folder, 'data'), components };
}

/** Runs a pipeline and holds that every component's ledger is even and nothing is under way at the end. */
export async function runIn(folder: string, components: ComponentConfig[], options: TestRun = {}): Promise<RunSummary> {
  const { stop = new AbortController().signal, once = true, log = quiet, reloads } = options;
  const config = pipelineConfig(folder, components, options);
  const env = { NODE_NAME: 'test' };
  const summary = await runPipeline(config, { once, stop, log, version: '0', env, ...(reloads && { reloads }) });
  for (const stats of summary.components) {
    deepStrictEqual([stats.id, balance(stats), stats.inFlight], [stats.id, 0, 0]);
    deepStrictEqual([stats.sink?.bufferedBytes ?? 0, stats.sink?.bufferedEvents ?? 0], [0, 0]);
  }
  return summary;
}

export const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, k) => ({ n: from + k }));
