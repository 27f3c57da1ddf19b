import { type Batch, type Routing, retainCopies, type Signal, settleRange, signalsOf } from '@tailrace/core';
import type { ComponentConfig } from './component.ts';

/** A component that reads another one. */
export interface Reader {
  readonly id: string;
  /** The named outputs that it reads; `null`: the only one. */
  readonly outputs: ReadonlySet<string> | null;
}

/** Id of the component that an entry of `inputs` names: `router` of `router.errors`. No id of a pipeline has a dot. */
export function producerOf(input: string): string {
  const dot = input.indexOf('.');
  return dot < 0 ? input : input.slice(0, dot);
}

/** The components that read each signal of a component. */
export function readersOf(id: string, components: readonly ComponentConfig[]): Record<Signal, Reader[]> {
  const readers: Record<Signal, Reader[]> = { logs: [], metrics: [], traces: [] };
  for (const { id: reader, inputs, declaration } of components) {
    if (declaration.kind === 'source') continue;
    const named = inputs.filter((input) => input.startsWith(`${id}.`));
    if (named.length === 0 && !inputs.includes(id)) continue;
    const outputs = inputs.includes(id) ? null : new Set(named.map((input) => input.slice(id.length + 1)));
    for (const signal of signalsOf(declaration.input)) readers[signal].push({ id: reader, outputs });
  }
  return readers;
}

/** Counts, by output, the events of a batch that leave by it. */
export function countOutputs(outputs: Map<string, number>, { sets, setOf }: Routing, length: number): void {
  const counts = new Uint32Array(sets.length);
  for (let i = 0; i < length; i++) counts[setOf[i]!]!++;
  for (const [k, names] of sets.entries())
    if (counts[k]! > 0) for (const name of names) outputs.set(name, (outputs.get(name) ?? 0) + counts[k]!);
}

/**
 * Gives each reader the events of the outputs that it reads, once each and in their order. Events that nobody reads settle as discarded;
 * answers how many.
 */
export function spread(
  batch: Batch,
  { sets, setOf }: Routing,
  readers: readonly Reader[],
  take: (reader: string, view: Batch) => void,
): number {
  const uses = new Uint32Array(batch.length);
  const views = readers.map(({ outputs }) => {
    const isRead = sets.map((names) => outputs === null || names.some((name) => outputs.has(name)));
    const chosen: number[] = [];
    for (let i = 0; i < batch.length; i++) if (isRead[setOf[i]!]) chosen.push(i);
    for (const i of chosen) uses[i]!++;
    if (chosen.length === batch.length) return batch.fork();
    return chosen.length === 0 ? null : batch.select(chosen);
  });
  const unread = settleByUse(batch, uses);
  // Each reader has a view of its own.
  batch.release();
  for (const [k, view] of views.entries()) if (view) take(readers[k]!.id, view);
  return unread;
}

/** An event is under way as often as it is read. */
function settleByUse(batch: Batch, uses: Uint32Array): number {
  let unread = 0;
  for (let i = 0; i < uses.length; i++) {
    if (uses[i]! > 1) retainCopies(batch.lineage, i, uses[i]! - 1);
    if (uses[i]! > 0) continue;
    unread++;
    settleRange(batch.lineage, i, i + 1, 'discarded');
  }
  return unread;
}
