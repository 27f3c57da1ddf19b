import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Batch,
  type ErrorCode,
  type LogBatch,
  type Routing,
  resolveConfig,
  type Schema,
  type Transform,
  type TransformContext,
  type TransformDeclaration,
} from '@tailrace/core';
import { batchOf, batchOfTexts, pluginContext } from './harness.ts';
import { moduleImporter } from './load-module.ts';
import { processBatch } from './process-batch.ts';

/** What became of a batch that went through a transform. */
export interface Transformed {
  /** The events that came out, as JSON text and parsed. */
  readonly texts: readonly string[];
  readonly events: readonly unknown[];
  readonly batches: readonly LogBatch[];
  /** What it counted while it dealt with this batch. */
  readonly errors: Partial<Record<ErrorCode, number>>;
  readonly rejected: readonly { readonly i: number; readonly code: ErrorCode; readonly message: string }[];
  /** Why events are missing from the output, if it said so; of single events by their index. */
  readonly reason: string | null;
  readonly reasons: Readonly<Record<number, string>>;
  /** The events that left by named outputs. */
  readonly outputs: Readonly<Record<string, readonly unknown[]>>;
}

/** A created transform that takes events as objects or as JSON texts. */
export interface TransformHarness {
  run(events: readonly (object | string)[]): Transformed;
  runBatch(batch: LogBatch): Transformed;
}

/** Creates a transform as the runner does, with `files` in the folder that its paths are relative to. */
export async function transformHarness<S extends Schema<unknown>>(
  declaration: TransformDeclaration<S>,
  config: unknown,
  files: Readonly<Record<string, string>> = {},
): Promise<TransformHarness> {
  const folder = Object.keys(files).length > 0 ? await mkdtemp(join(tmpdir(), 'tailrace-transform-')) : '.';
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { context, said } = pluginContext(folder);
  const rejected: { i: number; code: ErrorCode; message: string }[] = [];
  const routings = new Map<Batch, Routing>();
  let reasons: Record<number, string> = {};
  let reason: string | null = null;
  const whole: TransformContext = {
    ...context,
    loadModule: moduleImporter(folder),
    reject: (i, code, message) => void rejected.push({ i, code, message }),
    discardReason(text, i) {
      if (i === undefined) reason = text;
      else reasons[i] = text;
    },
    route: (made, routing) => void routings.set(made, routing),
  };
  const resolved = resolveConfig(declaration.config, config) as Parameters<typeof declaration.create>[0]['config'];
  const transform = await declaration.create({ config: resolved, context: whole });
  const runBatch = (batch: LogBatch): Transformed => {
    rejected.length = 0;
    reason = null;
    reasons = {};
    routings.clear();
    for (const code of Object.keys(said.errors)) delete said.errors[code as ErrorCode];
    const batches = outputsOf(transform, batch);
    const texts = batches.flatMap((made) => Array.from({ length: made.length }, (_, i) => made.text(i)));
    const events = texts.map((text) => JSON.parse(text) as unknown);
    const outputs: Record<string, unknown[]> = {};
    for (const [made, routing] of routings) addByOutput(outputs, made, routing);
    return { texts, events, batches, errors: { ...said.errors }, rejected: [...rejected], reason, reasons, outputs };
  };
  return {
    run(events) {
      const texts = events.every((event) => typeof event === 'string');
      return runBatch(texts ? batchOfTexts(events) : batchOf(events as readonly object[]));
    },
    runBatch,
  };
}

function addByOutput(outputs: Record<string, unknown[]>, made: Batch, { sets, setOf }: Routing): void {
  for (let i = 0; i < made.length; i++)
    for (const name of sets[setOf[i]!]!) {
      outputs[name] ??= [];
      outputs[name].push(JSON.parse(made.text(i)));
    }
}

function outputsOf(transform: Transform, batch: LogBatch): readonly LogBatch[] {
  const outputs = processBatch(transform, batch);
  if (typeof transform === 'object') transform.flush(Date.now(), true, (made) => outputs.push(made as LogBatch));
  return outputs;
}
