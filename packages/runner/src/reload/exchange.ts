import { type Batch, settleRange } from '@tailrace/core';
import type { ComponentConfig, PipelineConfig } from '../component.ts';
import { takesLetters } from '../dead-letters/letter-sinks.ts';
import type { GraphNodes } from '../graph.ts';
import { type CreatedSink, closeNodes, openSink, type SinkNode, type TransformEntry } from '../graph-nodes.ts';
import { pause, untilAborted } from '../sink/backoff.ts';
import { addNodes, discard, type FreshNodes, freshNodes, NotReady, noNodes } from './fresh-nodes.ts';
import type { LivePipeline } from './live.ts';
import { planReload, type ReloadPlan } from './plan.ts';

/** What became of a reload. */
export type ReloadEnd =
  | { readonly kind: 'unchanged' | 'applied' }
  | { readonly kind: 'refused' | 'rolled_back'; readonly reasons: readonly string[] };

/**
 * Puts `next` in the place of the running pipeline, or keeps that and says why. All that can fail without touching it comes first:
 * components are created and new targets probed while the old ones work.
 */
export async function changePipeline(live: LivePipeline, next: PipelineConfig): Promise<ReloadEnd> {
  const plan = planReload(live.config, next);
  if (plan.refused.length > 0) return { kind: 'refused', reasons: plan.refused };
  if (plan.isEmpty) return { kind: 'unchanged' };
  const previous = live.config;
  let fresh: FreshNodes | null = null;
  try {
    fresh = await freshNodes(live, next, plan.create);
    const reporting = await live.reporting.prepare(next.settings).catch((error: Error) => {
      throw new NotReady(error.message);
    });
    const replaced = await install(live, next, plan, fresh);
    const fault = await tried(live, next, fresh);
    if (fault === null) {
      await reporting.commit();
      await discard(replaced);
      await live.parts.queues.reportOrphans(next.components);
      return { kind: 'applied' };
    }
    await reporting.cancel();
    await rollBack(live, previous, replaced);
    await discard(fresh);
    return { kind: 'rolled_back', reasons: [fault] };
  } catch (error) {
    if (fresh) await discard(fresh);
    if (!(error instanceof NotReady)) throw error;
    return { kind: 'rolled_back', reasons: [error.message] };
  }
}

/** Starts the sources that came and waits until they read; says what is wrong with them if they do not. */
async function tried(live: LivePipeline, { settings }: PipelineConfig, fresh: FreshNodes): Promise<string | null> {
  const { sources, stop, onTrial } = live;
  const enough = new AbortController();
  const limit = AbortSignal.any([stop, enough.signal]);
  const reads = [...fresh.sources].map(async ([id, node]) => {
    await untilAborted(sources.settled(id, settings.shutdown_timeout), stop);
    onTrial.add(id);
    const late = pause(settings.reload_timeout, limit).then(() => {
      if (!limit.aborted) throw new NotReady(`is not ready after ${settings.reload_timeout / 1000} s`);
    });
    try {
      await Promise.race([sources.start(node), late]);
      return null;
    } catch (error) {
      return `${id}: ${(error as Error).message}`;
    } finally {
      onTrial.delete(id);
    }
  });
  const faults = await Promise.all(reads);
  enough.abort();
  // A process that stops has nothing to go back to.
  return stop.aborted ? null : (faults.find((fault) => fault !== null) ?? null);
}

/** Puts the earlier pipeline back, with its transforms; sources run once, and sinks may know what was before the trial only. */
async function rollBack(live: LivePipeline, previous: PipelineConfig, replaced: FreshNodes): Promise<void> {
  const plan = planReload(live.config, previous);
  const back: FreshNodes = { ...noNodes(), transforms: replaced.transforms };
  const kinds = Object.groupBy(plan.create, ({ declaration }) => declaration.kind);
  await addNodes(live, back, kinds.source ?? []);
  for (const component of kinds.sink ?? []) await addSinkAnew(live, back, component, replaced);
  await install(live, previous, plan, back);
  await closeNodes(
    [],
    [...replaced.sinks.values()].filter((sink) => back.sinks.get(sink.component.id) !== sink),
  );
  const again = [...back.sources].map(async ([id, node]) => {
    await untilAborted(live.sources.settled(id, previous.settings.shutdown_timeout), live.stop);
    void live.sources.start(node).catch(() => undefined);
  });
  await Promise.all(again);
}

