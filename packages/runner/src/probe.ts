import { ProbeError } from '@tailrace/core';
import type { SinkNode } from './graph-nodes.ts';
import type { Readiness } from './readiness.ts';
import { backoff, pause, timerMs, untilAborted } from './sink/backoff.ts';

/**
 * Says at start what is plainly wrong with a target, and takes it back when it is mended, also without traffic. Once requests are sent, they
 * tell: a target that takes nothing is tried by one of them at a time, not by probes beside it.
 */
export async function probe({ sink, component, stats }: SinkNode, ready: Readiness, stop: AbortSignal): Promise<void> {
  if (!sink.probe) return;
  const isInUse = (): boolean => (stats.sink?.requests ?? 0) > 0;
  for (let attempt = 0; !stop.aborted; attempt++) {
    const limit = new AbortController();
    const timeoutMs = component.sink!.request_timeout;
    const timer = setTimeout(() => limit.abort(new Error(`no answer within ${timeoutMs} ms`)), timerMs(timeoutMs));
    const giveUp = (): void => limit.abort();
    stop.addEventListener('abort', giveUp);
    try {
      // The time limit holds also for a probe that ignores its signal.
      let isDone = false;
      const probing = sink.probe(limit.signal).then(() => {
        isDone = true;
      });
      await untilAborted(probing, limit.signal);
      if (!isDone) throw limit.signal.reason;
      if (isInUse()) return;
      return ready.set(component.id, 'target', null);
    } catch (error) {
      if (stop.aborted || isInUse()) return;
      const { message } = error as Error;
      ready.set(component.id, 'target', error instanceof ProbeError ? `${error.code}: ${message}` : message);
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', giveUp);
    }
    await pause(backoff(attempt, { initial: 1000, max: 30_000 }, 500), stop);
    if (isInUse()) return;
  }
}
