import type { Batch } from '@tailrace/core';
import type { SinkNode } from './graph-nodes.ts';
import { probe } from './probe.ts';
import type { Readiness } from './readiness.ts';

/** The sinks of a pipeline that runs; they can be started and retired one by one. */
export interface RunningSinks {
  start(node: SinkNode): void;
  /** Ends a sink that gets nothing any more; gives what it did not deliver, which a successor has to adopt. */
  retire(node: SinkNode): Promise<Batch[]>;
  /** Resolves when these have ended. */
  ended(nodes: readonly SinkNode[]): Promise<unknown>;
  stopProbes(): void;
}

/** An empty set of sinks; `fail` hears of bugs in what is around them. */
export function runningSinks(ready: Readiness, fail: (id: string, error: Error) => void): RunningSinks {
  const present = new Map<SinkNode, { ended: Promise<void>; probes: AbortController }>();
  return {
    start(node) {
      const probes = new AbortController();
      const ended = node.driver.run().catch((error: Error) => fail(node.component.id, error));
      present.set(node, { ended, probes });
      void probe(node, ready, probes.signal);
    },
    async retire(node) {
      const running = present.get(node);
      const rest: Batch[] = [];
      running?.probes.abort();
      await node.driver.retire((batch) => rest.push(batch));
      await running?.ended;
      present.delete(node);
      return rest;
    },
    ended: (nodes) => Promise.all(nodes.map((node) => present.get(node)?.ended)),
    stopProbes() {
      for (const { probes } of present.values()) probes.abort();
    },
  };
}
