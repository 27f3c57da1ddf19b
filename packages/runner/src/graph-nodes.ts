import type {
  AnySink,
  Batch,
  Signal,
  SinkDeclaration,
  Source,
  SourceDeclaration,
  TransformDeclaration,
} from '@tailrace/core';
import type { ComponentConfig } from './component.ts';
import { type ContextParts, type SourceRejections, sinkContext, sourceContext, transformContext } from './context.ts';
import { type LetterWays, takesLetters } from './dead-letters/letter-sinks.ts';
import { within } from './sink/backoff.ts';
import type { QueueFolders } from './sink/disk-queue/queue-folders.ts';
import { type SinkDriver, sinkDriver } from './sink/driver.ts';
import type { OpenQueue } from './sink/queue.ts';
import { type ComponentStats, continueSinkStats } from './stats.ts';
import { noJudgement, type TransformNode, transformNode } from './transform-node.ts';

/** A source in the graph. */
export interface SourceNode {
  readonly component: ComponentConfig;
  readonly stats: ComponentStats;
  readonly source: Source;
  readonly rejections: SourceRejections;
  /** Pending while the graph is changed and takes nothing. */
  held(): Promise<void> | null;
  /** Whether anybody takes this signal. */
  reads(signal: Signal): boolean;
  /** Hands a batch to all consumers of its signal; the promises are their back-pressure. */
  push(batch: Batch): Promise<void>[];
}

/** A transform in the graph, its plugin created. */
export interface TransformEntry {
  readonly component: ComponentConfig;
  readonly stats: ComponentStats;
  readonly node: TransformNode;
}

/** A sink whose plugin is created and that takes nothing yet. */
export interface CreatedSink {
  readonly component: ComponentConfig;
  readonly stats: ComponentStats;
  readonly sink: AnySink;
  readonly openQueue: OpenQueue;
}

/** A sink in the graph. */
export interface SinkNode extends CreatedSink {
  readonly driver: SinkDriver;
}

/** What nodes are made with. */
export interface NodeParts extends ContextParts {
  readonly deadLetters: LetterWays;
  readonly queues: QueueFolders;
}

/** Where a source's batches go. */
export type Outlet = Pick<SourceNode, 'held' | 'reads' | 'push'>;

/** How long a plugin may take to close. */
const CLOSE_MS = 5000;

/** Creates a source; nothing is opened. */
export async function createSource(
  component: ComponentConfig,
  stats: ComponentStats,
  parts: NodeParts,
  outlet: Outlet,
): Promise<SourceNode> {
  const rejections: SourceRejections = new WeakMap();
  const context = sourceContext(component, stats, parts, rejections);
  const source = await (component.declaration as SourceDeclaration).create({ config: component.config, context });
  return { component, stats, source, rejections, ...outlet };
}

/** Creates a transform with what books its events. */
export async function createTransform(
  component: ComponentConfig,
  stats: ComponentStats,
  parts: NodeParts,
): Promise<TransformEntry> {
  const judgement = noJudgement();
  const context = transformContext(component, stats, parts, judgement);
  const { config, declaration } = component;
  const transform = await (declaration as TransformDeclaration).create({ config, context });
  return { component, stats, node: transformNode(transform, judgement, stats, parts.deadLetters) };
}

/** Creates a sink; nothing is opened or sent. */
export async function createSink(
  component: ComponentConfig,
  stats: ComponentStats,
  parts: NodeParts,
): Promise<CreatedSink> {
  const context = sinkContext(component, stats, parts);
  const sink = await (component.declaration as SinkDeclaration).create({ config: component.config, context });
  const openQueue = await parts.queues.prepare(component.id, component.sink!.queue);
  return { component, stats, sink, openQueue };
}

/** Puts the layers around a sink, its queue among them. */
export function openSink(created: CreatedSink, parts: NodeParts): SinkNode {
  const { component, stats, sink, openQueue } = created;
  const notReady = (subject: string, reason: string | null) => parts.notReady(component.id, subject, reason);
  const deadLetters = takesLetters(component) ? parts.deadLetters.ofSinks : parts.deadLetters;
  const before = stats.sink;
  const driver = sinkDriver({ sink, openQueue, settings: component.sink!, stats, deadLetters, notReady });
  if (before && stats.sink) continueSinkStats(stats.sink, before);
  return { ...created, driver };
}

/** Closes transforms and sinks; returns what went wrong. */
export async function closeNodes(
  transforms: readonly TransformEntry[],
  sinks: readonly CreatedSink[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const { component, node } of transforms) await closed(component.id, () => node.close(), problems);
  await Promise.all(sinks.map(({ component, sink }) => closed(component.id, () => sink.close?.(), problems)));
  return problems;
}

async function closed(id: string, close: () => unknown, problems: string[]): Promise<void> {
  const closing = (async () => await close())();
  const failed = closing.catch((error: Error) => problems.push(`${id}: did not close well: ${error.message}`));
  if (!(await within(failed, CLOSE_MS))) problems.push(`${id}: did not close within ${CLOSE_MS / 1000} s`);
}
