import type { PipelineConfig } from './component.ts';
import { type LetterWays, takesLetters } from './dead-letters/letter-sinks.ts';
import type { Graph } from './graph.ts';
import type { NodeParts } from './graph-nodes.ts';
import type { Readiness } from './readiness.ts';
import type { LivePipeline } from './reload/live.ts';
import { type Reloader, type ReloadNumbers, startReloader } from './reload/reloader.ts';
import type { RunOptions } from './run.ts';
import type { Reporting } from './run-report.ts';
import { runningSinks } from './run-sinks.ts';
import { runningSources, SOURCE_GRACE_MS } from './run-sources.ts';
import { timerMs, untilAborted } from './sink/backoff.ts';
import type { Checkpoints } from './state/checkpoints.ts';

/** A pipeline between its start and its end. */
export interface Running {
  readonly config: PipelineConfig;
  readonly options: RunOptions;
  readonly graph: Graph;
  readonly parts: NodeParts;
  readonly ready: Readiness;
  readonly reporting: Reporting;
  readonly reloadNumbers: ReloadNumbers;
  readonly checkpoints: Checkpoints;
  readonly deadLetters: LetterWays;
  /** Stops the sources. */
  readonly stop: AbortController;
  readonly problems: string[];
}

type Fail = (id: string, error: Error) => void;

/** Lets events flow until no source has any more, or all are told to stop. Sinks start first and stop last. */
export async function flow(running: Running): Promise<void> {
  const { options, graph, deadLetters, stop } = running;
  const fail: Fail = (id, error) => {
    options.log.error({ component: id, stack: error.stack }, `${id}: ${error.message}`);
    running.problems.push(`${id}: ${error.message}`);
    stop.abort();
  };
  const onStop = (): void => stop.abort();
  options.stop.addEventListener('abort', onStop);
  if (options.stop.aborted) onStop();
  const ticks = ticker(graph, fail);
  const live = livePipeline(running, fail, ticks.reset);
  const disarm = afterAbort(
    stop.signal,
    () => live.config.settings.shutdown_timeout,
    () => {
      for (const { driver } of graph.sinks) driver.abort();
      deadLetters.abandon();
    },
  );

  for (const node of graph.sinks) live.sinks.start(node);
  ticks.reset();
  for (const node of graph.sources) void live.sources.start(node).catch(() => undefined);
  const reloader = reloaderOf(running, live, fail);
  await allEnded(live, reloader);
  await reloader?.close();
  ticks.end();
  // Dead letters come until the last of the other sinks has ended.
  for (const isLast of [false, true]) {
    const group = graph.sinks.filter(({ component }) => takesLetters(component) === isLast);
    for (const { driver } of group) driver.drain(stop.signal);
    await live.sinks.ended(group);
  }
  await deadLetters.close();
  disarm();
  live.sinks.stopProbes();
  const late = await live.sources.returned();
  stop.abort();
  for (const id of late) running.problems.push(`${id}: did not return within ${SOURCE_GRACE_MS / 1000} s of its end`);
  options.stop.removeEventListener('abort', onStop);
}

function livePipeline(running: Running, fail: Fail, graphChanged: () => void): LivePipeline {
  const { config, options, graph, parts, ready, reporting, checkpoints, deadLetters, stop } = running;
  const onTrial = new Set<string>();
  const sources = runningSources({
    once: options.once,
    stop: stop.signal,
    ready,
    checkpoints,
    deadLetters,
    fail: (id, error) => {
      if (!onTrial.has(id)) fail(id, error);
    },
  });
  const sinks = runningSinks(ready, fail);
  return { config, graph, parts, ready, reporting, sources, sinks, stop: stop.signal, onTrial, graphChanged };
}

function reloaderOf({ options, reloadNumbers: numbers, ready }: Running, live: LivePipeline, fail: Fail) {
  const { reloads, log } = options;
  if (!reloads) return null;
  return startReloader({ live, reloads, numbers, log, ready, fail: (error) => fail('reload', error) });
}

/** Resolves when no source will emit any more. A reload can bring others. */
async function allEnded(live: LivePipeline, reloader: Reloader | null): Promise<void> {
  while (!live.stop.aborted) {
    await untilAborted(live.sources.ended(), live.stop);
    const reload = reloader?.busy();
    if (reload) await untilAborted(reload, live.stop);
    else if (live.sources.areEnded()) return;
  }
}

/** Calls the transforms that want the time now and then. */
function ticker(graph: Graph, fail: Fail): { reset(): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  const flush = (final: boolean): void => {
    try {
      graph.flush(Date.now(), final);
    } catch (error) {
      fail('transforms', error as Error);
    }
  };
  return {
    reset() {
      clearInterval(timer);
      timer = graph.tickMs === null ? undefined : setInterval(() => flush(false), timerMs(graph.tickMs));
    },
    end() {
      clearInterval(timer);
      flush(true);
    },
  };
}

/** Calls back so long after the signal has aborted, unless what it returns is called before. */
function afterAbort(signal: AbortSignal, milliseconds: () => number, act: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    timer = setTimeout(act, timerMs(milliseconds()));
  };
  if (signal.aborted) arm();
  else signal.addEventListener('abort', arm, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', arm);
  };
}
