import type { Log } from '@tailrace/core';
import type { Loaded } from '../config/load.ts';
import { printProblem } from '../config/problem.ts';
import type { Readiness } from '../readiness.ts';
import { changePipeline, type ReloadEnd } from './exchange.ts';
import type { LivePipeline } from './live.ts';

/** Where reloads come from. */
export interface Reloads {
  /** Reads and checks the pipeline files anew. */
  load(): Promise<Loaded>;
  /** Calls back with the occasion whenever a reload is wanted, also for what came before; returns what ends that. */
  subscribe(request: (occasion: string) => void): () => void;
}

/** What became of the reloads so far; /metrics shows it. */
export interface ReloadNumbers {
  readonly ends: Record<ReloadEnd['kind'], number>;
  isLastGood: boolean;
  /** Unix milliseconds; that of the start before the first one. */
  lastGoodAt: number;
}

/** Carries out reloads of a running pipeline, one at a time. */
export interface Reloader {
  /** Pending while one is under way. */
  busy(): Promise<void> | null;
  /** No more of them; resolves when the present one has ended. */
  close(): Promise<void>;
}

/** Numbers before the first reload. */
export function reloadNumbers(): ReloadNumbers {
  return { ends: { applied: 0, unchanged: 0, refused: 0, rolled_back: 0 }, isLastGood: true, lastGoodAt: Date.now() };
}

const TEXT: Readonly<Record<ReloadEnd['kind'], string>> = {
  applied: 'the changed pipeline runs',
  unchanged: 'nothing has changed',
  refused: 'the running pipeline goes on unchanged',
  rolled_back: 'the changed pipeline did not become ready, so the earlier one runs on',
};

interface Options {
  readonly live: LivePipeline;
  readonly reloads: Reloads;
  readonly numbers: ReloadNumbers;
  readonly log: Log;
  readonly ready: Readiness;
  /** A bug: the pipeline may be neither the old nor the new one. */
  fail(error: Error): void;
}

/** Starts to listen for requests; those that come during a reload are one more. */
export function startReloader({ live, reloads, numbers, log, ready, fail }: Options): Reloader {
  let occasion: string | null = null;
  let running: Promise<void> | null = null;
  let isClosed = false;

  async function all(): Promise<void> {
    while (occasion !== null && !isClosed) {
      log.info({ occasion }, `reload: ${occasion}`);
      occasion = null;
      tell(await one());
    }
  }
  async function one(): Promise<ReloadEnd> {
    const { config, problems, warnings } = await reloads.load();
    for (const warning of warnings) log.warn({}, `reload: ${printProblem(warning)}`);
    if (!config) return { kind: 'refused', reasons: problems.map(printProblem) };
    return await changePipeline(live, config);
  }
  function tell(end: ReloadEnd): void {
    // Nobody is left to read of it: what the reload had come to is of no account.
    if (live.stop.aborted) {
      log.info({}, 'reload: the process stops');
      return;
    }
    const isGood = end.kind === 'applied' || end.kind === 'unchanged';
    numbers.ends[end.kind]++;
    numbers.isLastGood = isGood;
    if (isGood) numbers.lastGoodAt = Date.now();
    const reasons = 'reasons' in end ? end.reasons : [];
    ready.note('reload', isGood ? null : `${TEXT[end.kind]}: ${reasons.join('; ')}`);
    if (isGood) log.info({ result: end.kind }, `reload: ${TEXT[end.kind]}`);
    else log.error({ result: end.kind, reasons }, `reload: ${TEXT[end.kind]}`);
  }
  const unsubscribe = reloads.subscribe((why) => {
    occasion = why;
    if (isClosed) return;
    running ??= all()
      .catch(fail)
      .finally(() => {
        running = null;
      });
  });

  return {
    busy: () => running,
    async close() {
      isClosed = true;
      unsubscribe();
      await running;
    },
  };
}
