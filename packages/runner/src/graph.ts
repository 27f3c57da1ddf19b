import type { Batch, Routing, Signal } from '@tailrace/core';
import type { ComponentConfig } from './component.ts';
import { DEAD_LETTERS, takesLetters } from './dead-letters/letter-sinks.ts';
import {
  type CreatedSink,
  closeNodes,
  createSink,
  createSource,
  createTransform,
  type NodeParts,
  type Outlet,
  openSink,
  type SinkNode,
  type SourceNode,
  type TransformEntry,
} from './graph-nodes.ts';
import { producerOf, readersOf, spread } from './routing.ts';
import { type ComponentStats, componentStats } from './stats.ts';
import { branch, settleAll } from './transform-node.ts';

/** The nodes of a graph. */
export interface GraphNodes {
  readonly sources: readonly SourceNode[];
  readonly transforms: readonly TransformEntry[];
  readonly sinks: readonly SinkNode[];
}

/** A pipeline whose plugins are created and joined. Its nodes can be exchanged while it runs. */
export interface Graph extends GraphNodes {
  /** In the order of the configuration, then those of components that a reload removed: what they did is done. */
  readonly stats: readonly ComponentStats[];
  /** The numbers of a component, new ones for a new id; they stay when the component is replaced by one of its kind. */
  statsFor(component: ComponentConfig): ComponentStats;
  /** Where a source of this id gives its batches. */
  outlet(id: string): Outlet;
  /** Joins these nodes instead of the present ones. */
  join(components: readonly ComponentConfig[], nodes: GraphNodes): void;
  /** Lets no source emit, and no transform give out what is due, until what it returns is called. */
  hold(): () => void;
  /**
   * Lets transforms that hold events back give out what is due, in the order of the flow: all, unless the graph is held, or the named
   * ones.
   */
  flush(now: number, final: boolean, ids?: ReadonlySet<string>): void;
  /** How often `flush` wants to be called, in milliseconds; `null`: never. */
  readonly tickMs: number | null;
  /** Closes transforms and sinks, once; returns what went wrong. */
  close(): Promise<string[]>;
}

type Push = (batch: Batch, waits: Promise<void>[]) => void;
/** How one node is reached, and its consumers by id. */
interface Route {
  readonly take: Push;
  /** Answers how many events leave by outputs that nobody reads. */
  next(batch: Batch, waits: Promise<void>[], routing?: Routing): number;
  reads(signal: Signal): boolean;
}

/** Creates the plugins, sinks first, and joins each with the components that read it. */
export async function buildGraph(components: readonly ComponentConfig[], parts: NodeParts): Promise<Graph> {
  const graph = emptyGraph(parts);
  const of = (kind: ComponentStats['kind']) => components.filter(({ declaration }) => declaration.kind === kind);
  const sinks: CreatedSink[] = [];
  const transforms: TransformEntry[] = [];
  const sources: SourceNode[] = [];
  try {
    for (const sink of of('sink')) sinks.push(await createSink(sink, graph.statsFor(sink), parts));
    for (const one of of('transform')) transforms.push(await createTransform(one, graph.statsFor(one), parts));
    for (const one of of('source'))
      sources.push(await createSource(one, graph.statsFor(one), parts, graph.outlet(one.id)));
    const open: SinkNode[] = [];
    for (const sink of sinks) open.push(openSink(sink, parts));
    graph.join(components, { sources, transforms, sinks: open });
    return graph;
  } catch (error) {
    await closeNodes(transforms, sinks);
    throw error;
  }
}

