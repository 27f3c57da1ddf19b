import { ProbeError, type Sink } from '@tailrace/core';
import type { ComponentConfig, PipelineConfig } from '../component.ts';
import {
  type CreatedSink,
  closeNodes,
  createSink,
  createSource,
  createTransform,
  type NodeParts,
  type SourceNode,
  type TransformEntry,
} from '../graph-nodes.ts';
import { pause, within } from '../sink/backoff.ts';
import type { LivePipeline } from './live.ts';

/** Nodes that are created and take no part yet, by id. */
export interface FreshNodes {
  readonly sources: Map<string, SourceNode>;
  readonly transforms: Map<string, TransformEntry>;
  readonly sinks: Map<string, CreatedSink>;
  /** Silent nodes do not speak for their component: another one stands at their place. */
  isSilent: boolean;
}

/** Why a new pipeline does not take over. */
export class NotReady extends Error {
  override readonly name = 'NotReady';
}

const PROBE_AGAIN_MS = 500;

/** An empty set. */
export function noNodes(): FreshNodes {
  return { sources: new Map(), transforms: new Map(), sinks: new Map(), isSilent: true };
}

/** Creates components and asks new sinks whether their targets are there; throws {@link NotReady} with nothing left open. */
export async function freshNodes(
  live: LivePipeline,
  { settings }: PipelineConfig,
  components: readonly ComponentConfig[],
): Promise<FreshNodes> {
  const fresh = noNodes();
  try {
    await addNodes(live, fresh, components);
    const probes = [...fresh.sinks.values()].map((one) => probed(one, settings.reload_timeout, live.stop));
    await Promise.all(probes);
    return fresh;
  } catch (error) {
    await discard(fresh);
    throw error;
  }
}

/** Closes what took no part, or takes none any more. */
export async function discard(nodes: FreshNodes): Promise<string[]> {
  nodes.isSilent = true;
  return await closeNodes([...nodes.transforms.values()], [...nodes.sinks.values()]);
}

/** Creates nodes and adds them. */
export async function addNodes(
  { graph, parts }: LivePipeline,
  to: FreshNodes,
  components: readonly ComponentConfig[],
): Promise<void> {
  const own: NodeParts = {
    ...parts,
    notReady: (component, subject, reason) => {
      if (!to.isSilent) parts.notReady(component, subject, reason);
    },
    outputGone: (component, reason) => {
      if (!to.isSilent) parts.outputGone(component, reason);
    },
  };
  for (const component of components) {
    const { id, declaration } = component;
    const stats = graph.statsFor(component);
    try {
      if (declaration.kind === 'sink') to.sinks.set(id, await createSink(component, stats, own));
      else if (declaration.kind === 'transform') to.transforms.set(id, await createTransform(component, stats, own));
      else to.sources.set(id, await createSource(component, stats, own, graph.outlet(id)));
    } catch (error) {
      throw new NotReady(`${id}: cannot be created: ${(error as Error).message}`);
    }
  }
}

/** Probes until the target answers well. */
async function probed({ component, sink }: CreatedSink, limitMs: number, stop: AbortSignal): Promise<void> {
  if (!sink.probe) return;
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const fault = await probeOnce(sink, giveUpAt - performance.now(), stop);
    if (fault === null) return;
    if (stop.aborted) throw new NotReady('the process stops');
    if (performance.now() + PROBE_AGAIN_MS >= giveUpAt) throw new NotReady(`${component.id}: ${fault}`);
    await pause(PROBE_AGAIN_MS, stop);
  }
}

async function probeOnce(sink: Sink, limitMs: number, stop: AbortSignal): Promise<string | null> {
  const limit = new AbortController();
  const onStop = (): void => limit.abort();
  stop.addEventListener('abort', onStop);
  if (stop.aborted) onStop();
  let fault: string | null = `no answer within ${Math.ceil(limitMs / 1000)} s`;
  const probing = (async () => await sink.probe!(limit.signal))().then(
    () => {
      fault = null;
    },
    (error: Error) => {
      fault = error instanceof ProbeError ? `${error.code}: ${error.message}` : error.message;
    },
  );
  if (!(await within(probing, Math.max(0, limitMs)))) limit.abort(new Error(fault));
  stop.removeEventListener('abort', onStop);
  return fault;
}
