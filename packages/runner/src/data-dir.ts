import { makeFolder } from '@tailrace/core';
import type { PipelineConfig } from './component.ts';
import { type StatusServer, serveStatus } from './http.ts';
import { createMetrics } from './metrics.ts';
import { readiness } from './readiness.ts';
import { reloadNumbers } from './reload/reloader.ts';
import type { RunOptions } from './run.ts';
import { pause } from './sink/backoff.ts';
import { StateError } from './state/checkpoints.ts';
import { type Lock, lockDataDir } from './state/lock.ts';
import { nodeId } from './state/node-id.ts';

/** What a file system answers that takes nothing now and may be mended; a missing right is for somebody to give, so it ends the start. */
const PASSING: ReadonlySet<string> = new Set(['EROFS', 'ENOSPC', 'EDQUOT', 'EIO']);
const RETRY_MS = 1000;

/** A `data_dir` that belongs to this process. */
export interface OwnDataDir {
  readonly lock: Lock;
  readonly nodeId: string;
}

/**
 * Makes `data_dir` and this process its only owner. While the disk is full or read-only it waits, with the reason at /readyz, unless the
 * pipeline is to run once; rejects with a {@link StateError} when it is told to stop meanwhile, or when somebody else owns the folder.
 */
export async function takeDataDir(config: PipelineConfig, options: RunOptions): Promise<OwnDataDir> {
  try {
    return await take(config.dataDir, options);
  } catch (error) {
    if (options.once || !isPassing(error)) throw error;
    return await waitForDisk(config, options, error as Error);
  }
}

/** No more than what a start cannot do without: a disk that is full of queued events gets room by delivering them. */
async function take(dataDir: string, { env }: RunOptions): Promise<OwnDataDir> {
  await makeFolder(dataDir);
  const lock = await lockDataDir(dataDir);
  try {
    return { lock, nodeId: await nodeId(dataDir, env) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function waitForDisk(
  { dataDir, settings }: PipelineConfig,
  options: RunOptions,
  first: Error,
): Promise<OwnDataDir> {
  const { log, stop, version } = options;
  const ready = readiness(log);
  const say = (error: Error | null) =>
    ready.set('data_dir', dataDir, error && `cannot be written to: ${error.message}; nothing is read until it can`);
  const metrics = await createMetrics({
    components: () => [],
    checkpointWrittenAt: () => 0,
    letterFiles: { bytes: () => Promise.resolve(0), dropped: 0 },
    reloads: reloadNumbers(),
    ready,
    version,
  });
  let status: StatusServer | null = null;
  try {
    say(first);
    if (settings.metrics.enabled) {
      status = await serveStatus(settings.metrics.address, metrics, ready);
      log.info({ address: status.address }, `metrics and health: ${status.address}`);
    }
    while (await pause(RETRY_MS, stop)) {
      try {
        const own = await take(dataDir, options);
        say(null);
        return own;
      } catch (error) {
        if (!isPassing(error)) throw error;
        say(error as Error);
      }
    }
  } finally {
    await status?.close();
    metrics.close();
  }
  throw new StateError(`data_dir ${dataDir} could not be written to until the stop: ${first.message}`);
}

function isPassing(error: unknown): boolean {
  return PASSING.has((error as NodeJS.ErrnoException).code ?? '');
}
