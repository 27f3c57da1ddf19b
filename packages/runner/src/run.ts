import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Batch, type Log, ProbeError, type SourceIo, settleRange } from '@tailrace/core';
import type { PipelineConfig } from './component.ts';
import { type DeadLetters, openDeadLetters } from './dead-letters.ts';
import { buildGraph, type Graph, type SinkNode, type SourceNode } from './graph.ts';
import { serveStatus } from './http.ts';
import { createMetrics } from './metrics.ts';
import { type Readiness, readiness, STARTING } from './readiness.ts';
import { backoff, pause } from './sink/backoff.ts';
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

/** Runs a pipeline to its end; rejects only when it cannot start (state of a newer version, address in use, data_dir taken). */
export async function runPipeline(config: PipelineConfig, options: RunOptions): Promise<RunSummary> {
  const { log } = options;
  const { settings, dataDir } = config;
  const started = performance.now();
  await mkdir(dataDir, { recursive: true, mode: 0o750 });
  const lock = await lockDataDir(dataDir);
  const closing: (() => unknown)[] = [() => lock.release()];
  try {
    const ready = readiness(log);
    const checkpoints = await openCheckpoints(dataDir, (error) => {
      ready.set(
        'checkpoints',
        dataDir,
        error && `checkpoint_failed: ${error.message}; delivery goes on, a restart would send again`,
      );
    });
    const letterFile = settings.dead_letters.path
      ? resolve(dataDir, settings.dead_letters.path)
      : join(dataDir, 'dead-letters.ndjson');
    const deadLetters = openDeadLetters(letterFile, (error) => {
      ready.set('dead_letters', letterFile, error && `dead_letter_failed: ${error.message}; refused events wait`);
    });
    const parts = { log, dataDir, nodeId: await nodeId(dataDir, options.env), notReady: ready.set };
    const graph = await buildGraph(config.components, parts, deadLetters);
    const metrics = await createMetrics({
      components: () => graph.stats,
      checkpointWrittenAt: () => checkpoints.writtenAt,
      version: options.version,
    });
    closing.unshift(() => metrics.close());
    if (settings.metrics.enabled) {
      const status = await serveStatus(settings.metrics.address, metrics, ready);
      closing.unshift(() => status.close());
      log.info({ address: status.address }, `metrics and health: ${status.address}`);
    }
    const statsTimer = setInterval(
      () => log.info(statsRecord(graph.stats, checkpoints.writtenAt), 'stats'),
      settings.log.stats_interval,
    );
    statsTimer.unref();
    const problems = await flow(config, options, graph, ready, checkpoints, deadLetters);
    clearInterval(statsTimer);
    await checkpoints.close().catch((error: Error) => problems.push(`checkpoints were not written: ${error.message}`));
    await Promise.all(graph.sinks.map(({ sink }) => sink.close?.()));
    if (!options.once) log.info(statsRecord(graph.stats, checkpoints.writtenAt), 'stats');
    return summarize(graph.stats, letterFile, deadLetters.written, performance.now() - started, problems);
  } finally {
    for (const close of closing) await close();
  }
}

