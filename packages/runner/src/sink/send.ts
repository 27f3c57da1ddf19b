import type { ErrorCode, Sink, Verdict } from '@tailrace/core';
import { thrownText } from '../plugin-fault.ts';
import { observe, type SinkStats } from '../stats.ts';
import { timerMs, within } from './backoff.ts';
import type { Body } from './body.ts';

/** A verdict, or `threw`: the sink failed in a way it did not foresee; `aborted`: the runner gave up waiting at shutdown. */
export type Sent = Verdict | { kind: 'threw'; code: ErrorCode; message: string } | { kind: 'aborted' };

/** How long a sink may take to let go of a request after its signal; then nobody waits for it any more. */
const LET_GO_MS = 1000;

/** One request with its time limit; the innermost layer around a sink. */
export async function sendOnce(
  sink: Sink,
  body: Body,
  timeoutMs: number,
  stop: AbortSignal,
  stats: SinkStats,
): Promise<Sent> {
  const started = performance.now();
  stats.requestsInFlight++;
  stats.requests++;
  if (body.firstTried === 0) body.firstTried = Date.now();
  try {
    return await limited(sink, body, timeoutMs, stop);
  } finally {
    body.attempts++;
    stats.requestsInFlight--;
    observe(stats.requestSeconds, (performance.now() - started) / 1000);
    observe(stats.requestEvents, body.entries);
    observe(stats.requestBytes, body.bytes.length);
  }
}

/** The signal of a request is its own: joined signals and their timers would outlive it. */
async function limited(sink: Sink, body: Body, timeoutMs: number, stop: AbortSignal): Promise<Sent> {
  const cancel = new AbortController();
  const onStop = (): void => cancel.abort(stop.reason);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    cancel.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'));
  }, timerMs(timeoutMs));
  stop.addEventListener('abort', onStop);
  if (stop.aborted) onStop();
  const late: Sent = { kind: 'retry', code: 'server_timeout', message: `no answer within ${timeoutMs} ms` };
  try {
    const sent = await answerOf(sink, body, cancel.signal);
    if (sent && (sent.kind === 'done' || !cancel.signal.aborted)) return sent;
    return timedOut ? late : { kind: 'aborted' };
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
  }
}

/** What the sink says; `null` when it went on after its signal. */
async function answerOf(sink: Sink, body: Body, signal: AbortSignal): Promise<Sent | null> {
  const answer = attempt(sink, body, signal);
  const gone = new Promise<null>((resolve) => {
    const giveUp = async (): Promise<void> => {
      if (await within(answer, LET_GO_MS)) return;
      // It may still read the bytes, so they must not be written over.
      body.release = () => undefined;
      resolve(null);
    };
    if (signal.aborted) void giveUp();
    else signal.addEventListener('abort', () => void giveUp(), { once: true });
  });
  return await Promise.race([answer, gone]);
}

async function attempt(sink: Sink, body: Body, signal: AbortSignal): Promise<Sent> {
  try {
    return await sink.send(body, signal);
  } catch (error) {
    return { kind: 'threw', code: 'sink_threw', message: thrownText(error) };
  }
}
