import { mkdir } from 'node:fs/promises';
import type { Log } from '@tailrace/core';
import type { PipelineConfig } from './component.ts';
import { type LetterWays, takesLetters } from './dead-letters/letter-sinks.ts';
import { openLetters } from './dead-letters/open-letters.ts';
import { buildGraph, type Graph } from './graph.ts';
import { serveStatus } from './http.ts';
import { createMetrics } from './metrics.ts';
import { probe } from './probe.ts';
import { type Readiness, readiness, STARTING } from './readiness.ts';
import { timerMs, untilAborted, within } from './sink/backoff.ts';
import { sourceIo } from './source-io.ts';
import { type Checkpoints, openCheckpoints } from './state/checkpoints.ts';
import { lockDataDir } from './state/lock.ts';
import { nodeId } from './state/node-id.ts';
import { countErrors } from './stats.ts';
import { type RunSummary, statsRecord, summarize } from './summary.ts';

/** How to run a pipeline. */
export interface RunOptions {
  /** Read what is there and end, instead of waiting for more. */
  readonly once: boolean;
  /** Stops the pipeline: sources first, then what they emitted is delivered within `shutdown_timeout`. */
  readonly stop: AbortSignal;
  readonly log: Log;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
}

/** How long sources may take to return after everything of theirs has ended. */
const SOURCE_GRACE_MS = 5000;

/** A pipeline between its start and its end. */
interface Running {
  readonly config: PipelineConfig;
  readonly options: RunOptions;
  readonly graph: Graph;
  readonly ready: Readiness;
  readonly checkpoints: Checkpoints;
  readonly deadLetters: LetterWays;
  /** Stops the sources. */
  readonly stop: AbortController;
  readonly problems: string[];
}

/** Runs a pipeline to its end; rejects only when it cannot start (state of a newer version, address in use, data_dir taken). */
export async function runPipeline(config: PipelineConfig, options: RunOptions): Promise<RunSummary> {
  const { dataDir } = config;
  await mkdir(dataDir, { recursive: true, mode: 0o750 });
  const lock = await lockDataDir(dataDir);
  const closing: (() => Promise<unknown>)[] = [() => lock.release()];
  // A pipeline that waits for input may have nothing open that keeps its process alive.
  const alive = setInterval(() => undefined, timerMs(Number.POSITIVE_INFINITY));
  try {
    return await runLocked(config, options, closing);
  } finally {
    // Each of them, the lock last, whatever the others do.
    for (const close of closing.reverse()) await close().catch(() => undefined);
    clearInterval(alive);
  }
}

async function runLocked(
  config: PipelineConfig,
  options: RunOptions,
  closing: (() => Promise<unknown>)[],
): Promise<RunSummary> {
  const { log } = options;
  const { dataDir } = config;
  const started = performance.now();
  const problems: string[] = [];
  const stop = new AbortController();
  const ready = readiness(log);
  const checkpoints = await openCheckpoints(dataDir, (error) => {
    const text = error && `checkpoint_failed: ${error.message}; delivery goes on, a restart would send again`;
    ready.set('checkpoints', dataDir, text);
  });
  closing.push(() => checkpoints.close());
  const deadLetters = openLetters(config, log, ready);
  const outputGone = (id: string, reason: string): void => {
    log.warn({ component: id }, `${id}: ${reason}: the pipeline stops`);
    graph.sinks.find(({ component }) => component.id === id)?.driver.abort();
    stop.abort();
  };
  const id = await nodeId(dataDir, options.env);
  const parts = { log, dataDir, nodeId: id, notReady: ready.set, outputGone, deadLetters };
  const graph = await buildGraph(config.components, parts);
  closing.push(() => graph.close());
  const stopReporting = await report(config, options, graph, ready, checkpoints, deadLetters);
  closing.push(stopReporting);
  await flow({ config, options, graph, ready, checkpoints, deadLetters, stop, problems });
  await checkpoints.close().catch((error: Error) => problems.push(`checkpoints were not written: ${error.message}`));
  problems.push(...(await graph.close()));
  if (!options.once) log.info(statsRecord(graph.stats, checkpoints.writtenAt), 'stats');
  const summary = summarize(graph.stats, deadLetters, performance.now() - started, problems);
  for (const { id, returned } of graph.stats)
    if (returned > 0)
      log.warn({ component: id, events: returned }, `${id}: ${returned} events were not delivered in time`);
  return summary;
}

