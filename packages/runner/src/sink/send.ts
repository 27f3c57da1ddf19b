import type { ErrorCode, Sink, Verdict } from '@tailrace/core';
import { observe, type SinkStats } from '../stats.ts';
import type { Body } from './body.ts';

/** A verdict, or `threw`: the sink failed in a way it did not foresee; `aborted`: the runner gave up waiting at shutdown. */
export type Sent = Verdict | { kind: 'threw'; code: ErrorCode; message: string } | { kind: 'aborted' };

/** One request with its time limit; the innermost layer around a sink. */
export async function sendOnce(
  sink: Sink,
  body: Body,
  timeoutMs: number,
  stop: AbortSignal,
  stats: SinkStats,
): Promise<Sent> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const started = performance.now();
  stats.requestsInFlight++;
  stats.requests++;
  if (body.firstTried === 0) body.firstTried = Date.now();
  try {
    return await sink.send(body, AbortSignal.any([timeout, stop]));
  } catch (error) {
    if (stop.aborted) return { kind: 'aborted' };
    if (timeout.aborted) return { kind: 'retry', code: 'server_timeout', message: `no answer within ${timeoutMs} ms` };
    return { kind: 'threw', code: 'sink_threw', message: error instanceof Error ? error.message : String(error) };
  } finally {
    body.attempts++;
    stats.requestsInFlight--;
    observe(stats.requestSeconds, (performance.now() - started) / 1000);
    observe(stats.requestEvents, body.entries);
    observe(stats.requestBytes, body.bytes.length);
  }
}
