import type { DeadLetters } from './dead-letters.ts';
import type { SourceNode } from './graph-nodes.ts';
import { type Readiness, STARTING } from './readiness.ts';
import { within } from './sink/backoff.ts';
import { sourceIo } from './source-io.ts';
import type { Checkpoints } from './state/checkpoints.ts';
import { countErrors } from './stats.ts';

/** What sources run with. */
export interface SourcesParts {
  readonly once: boolean;
  /** Stops them all. */
  readonly stop: AbortSignal;
  readonly ready: Readiness;
  readonly checkpoints: Checkpoints;
  readonly deadLetters: DeadLetters;
  /** A source ended with an error. */
  fail(id: string, error: Error): void;
}

/** The sources of a pipeline that runs; they can be stopped and started one by one. */
export interface RunningSources {
  /** Runs a source with the state that an earlier one of its id left; resolves when it reads or has ended, rejects when it fails before. */
  start(node: SourceNode): Promise<void>;
  /** Waits until the events of a stopped one have settled, for so many milliseconds at most. */
  settled(id: string, limitMs: number): Promise<unknown>;
  /** Tells one to stop; resolves when it will not emit any more, or has not said so within seconds. */
  stop(id: string): Promise<unknown>;
  /** Resolves when none of the present ones will emit any more. */
  ended(): Promise<unknown>;
  areEnded(): boolean;
  /** After that: the ids of those that do not return. */
  returned(): Promise<string[]>;
}

/** How long sources may take to return after everything of theirs has ended. */
export const SOURCE_GRACE_MS = 5000;

interface Run {
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
  readonly returned: Promise<void>;
  readonly state: RunState;
}

interface RunState {
  isEnded: boolean;
  /** Its successor has taken over: what it still stores is not heard any more. */
  isRetired: boolean;
}

/** An empty set of sources. */
export function runningSources(parts: SourcesParts): RunningSources {
  const present = new Map<string, Run>();
  /** Stopped ones that may still wait for their events to settle. */
  const leaving = new Map<string, Run>();

  return {
    async start(node) {
      const { id } = node.component;
      const before = leaving.get(id);
      if (before) before.state.isRetired = true;
      leaving.delete(id);
      const { run, reads } = launch(node, parts);
      present.set(id, run);
      await reads;
    },
    settled: async (id, limitMs) => await within(leaving.get(id)?.returned ?? Promise.resolve(), limitMs),
    async stop(id) {
      const run = present.get(id);
      if (!run) return;
      present.delete(id);
      leaving.set(id, run);
      run.stop.abort();
      await within(run.ended, SOURCE_GRACE_MS);
    },
    ended: () => Promise.all([...present.values()].map((run) => run.ended)),
    areEnded: () => [...present.values()].every((run) => run.state.isEnded),
    async returned() {
      const all = [...present, ...leaving];
      const inTime = await Promise.all(all.map(([, run]) => within(run.returned, SOURCE_GRACE_MS)));
      return all.filter((_, k) => !inTime[k]).map(([id]) => id);
    },
  };
}

function launch(node: SourceNode, parts: SourcesParts) {
  const { once, stop, ready, deadLetters } = parts;
  const { id } = node.component;
  ready.set(id, STARTING, 'is starting');
  const state: RunState = { isEnded: false, isRetired: false };
  const own = new AbortController();
  const onStop = (): void => own.abort();
  stop.addEventListener('abort', onStop);
  if (stop.aborted) onStop();
  let onRead: () => void = () => undefined;
  const isReading = new Promise<void>((resolve) => {
    onRead = resolve;
  });
  let inputEnded: () => void = () => undefined;
  const inputEnd = new Promise<void>((resolve) => {
    inputEnded = resolve;
  });
  const work = (async () => {
    const checkpoints = storeUntil(parts.checkpoints, () => state.isRetired);
    const toReady: Readiness = {
      ...ready,
      set(component, subject, reason) {
        if (subject === STARTING && reason === null) onRead();
        ready.set(component, subject, reason);
      },
    };
    await node.source.run(
      sourceIo(node, { once, signal: own.signal, ready: toReady, checkpoints, deadLetters, inputEnded }),
    );
  })();
  const returned = work
    .catch((error: Error) => {
      countErrors(node.stats, 'source_threw', 1);
      parts.fail(id, error);
    })
    .finally(() => stop.removeEventListener('abort', onStop));
  const ended = Promise.race([inputEnd, returned]).then(() => {
    state.isEnded = true;
  });
  const run: Run = { stop: own, ended, returned, state };
  return { run, reads: Promise.race([isReading, work]) };
}

/** The checkpoints of a source until another one of its id has taken over: then only that one’s word counts. */
function storeUntil({ of }: Checkpoints, isOver: () => boolean): Pick<Checkpoints, 'of'> {
  return {
    of(id) {
      const store = of(id);
      return {
        ...store,
        set: (key, value) => (isOver() ? undefined : store.set(key, value)),
        delete: (key) => (isOver() ? undefined : store.delete(key)),
        flush: () => (isOver() ? Promise.resolve() : store.flush()),
      };
    },
  };
}