function emptyGraph({ deadLetters }: NodeParts): Graph {
  let current: GraphNodes = { sources: [], transforms: [], sinks: [] };
  let stats: readonly ComponentStats[] = [];
  let routes: ReadonlyMap<string, Route> = new Map();
  let order: readonly TransformEntry[] = [];
  let held: Promise<void> | null = null;
  let closing: Promise<string[]> | undefined;
  const known = new Map<string, ComponentStats>();
  deadLetters.lead({
    get taken() {
      return routes.has(DEAD_LETTERS);
    },
    push(batch) {
      const waits: Promise<void>[] = [];
      routes.get(DEAD_LETTERS)!.next(batch, waits);
      return waits;
    },
  });

  return {
    get sources() {
      return current.sources;
    },
    get transforms() {
      return current.transforms;
    },
    get sinks() {
      return current.sinks;
    },
    get stats() {
      return stats;
    },
    get tickMs() {
      const ticks = current.transforms.flatMap(({ node }) => node.tickMs ?? []);
      return ticks.length > 0 ? Math.min(...ticks) : null;
    },
    statsFor({ id, declaration: { type, kind } }) {
      const own = known.get(id);
      if (own?.kind === kind) return own;
      const fresh = componentStats(id, type, kind);
      known.set(id, fresh);
      return fresh;
    },
    outlet: (id) => ({
      held: () => held,
      reads: (signal) => routes.get(id)?.reads(signal) ?? false,
      push(batch) {
        const waits: Promise<void>[] = [];
        routes.get(id)!.next(batch, waits);
        const room = deadLetters.room();
        if (room) waits.push(room);
        return waits;
      },
    }),
    join(components, nodes) {
      current = nodes;
      const present = components.map((component) => statsOf(nodes, component.id));
      for (const [k, { id, declaration }] of components.entries()) {
        present[k]!.type = declaration.type;
        known.set(id, present[k]!);
      }
      stats = [...present, ...[...known.values()].filter((one) => !present.includes(one) && hasWorked(one))];
      routes = routesOf(components, nodes);
      const byId = new Map(nodes.transforms.map((entry) => [entry.component.id, entry]));
      order = flowOrder(components).flatMap((id) => byId.get(id) ?? []);
    },
    hold() {
      let release: () => void = () => undefined;
      const own = new Promise<void>((resolve) => {
        release = resolve;
      });
      held = own;
      return () => {
        if (held === own) held = null;
        release();
      };
    },
    flush(now, final, ids) {
      // One that goes has given out its last already, so what came to it now would stay there.
      if (held && !ids) return;
      // What is held is bounded by its transform, so nobody has to wait here for room.
      for (const { component, node } of order) {
        if (ids && !ids.has(component.id)) continue;
        const { next } = routes.get(component.id)!;
        node.flush(now, final, (made, routing) => next(made, [], routing));
      }
    },
    close() {
      closing ??= closeNodes(current.transforms, current.sinks);
      return closing;
    },
  };
}

function hasWorked({ received, recovered }: ComponentStats): boolean {
  return received + recovered > 0;
}

function statsOf({ sources, transforms, sinks }: GraphNodes, id: string): ComponentStats {
  return [...sources, ...transforms, ...sinks].find(({ component }) => component.id === id)!.stats;
}

/** Ways through the graph by id. A batch takes those that stood when it left its source: a change never splits its way. */
function routesOf(components: readonly ComponentConfig[], nodes: GraphNodes): Map<string, Route> {
  const routes = new Map<string, Route>();
  const consumersOf = (id: string): Pick<Route, 'next' | 'reads'> => {
    const consumersBySignal = readersOf(id, components);
    const next: Route['next'] = (batch, waits, routing) => {
      if (batch.length === 0) return 0;
      const consumers = consumersBySignal[batch.signal];
      if (routing) return spread(batch, routing, consumers, (reader, view) => routes.get(reader)!.take(view, waits));
      if (consumers.length === 0) {
        settleAll(batch, 'discarded');
        batch.release();
        return 0;
      }
      branch(batch, consumers.length);
      // Each consumer gets a view of its own, which it releases when it is done.
      const views = consumers.map((_, k) => (k === 0 ? batch : batch.fork()));
      for (const [k, consumer] of consumers.entries()) routes.get(consumer.id)!.take(views[k]!, waits);
      return 0;
    };
    return { next, reads: (signal) => consumersBySignal[signal].length > 0 };
  };
  const nothing: Push = () => undefined;
  if (components.some(takesLetters)) routes.set(DEAD_LETTERS, { take: nothing, ...consumersOf(DEAD_LETTERS) });
  for (const { component } of nodes.sources) routes.set(component.id, { take: nothing, ...consumersOf(component.id) });
  for (const { component, node } of nodes.transforms) {
    const consumers = consumersOf(component.id);
    const take: Push = (batch, waits) => node.process(batch, (made, routing) => consumers.next(made, waits, routing));
    routes.set(component.id, { take, ...consumers });
  }
  for (const { component, driver } of nodes.sinks) {
    const take: Push = (batch, waits) => {
      const wait = driver.put(batch);
      if (wait) waits.push(wait);
    };
    routes.set(component.id, { take, next: () => 0, reads: () => false });
  }
  return routes;
}

/** Ids in an order in which each component comes after its inputs; `components` has no cycles. */
function flowOrder(components: readonly ComponentConfig[]): string[] {
  const order: string[] = [];
  const byId = new Map(components.map((c) => [c.id, c]));
  const visit = (id: string): void => {
    if (order.includes(id)) return;
    for (const input of byId.get(id)?.inputs ?? []) visit(producerOf(input));
    order.push(id);
  };
  for (const { id } of components) visit(id);
  return order;
}