/** One that cannot be made anew, as a file that it reads is gone, works on as it is. */
async function addSinkAnew(
  live: LivePipeline,
  to: FreshNodes,
  component: ComponentConfig,
  replaced: FreshNodes,
): Promise<void> {
  await addNodes(live, to, [component]).catch(() => {
    to.sinks.set(component.id, replaced.sinks.get(component.id)!);
  });
}

/** Exchanges the nodes between two batches; gives those that were replaced. Their events go on in those that came. */
async function install(
  live: LivePipeline,
  next: PipelineConfig,
  { drop }: ReloadPlan,
  fresh: FreshNodes,
): Promise<FreshNodes> {
  const { graph, sources, sinks } = live;
  const stays = <T extends { component: { id: string } }>(node: T): boolean => !drop.has(node.component.id);
  await Promise.all(graph.sources.filter((node) => !stays(node)).map(({ component }) => sources.stop(component.id)));
  const release = graph.hold();
  const replaced = noNodes();
  try {
    graph.flush(Date.now(), true, drop);
    const going = graph.sinks.filter((node) => !stays(node));
    const rest = new Map<SinkNode, Batch[]>();
    await Promise.all(going.map(async (node) => rest.set(node, await sinks.retire(node))));
    for (const id of drop) live.ready.forget(id);
    const opened = [...fresh.sinks.values()].map((sink) => openSink(sink, live.parts));
    for (const entry of graph.transforms) if (!stays(entry)) replaced.transforms.set(entry.component.id, entry);
    for (const { driver: _, ...created } of going) replaced.sinks.set(created.component.id, created);
    graph.join(next.components, joined(graph, stays, fresh, opened));
    live.config = next;
    replaced.isSilent = true;
    fresh.isSilent = false;
    for (const node of opened) sinks.start(node);
    for (const [node, batches] of rest) handOver(live, node, batches, opened);
    live.graphChanged();
  } finally {
    release();
  }
  return replaced;
}

function joined(
  graph: GraphNodes,
  stays: (node: { component: { id: string } }) => boolean,
  fresh: FreshNodes,
  opened: readonly SinkNode[],
): GraphNodes {
  return {
    sources: [...graph.sources.filter(stays), ...fresh.sources.values()],
    transforms: [...graph.transforms.filter(stays), ...fresh.transforms.values()] as readonly TransformEntry[],
    sinks: [...graph.sinks.filter(stays), ...opened],
  };
}

/** What a sink left goes to its successor; where there is none, to the dead letters: nobody asked to lose it. */
function handOver(live: LivePipeline, from: CreatedSink, batches: readonly Batch[], opened: readonly SinkNode[]): void {
  const { id } = from.component;
  const successor = opened.find(({ component }) => component.id === id);
  for (const batch of batches) {
    if (successor) successor.driver.adopt(batch);
    else deadLetterAll(live, from, batch);
  }
}

function deadLetterAll({ parts }: LivePipeline, { component, stats }: CreatedSink, batch: Batch): void {
  let left = batch.length;
  // A letter that was on its way to a sink of letters goes to the file as the letter that it is.
  const letters = takesLetters(component) ? parts.deadLetters.ofSinks : parts.deadLetters;
  for (let index = 0; index < batch.length; index++) {
    const message = 'a reload removed the sink before it had delivered the event';
    letters.add({ component: component.id, code: 'sink_removed', message, batch, index }, (durable) => {
      stats.inFlight--;
      if (durable) stats.deadLettered++;
      else stats.returned++;
      settleRange(batch.lineage, index, index + 1, durable ? 'dead_lettered' : 'errored');
      if (--left === 0) batch.release();
    });
  }
}
