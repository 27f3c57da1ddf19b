import type { Log } from '@tailrace/core';
import type { LetterFileWriter } from './dead-letters.ts';
import type { Graph } from './graph.ts';
import { type StatusServer, serveStatus } from './http.ts';
import { createMetrics } from './metrics.ts';
import type { PipelineSettings } from './options.ts';
import type { Readiness } from './readiness.ts';
import type { ReloadNumbers } from './reload/reloader.ts';
import { timerMs } from './sink/backoff.ts';
import type { Checkpoints } from './state/checkpoints.ts';
import { statsRecord } from './summary.ts';

/** What a running pipeline says of itself: the endpoint and the `stats` records. */
export interface Reporting {
  /** Makes ready for other settings, a new address among them; rejects when that cannot be listened on. */
  prepare(settings: PipelineSettings): Promise<{ commit(): Promise<void>; cancel(): Promise<void> }>;
  close(): Promise<void>;
}

interface ReportParts {
  readonly log: Log;
  readonly version: string;
  readonly graph: Graph;
  readonly ready: Readiness;
  readonly checkpoints: Checkpoints;
  readonly letterFiles: LetterFileWriter;
  readonly reloads: ReloadNumbers;
}

/** Starts to report. */
export async function startReporting(settings: PipelineSettings, parts: ReportParts): Promise<Reporting> {
  const { log, version, graph, ready, checkpoints, letterFiles, reloads } = parts;
  const metrics = await createMetrics({
    components: () => graph.stats,
    checkpointWrittenAt: () => checkpoints.writtenAt,
    letterFiles,
    reloads,
    ready,
    version,
  });
  let present = settings;
  let server: StatusServer | null = null;
  let timer: NodeJS.Timeout | undefined;

  const listen = async ({ metrics: { enabled, address } }: PipelineSettings): Promise<StatusServer | null> => {
    if (!enabled) return null;
    const status = await serveStatus(address, metrics, ready);
    log.info({ address: status.address }, `metrics and health: ${status.address}`);
    return status;
  };
  const setTimer = (): void => {
    clearInterval(timer);
    const interval = present.log.stats_interval;
    const record = () => log.info(statsRecord(graph.stats, checkpoints.writtenAt), 'stats');
    timer = interval > 0 ? setInterval(record, timerMs(interval)).unref() : undefined;
  };
  const close = async (): Promise<void> => {
    clearInterval(timer);
    metrics.close();
    await server?.close();
  };
  try {
    server = await listen(settings);
  } catch (error) {
    await close();
    throw error;
  }
  setTimer();

  return {
    async prepare(next) {
      const isSame =
        next.metrics.enabled === present.metrics.enabled && next.metrics.address === present.metrics.address;
      const opened = isSame ? null : await listen(next);
      return {
        async commit() {
          present = next;
          setTimer();
          if (isSame) return;
          const before = server;
          server = opened;
          await before?.close();
        },
        cancel: async () => await opened?.close(),
      };
    },
    close,
  };
}
