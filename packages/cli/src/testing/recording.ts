import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Batch,
  type Json,
  type LogBatch,
  object,
  PLUGIN_CONTRACT,
  parseJson,
  RecordBatch,
  resolveConfig,
  type SinkDeclaration,
  type SourceDeclaration,
  type Transform,
  type TransformContext,
  type TransformDeclaration,
} from '@tailrace/core';
import { type ComponentConfig, type SinkSettings, sinkSettings, type TestConfig } from '@tailrace/runner';
import { recordToJson } from '@tailrace/telemetry';
import { inputBatches } from './test-input.ts';

/** What happened in a tested pipeline. */
export interface Recording {
  /** Events that reached the sink, or came out of the component. */
  readonly events: Json[];
  /** Bodies the sink would have sent. */
  readonly requests: string[];
  readonly discarded: { component: string; reason: string; event: Json }[];
}

/** An empty recording. */
export function newRecording(): Recording {
  return { events: [], requests: [], discarded: [] };
}

const none = object({});
const quiet: SinkSettings = resolveConfig(object(sinkSettings), {});
const encoder = new TextEncoder();

/** A source in place of the real one: it emits the input of the test and ends. */
export function inputSource(config: TestConfig, real: ComponentConfig | undefined, id: string): ComponentConfig {
  const declaration: SourceDeclaration = {
    kind: 'source',
    contract: PLUGIN_CONTRACT,
    type: real?.declaration.type ?? 'test',
    summary: 'The input of a test.',
    output: ['logs', 'metrics', 'traces'],
    config: none,
    examples: [],
    create: async ({ context }) => {
      const batches = await inputBatches(config, real, context);
      return {
        async run(io) {
          io.ready();
          for (const batch of batches) await io.emit(batch, { bytes: batch.bytes });
        },
      };
    },
  };
  return { ...around(config, real), id, declaration, inputs: [] };
}

/** A sink that records the events it is given. */
export function eventSink(
  config: TestConfig,
  inputs: readonly string[],
  input: SinkDeclaration['input'],
  recording: Recording,
): ComponentConfig {
  const declaration: SinkDeclaration = {
    kind: 'sink',
    contract: PLUGIN_CONTRACT,
    type: 'test',
    summary: 'Records events.',
    input,
    config: none,
    examples: [],
    create: () => ({
      limits: { bytes: 8 * 1024 * 1024, events: 10_000, waitMs: 0 },
      maxInFlight: 1,
      encode(batch, from, to, out) {
        let i = from;
        for (; i < to; i++) {
          const text = eventText(batch, i);
          if (!out.append(encoder.encode(text))) break;
          recording.events.push(parseJson(text));
        }
        return i;
      },
      send: () => Promise.resolve({ kind: 'done', refused: [] }),
    }),
  };
  // No id of a pipeline has a dot.
  return { ...around(config, undefined), id: 'test.events', declaration, inputs, sink: quiet };
}

/** An event as a test writes it: a log as it is; a data point or span as OTLP's JSON of a request that holds it alone. */
function eventText(batch: Batch, i: number): string {
  if (!(batch instanceof RecordBatch)) return batch.text(i);
  return recordToJson(batch.signal, batch.envelopeOf(i), batch.record(i));
}

function around({ place }: TestConfig, real: ComponentConfig | undefined) {
  return { config: {}, sink: null, folder: real?.folder ?? '.', place: () => place };
}

/** The real sink, but what it would send is recorded and counts as stored. */
export function recordedSink(component: ComponentConfig, recording: Recording | undefined): ComponentConfig {
  const real = component.declaration as SinkDeclaration;
  const declaration: SinkDeclaration = {
    ...real,
    async create(options) {
      const sink = await real.create(options);
      return {
        limits: sink.limits,
        maxInFlight: 1,
        encode: (batch, from, to, out) => sink.encode(batch, from, to, out),
        async send(body) {
          recording?.requests.push(sink.bodyText?.(body) ?? Buffer.from(body.bytes).toString());
          // Bodies keep their order: the next is not sent before this one has been booked.
          await sleep(0);
          return { kind: 'done', refused: [] };
        },
        ...(sink.close && { close: () => sink.close!() }),
      };
    },
  };
  return { ...component, declaration };
}

/**
 * The real transform; what it discards is recorded, and what leaves by named outputs that are not among the `inputs` of a component.
 */
export function recordedTransform(
  component: ComponentConfig,
  recording: Recording,
  inputs: ReadonlySet<string>,
): ComponentConfig {
  const real = component.declaration as TransformDeclaration;
  const discarded = (batch: Batch, i: number, reason: string): void => {
    recording.discarded.push({ component: component.id, reason, event: parseJson(batch.text(i)) });
  };
  const isRead = (output: string): boolean => inputs.has(`${component.id}.${output}`);
  const declaration: TransformDeclaration = {
    ...real,
    async create({ config, context }) {
      const said: Said = { rejected: new Set(), reasons: new Map(), reason: real.type };
      const transform: Transform = await real.create({ config, context: listening(context, said, isRead, discarded) });
      if (typeof transform === 'object') return transform;
      return (batch) => {
        said.rejected.clear();
        said.reasons.clear();
        said.reason = real.type;
        const before = batch.fork();
        const made = transform(batch);
        const gone = missing(before, Array.isArray(made) ? made : [made as LogBatch], said.rejected);
        for (const i of gone) discarded(before, i, said.reasons.get(i) ?? said.reason);
        return made;
      };
    },
  };
  return { ...component, declaration };
}

/** What a transform said about the batch that it deals with. */
interface Said {
  readonly rejected: Set<number>;
  readonly reasons: Map<number, string>;
  reason: string;
}

/** A transform's context that hears what it is told before it hands it on. */
function listening(
  context: TransformContext,
  said: Said,
  isRead: (output: string) => boolean,
  discarded: (batch: Batch, i: number, reason: string) => void,
): TransformContext {
  return {
    ...context,
    reject(i, code, message) {
      said.rejected.add(i);
      context.reject(i, code, message);
    },
    route(made, { sets, setOf }) {
      const areRead = sets.map((names) => names.some(isRead));
      for (let k = 0; k < made.length; k++) if (!areRead[setOf[k]!]) discarded(made, k, 'unread_output');
      context.route(made, { sets, setOf });
    },
    discardReason(reason, i) {
      if (i === undefined) said.reason = reason;
      else said.reasons.set(i, reason);
      context.discardReason(reason, i);
    },
  };
}

/** Events of `before` that are neither in an output nor part of one, nor rejected. */
function missing(before: LogBatch, outputs: readonly LogBatch[], rejected: ReadonlySet<number>): number[] {
  const seen = new Set(rejected);
  for (const { lineage, length } of outputs) {
    for (let k = 0; k < length; k++) seen.add(lineage.input ? lineage.input[k]! : k);
    for (const { inputs } of lineage.merged?.values() ?? []) for (const i of inputs) seen.add(i);
  }
  return Array.from({ length: before.length }, (_, i) => i).filter((i) => !seen.has(i));
}
