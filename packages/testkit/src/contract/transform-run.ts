import assert from 'node:assert/strict';
import { type LogBatch, resolveConfig, type TransformContext, type TransformDeclaration } from '@tailrace/core';
import { pluginContext } from '../harness.ts';
import { moduleImporter } from '../load-module.ts';
import { processBatch } from '../process-batch.ts';

/** What became of the events of a run. */
export interface TransformResult {
  readonly texts: readonly string[];
  readonly ids: readonly string[];
  /** Ids of the events that it sent to the dead letters. */
  readonly rejected: readonly string[];
}

/** Runs batches through a newly created transform to the end of the input, and holds each step to the contract. */
export async function runTransform(
  declaration: TransformDeclaration,
  config: object,
  folder: string,
  batches: readonly LogBatch[],
): Promise<TransformResult> {
  const rejections = new Set<number>();
  const nothing = (): void => undefined;
  const context: TransformContext = {
    ...pluginContext(folder).context,
    reject: (i) => void rejections.add(i),
    discardReason: nothing,
    route: nothing,
    loadModule: moduleImporter(folder),
  };
  const transform = await declaration.create({ config: resolveConfig(declaration.config, config), context });
  const known = new Map<string, LogBatch>();
  const made: LogBatch[] = [];
  const rejected: string[] = [];
  const take = (outputs: readonly LogBatch[]): void => {
    for (const batch of outputs) if (batch.length > 0) checkLineage(batch, known);
    made.push(...outputs.map((batch) => batch.fork()));
  };
  for (const batch of batches) {
    for (let i = 0; i < batch.length; i++) known.set(inputId(batch.id(i)), batch);
    rejections.clear();
    const outputs = processBatch(transform, batch.fork());
    checkRejections(batch, outputs, rejections);
    rejected.push(...[...rejections].map((i) => batch.id(i)));
    take(outputs);
  }
  if (typeof transform === 'object') {
    const rest: LogBatch[] = [];
    transform.flush(Date.now(), true, (batch) => rest.push(batch as LogBatch));
    take(rest);
    const more: unknown[] = [];
    transform.flush(Date.now(), true, (batch) => more.push(batch));
    assert.equal(more.length, 0, 'after the final flush nothing is held any more');
    transform.close?.();
  }
  const each = <T>(read: (batch: LogBatch, i: number) => T): T[] =>
    made.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => read(batch, i)));
  return { texts: each((batch, i) => batch.text(i)), ids: each((batch, i) => batch.id(i)), rejected };
}

/** An id without the sub-index that tells the parts of a split apart. */
function inputId(id: string): string {
  return id.replace(/\.[0-9a-f]+$/, '');
}

/** An output is made by select, derive or merge of a batch that came in: only those carry the tickets of their inputs. */
function checkLineage(made: LogBatch, known: ReadonlyMap<string, LogBatch>): void {
  for (let i = 0; i < made.length; i++) {
    const from = known.get(inputId(made.id(i)));
    assert.ok(from, `event ${made.id(i)} that came out was never put in`);
    const ticket = made.lineage.tickets[made.lineage.ticketOf?.[i] ?? 0];
    const isOurs = from.lineage.tickets.some((one) => one === ticket);
    assert.ok(
      isOurs,
      `event ${made.id(i)} has lost its lineage: make batches by select, derive and merge of what came in`,
    );
  }
}

function checkRejections(batch: LogBatch, outputs: readonly LogBatch[], rejections: ReadonlySet<number>): void {
  const out = new Set(outputs.flatMap((made) => Array.from({ length: made.length }, (_, i) => inputId(made.id(i)))));
  for (const i of rejections) {
    assert.ok(i < batch.length, `rejected event ${i} of a batch of ${batch.length}`);
    assert.ok(!out.has(inputId(batch.id(i))), `event ${i} was both rejected and given out`);
  }
}
