import type { Log } from '@tailrace/core';
import type { PipelineConfig } from './component.ts';
import { takeDataDir } from './data-dir.ts';
import { openLetters } from './dead-letters/open-letters.ts';
import { buildGraph } from './graph.ts';
import { readiness } from './readiness.ts';
import { type Reloads, reloadNumbers } from './reload/reloader.ts';
import { flow } from './run-flow.ts';
import { runNumbers } from './run-numbers.ts';
import { startReporting } from './run-report.ts';
import { timerMs } from './sink/backoff.ts';
import { queueFolders } from './sink/disk-queue/queue-folders.ts';
import { openCheckpoints } from './state/checkpoints.ts';
import { type RunSummary, statsRecord, summarize, undelivered } from './summary.ts';

/** How to run a pipeline. */
export interface RunOptions {
  /** Read what is there and end, instead of waiting for more. */
  readonly once: boolean;
  /** Stops the pipeline: sources first, then what they emitted is delivered within `shutdown_timeout`. */
  readonly stop: AbortSignal;
  readonly log: Log;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where reloads come from; without it there are none. */
  readonly reloads?: Reloads;
  /** These are some components of a pipeline: what belongs to others is left alone. */
  readonly isPart?: boolean;
}

/** Runs a pipeline to its end; rejects only when it cannot start (state of a newer version, address in use, data_dir taken). */
export async function runPipeline(config: PipelineConfig, options: RunOptions): Promise<RunSummary> {
  const own = await takeDataDir(config, options);
  const closing: (() => Promise<unknown>)[] = [() => own.lock.release()];
  // A pipeline that waits for input may have nothing open that keeps its process alive.
  const alive = setInterval(() => undefined, timerMs(Number.POSITIVE_INFINITY));
  try {
    return await runLocked(config, options, own.nodeId, closing);
  } finally {
    // Each of them, the lock last, whatever the others do.
    for (const close of closing.reverse()) await close().catch(() => undefined);
    clearInterval(alive);
  }
}

async function runLocked(
  config: PipelineConfig,
  options: RunOptions,
  nodeId: string,
  closing: (() => Promise<unknown>)[],
): Promise<RunSummary> {
  const { log, version } = options;
  const { dataDir } = config;
  const started = performance.now();
  const startedAt = Date.now();
  const problems: string[] = [];
  const stop = new AbortController();
  const ready = readiness(log);
  const checkpoints = await openCheckpoints(dataDir, (error) => {
    const text = error && `checkpoint_failed: ${error.message}; delivery goes on, a restart would send again`;
    ready.set('checkpoints', dataDir, text);
  });
  closing.push(() => checkpoints.close());
  const deadLetters = openLetters(config, log, ready);
  const { files: letterFiles } = deadLetters;
  const reloads = reloadNumbers();
  const outputGone = (id: string, reason: string): void => {
    log.warn({ component: id }, `${id}: ${reason}: the pipeline stops`);
    graph.sinks.find(({ component }) => component.id === id)?.driver.abort();
    stop.abort();
  };
  const queues = queueFolders(dataDir, log);
  if (!options.isPart) await queues.reportOrphans(config.components);
  const numbers = () =>
    runNumbers({
      ...{ components: graph.stats, startedAt, version, reloads, reasons: ready.reasons() },
      checkpointWrittenAt: checkpoints.writtenAt,
      lettersDropped: letterFiles.dropped,
    });
  const parts = { log, dataDir, nodeId, runNumbers: numbers, notReady: ready.set, outputGone, deadLetters, queues };
  const graph = await buildGraph(config.components, parts);
  closing.push(() => graph.close());
  const reporting = await startReporting(config.settings, {
    ...{ log, version, graph, ready, checkpoints, letterFiles, reloads },
  });
  closing.push(() => reporting.close());
  await flow({
    ...{ config, options, graph, parts, ready, reporting, checkpoints, deadLetters, stop, problems },
    reloadNumbers: reloads,
  });
  await checkpoints.close().catch((error: Error) => problems.push(`checkpoints were not written: ${error.message}`));
  problems.push(...(await graph.close()));
  if (!options.once) log.info(statsRecord(graph.stats, checkpoints.writtenAt), 'stats');
  const summary = summarize(graph.stats, deadLetters, performance.now() - started, problems);
  for (const stats of graph.stats) {
    const events = undelivered(stats);
    if (events > 0)
      log.warn({ component: stats.id, events }, `${stats.id}: ${events} events were not delivered in time`);
  }
  return summary;
}