/** Sinks start first and stop last; returns what went wrong. */
async function flow(
  config: PipelineConfig,
  options: RunOptions,
  graph: Graph,
  ready: Readiness,
  checkpoints: Checkpoints,
  deadLetters: DeadLetters,
): Promise<string[]> {
  const problems: string[] = [];
  const stopSources = new AbortController();
  const stopProbes = new AbortController();
  const fail = (id: string, error: Error): void => {
    options.log.error({ component: id, stack: error.stack }, `${id}: ${error.message}`);
    problems.push(`${id}: ${error.message}`);
    stopSources.abort();
  };
  if (options.stop.aborted) stopSources.abort();
  options.stop.addEventListener('abort', () => stopSources.abort(), { once: true });

  const sinks = graph.sinks.map((node) => node.driver.run().catch((error: Error) => fail(node.component.id, error)));
  for (const node of graph.sinks) void probe(node, ready, stopProbes.signal);
  const tick = graph.tickMs === null ? undefined : setInterval(() => graph.flush(Date.now(), false), graph.tickMs);
  for (const { component } of graph.sources) ready.set(component.id, STARTING, 'is starting');
  const sources = graph.sources.map((node) =>
    node.source
      .run(sourceIo(node, options, stopSources.signal, ready, checkpoints, deadLetters))
      .catch((error: Error) => {
        countErrors(node.stats, 'source_threw', 1);
        fail(node.component.id, error);
      }),
  );

  const ended = Promise.all(sources);
  await Promise.race([ended, aborted(stopSources.signal)]);
  const deadline = setTimeout(() => {
    for (const { driver } of graph.sinks) driver.abort();
    deadLetters.abandon();
  }, config.settings.shutdown_timeout);
  clearInterval(tick);
  stopSources.abort();
  graph.flush(Date.now(), true);
  for (const { driver } of graph.sinks) driver.drain();
  await Promise.all(sinks);
  await deadLetters.close();
  clearTimeout(deadline);
  stopProbes.abort();
  const grace = new AbortController();
  await Promise.race([ended, pause(SOURCE_GRACE_MS, grace.signal)]);
  grace.abort();
  return problems;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function sourceIo(
  node: SourceNode,
  options: RunOptions,
  signal: AbortSignal,
  ready: Readiness,
  checkpoints: Checkpoints,
  deadLetters: DeadLetters,
): SourceIo {
  const { stats, component } = node;
  const stopped = aborted(signal);
  return {
    signal,
    once: options.once,
    checkpoints: checkpoints.of(component.id),
    ready: () => ready.set(component.id, STARTING, null),
    async emit(batch, { bytes, merged = 0 }) {
      if (signal.aborted) throw new Error(`${component.id} emitted after it was told to stop`);
      const { settled } = batch.lineage.tickets[0]!;
      stats.received += batch.length + merged;
      stats.receivedBytes += bytes;
      stats.merged += merged;
      const waits = node.push(withoutRejected(batch, node, deadLetters));
      if (waits.length > 0) await Promise.race([Promise.all(waits), stopped]);
      return { settled };
    },
  };
}

/** Dead-letters what the source refused and books the rest as sent. */
function withoutRejected(batch: Batch, node: SourceNode, deadLetters: DeadLetters): Batch {
  const { stats, rejections } = node;
  const refused = rejections.get(batch);
  if (!refused) {
    stats.sent += batch.length;
    return batch;
  }
  const out = new Set(refused.flatMap(({ indices }) => Array.from(indices)));
  stats.inFlight += out.size;
  for (const { indices, code, message } of refused) {
    countErrors(stats, code, indices.length);
    for (const index of Array.from(indices)) {
      deadLetters.add({ component: stats.id, code, message, batch, index }, (durable) => {
        stats.inFlight--;
        if (durable) stats.deadLettered++;
        else stats.returned++;
        settleRange(batch.lineage, index, index + 1, durable ? 'dead_lettered' : 'errored');
      });
    }
  }
  const rest = Array.from({ length: batch.length }, (_, i) => i).filter((i) => !out.has(i));
  stats.sent += rest.length;
  return batch.select(rest).fork();
}

/** Says at start what is plainly wrong with a target, and takes it back when it is mended, also without traffic. */
async function probe({ sink, component }: SinkNode, ready: Readiness, stop: AbortSignal): Promise<void> {
  if (!sink.probe) return;
  for (let attempt = 0; !stop.aborted; attempt++) {
    try {
      await sink.probe(AbortSignal.any([stop, AbortSignal.timeout(component.sink!.request_timeout)]));
      return ready.set(component.id, 'target', null);
    } catch (error) {
      if (stop.aborted) return;
      const { message } = error as Error;
      ready.set(component.id, 'target', error instanceof ProbeError ? `${error.code}: ${message}` : message);
    }
    await pause(backoff(attempt, { initial: 1000, max: 30_000 }, 500), stop);
  }
}
