import type { Batch, Sink, SinkDeclaration, Source, SourceDeclaration, TransformDeclaration } from '@tailrace/core';
import type { ComponentConfig } from './component.ts';
import { type ContextParts, type SourceRejections, sinkContext, sourceContext, transformContext } from './context.ts';
import type { DeadLetters } from './dead-letters.ts';
import { within } from './sink/backoff.ts';
import { type SinkDriver, sinkDriver } from './sink/driver.ts';
import { type ComponentStats, componentStats } from './stats.ts';
import { branch, type Judgement, settleAll, type TransformNode, transformNode } from './transform-node.ts';

/** A source in the graph. */
export interface SourceNode {
  readonly component: ComponentConfig;
  readonly stats: ComponentStats;
  readonly source: Source;
  readonly rejections: SourceRejections;
  /** Hands a batch to all consumers; the promises are their back-pressure. */
  push(batch: Batch): Promise<void>[];
}

/** A sink in the graph. */
export interface SinkNode {
  readonly component: ComponentConfig;
  readonly stats: ComponentStats;
  readonly sink: Sink;
  readonly driver: SinkDriver;
}

/** A pipeline whose plugins are created and joined; nothing runs yet. */
export interface Graph {
  readonly sources: readonly SourceNode[];
  readonly sinks: readonly SinkNode[];
  readonly stats: readonly ComponentStats[];
  /** Lets transforms that hold events back give out what is due, in the order of the flow. */
  flush(now: number, final: boolean): void;
  /** How often `flush` wants to be called, in milliseconds; `null`: never. */
  readonly tickMs: number | null;
  /** Closes transforms and sinks, once; returns what went wrong. */
  close(): Promise<string[]>;
}

/** How long a sink may take to close. */
const CLOSE_MS = 5000;

type Push = (batch: Batch, waits: Promise<void>[]) => void;

/** Creates the plugins, sinks first, and joins each with the components that read it. */
export async function buildGraph(
  components: readonly ComponentConfig[],
  parts: ContextParts,
  deadLetters: DeadLetters,
): Promise<Graph> {
  const nodes = new Map<string, TransformNode>();
  const sinks: SinkNode[] = [];
  try {
    return await join(components, parts, deadLetters, nodes, sinks);
  } catch (error) {
    await closeAll(nodes, sinks);
    throw error;
  }
}

async function join(
  components: readonly ComponentConfig[],
  parts: ContextParts,
  deadLetters: DeadLetters,
  nodes: Map<string, TransformNode>,
  sinks: SinkNode[],
): Promise<Graph> {
  const pushes = new Map<string, Push>();
  const sources: SourceNode[] = [];
  const stats = components.map((c) => componentStats(c.id, c.declaration.type, c.declaration.kind));
  const statsOf = new Map(stats.map((s) => [s.id, s]));
  const consumersOf = (id: string): Push => {
    const consumers = components.filter((c) => c.inputs.includes(id)).map((c) => c.id);
    return (batch, waits) => {
      if (batch.length === 0) return;
      if (consumers.length === 0) {
        settleAll(batch, 'discarded');
        return batch.release();
      }
      branch(batch, consumers.length);
      // Each consumer gets a view of its own, which it releases when it is done.
      const views = consumers.map((_, k) => (k === 0 ? batch : batch.fork()));
      for (const [k, consumer] of consumers.entries()) pushes.get(consumer)!(views[k]!, waits);
    };
  };

  for (const component of components.filter((c) => c.declaration.kind === 'sink')) {
    const own = statsOf.get(component.id)!;
    const context = sinkContext(component, own, parts);
    const sink = await (component.declaration as SinkDeclaration).create({ config: component.config, context });
    const driver = sinkDriver({ sink, settings: component.sink!, stats: own, deadLetters, notReady: context.notReady });
    sinks.push({ component, stats: own, sink, driver });
    pushes.set(component.id, (batch, waits) => {
      const wait = driver.put(batch);
      if (wait) waits.push(wait);
    });
  }
  for (const component of components.filter((c) => c.declaration.kind === 'transform')) {
    const own = statsOf.get(component.id)!;
    const judgement: Judgement = { rejected: new Map(), reason: null };
    const context = transformContext(component, own, parts, judgement);
    const transform = await (component.declaration as TransformDeclaration).create({
      config: component.config,
      context,
    });
    const node = transformNode(transform, judgement, own, deadLetters);
    const next = consumersOf(component.id);
    nodes.set(component.id, node);
    pushes.set(component.id, (batch, waits) => node.process(batch, (made) => next(made, waits)));
  }
  for (const component of components.filter((c) => c.declaration.kind === 'source')) {
    const own = statsOf.get(component.id)!;
    const rejections: SourceRejections = new WeakMap();
    const context = sourceContext(component, own, parts, rejections);
    const source = await (component.declaration as SourceDeclaration).create({ config: component.config, context });
    const next = consumersOf(component.id);
    const push = (batch: Batch): Promise<void>[] => {
      const waits: Promise<void>[] = [];
      next(batch, waits);
      const room = deadLetters.room();
      if (room) waits.push(room);
      return waits;
    };
    sources.push({ component, stats: own, source, rejections, push });
  }

  const order = flowOrder(components).flatMap((id) => {
    const node = nodes.get(id);
    return node ? [{ node, next: consumersOf(id) }] : [];
  });
  let closing: Promise<string[]> | undefined;
  const ticks = [...nodes.values()].flatMap((node) => node.tickMs ?? []);
  return {
    sources,
    sinks,
    stats,
    tickMs: ticks.length > 0 ? Math.min(...ticks) : null,
    flush(now, final) {
      // What is held is bounded by its transform, so nobody has to wait here for room.
      for (const { node, next } of order) node.flush(now, final, (made) => next(made, []));
    },
    close() {
      closing ??= closeAll(nodes, sinks);
      return closing;
    },
  };
}

async function closeAll(nodes: ReadonlyMap<string, TransformNode>, sinks: readonly SinkNode[]): Promise<string[]> {
  const problems: string[] = [];
  for (const [id, node] of nodes) await closed(id, () => node.close(), problems);
  await Promise.all(sinks.map(({ component, sink }) => closed(component.id, () => sink.close?.(), problems)));
  return problems;
}

async function closed(id: string, close: () => unknown, problems: string[]): Promise<void> {
  const closing = (async () => await close())();
  const failed = closing.catch((error: Error) => problems.push(`${id}: did not close well: ${error.message}`));
  if (!(await within(failed, CLOSE_MS))) problems.push(`${id}: did not close within ${CLOSE_MS / 1000} s`);
}

/** Ids in an order in which each component comes after its inputs; `components` has no cycles. */
function flowOrder(components: readonly ComponentConfig[]): string[] {
  const order: string[] = [];
  const byId = new Map(components.map((c) => [c.id, c]));
  const visit = (id: string): void => {
    if (order.includes(id)) return;
    for (const input of byId.get(id)?.inputs ?? []) visit(input);
    order.push(id);
  };
  for (const { id } of components) visit(id);
  return order;
}
