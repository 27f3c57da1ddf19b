import {
  type AnySink,
  type Batch,
  ByteWriter,
  type EncodedBatch,
  resolveConfig,
  type Schema,
  type SinkDeclaration,
  type Verdict,
} from '@tailrace/core';
import { pluginContext, type Said } from './harness.ts';

/** A sink outside a pipeline. */
export interface SinkRun {
  readonly sink: AnySink;
  readonly said: Said;
  /** The whole batch as one body, as the runner would send it; throws when it does not fit. */
  encode(batch: Batch, options?: { tried?: boolean }): EncodedBatch;
  /** Encodes and sends a batch; without a signal it waits at most 20 s. */
  send(batch: Batch, options?: { tried?: boolean; signal?: AbortSignal }): Promise<Verdict>;
  probe(signal?: AbortSignal): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** Creates a sink from its options as they stand in YAML; relative paths in them are relative to `folder`. */
export async function sinkRun<S extends Schema<unknown>>(
  declaration: SinkDeclaration<S>,
  options: object,
  folder = '.',
): Promise<SinkRun> {
  const { context, said } = pluginContext(folder);
  const config = resolveConfig(declaration.config, options) as Parameters<typeof declaration.create>[0]['config'];
  const sink = await declaration.create({ config, context });
  const patience = () => AbortSignal.timeout(PATIENCE_MS);
  const encode: SinkRun['encode'] = (batch, { tried = false } = {}) => {
    const writer = new ByteWriter(sink.limits.bytes, sink.limits.events);
    const end = sink.encode(batch, 0, batch.length, writer);
    if (end < batch.length) throw new RangeError(`only ${end} of ${batch.length} events fit into one body`);
    return {
      signal: batch.signal,
      bytes: writer.bytes.subarray(0, writer.used),
      entries: writer.entries,
      end: (entry) => writer.marks[entry]!,
      position: (entry) => batch.position(entry),
      tried: () => tried,
    };
  };
  return {
    sink,
    said,
    encode,
    send: (batch, { tried = false, signal = patience() } = {}) => sink.send(encode(batch, { tried }), signal),
    probe: (signal = patience()) => sink.probe?.(signal) ?? Promise.resolve(),
  };
}