/** The endpoint and the `stats` records; returns what ends them. */
async function report(
  { settings }: PipelineConfig,
  { log, version }: RunOptions,
  graph: Graph,
  ready: Readiness,
  checkpoints: Checkpoints,
  { files: letterFiles }: LetterWays,
): Promise<() => Promise<void>> {
  const checkpointWrittenAt = () => checkpoints.writtenAt;
  const metrics = await createMetrics({
    components: () => graph.stats,
    checkpointWrittenAt,
    letterFiles,
    version,
  });
  const interval = settings.log.stats_interval;
  const record = () => log.info(statsRecord(graph.stats, checkpoints.writtenAt), 'stats');
  const timer = interval > 0 ? setInterval(record, timerMs(interval)) : undefined;
  timer?.unref();
  const end = (): void => {
    clearInterval(timer);
    metrics.close();
  };
  if (!settings.metrics.enabled) return async () => end();
  try {
    const status = await serveStatus(settings.metrics.address, metrics, ready);
    log.info({ address: status.address }, `metrics and health: ${status.address}`);
    return async () => {
      end();
      await status.close();
    };
  } catch (error) {
    end();
    throw error;
  }
}

/** Sinks start first and stop last. */
async function flow(running: Running): Promise<void> {
  const { config, options, graph, ready, deadLetters, stop } = running;
  const fail = (id: string, error: Error): void => {
    options.log.error({ component: id, stack: error.stack }, `${id}: ${error.message}`);
    running.problems.push(`${id}: ${error.message}`);
    stop.abort();
  };
  const flush = (final: boolean): void => {
    try {
      graph.flush(Date.now(), final);
    } catch (error) {
      fail('transforms', error as Error);
    }
  };
  const onStop = (): void => stop.abort();
  options.stop.addEventListener('abort', onStop);
  if (options.stop.aborted) onStop();
  const disarm = afterAbort(stop.signal, config.settings.shutdown_timeout, () => {
    for (const { driver } of graph.sinks) driver.abort();
    deadLetters.abandon();
  });
  const stopProbes = new AbortController();

  const sinks = graph.sinks.map(({ component, driver }) => ({
    last: takesLetters(component),
    driver,
    ended: driver.run().catch((error: Error) => fail(component.id, error)),
  }));
  for (const node of graph.sinks) void probe(node, ready, stopProbes.signal);
  const tick = graph.tickMs === null ? undefined : setInterval(() => flush(false), timerMs(graph.tickMs));
  const { ended, returned } = startSources(running, fail);
  await untilAborted(ended, stop.signal);
  clearInterval(tick);
  flush(true);
  // Dead letters come until the last of the other sinks has ended.
  for (const group of [sinks.filter(({ last }) => !last), sinks.filter(({ last }) => last)]) {
    for (const { driver } of group) driver.drain();
    await Promise.all(group.map(({ ended }) => ended));
  }
  await deadLetters.close();
  disarm();
  stopProbes.abort();
  const late = await returned();
  stop.abort();
  for (const id of late) running.problems.push(`${id}: did not return within ${SOURCE_GRACE_MS / 1000} s of its end`);
  options.stop.removeEventListener('abort', onStop);
}

/**
 * `ended`: no source will emit any more, though some may wait until what they emitted has settled. `returned`: after that, the ids of
 * those that do not return.
 */
function startSources(
  { options, graph, ready, checkpoints, deadLetters, stop }: Running,
  fail: (id: string, error: Error) => void,
): { ended: Promise<unknown>; returned(): Promise<string[]> } {
  const { once } = options;
  for (const { component } of graph.sources) ready.set(component.id, STARTING, 'is starting');
  const runs = graph.sources.map((node) => {
    const { id } = node.component;
    let inputEnded: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      inputEnded = resolve;
    });
    const io = sourceIo(node, { once, signal: stop.signal, ready, checkpoints, deadLetters, inputEnded });
    const returned = (async () => await node.source.run(io))().catch((error: Error) => {
      countErrors(node.stats, 'source_threw', 1);
      fail(id, error);
    });
    return { id, ended: Promise.race([ended, returned]), returned };
  });
  return {
    ended: Promise.all(runs.map((run) => run.ended)),
    async returned() {
      const inTime = await Promise.all(runs.map((run) => within(run.returned, SOURCE_GRACE_MS)));
      return runs.filter((_, k) => !inTime[k]).map((run) => run.id);
    },
  };
}

/** Calls back so long after the signal has aborted, unless what it returns is called before. */
function afterAbort(signal: AbortSignal, milliseconds: number, act: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    timer = setTimeout(act, timerMs(milliseconds));
  };
  if (signal.aborted) arm();
  else signal.addEventListener('abort', arm, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', arm);
  };
}
