import { setTimeout as sleep } from 'node:timers/promises';

/** Timers hold 31 bits; a longer time would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A time that timers can hold, in milliseconds: about 24 days at most. */
export function timerMs(milliseconds: number): number {
  return Math.min(LONGEST_TIMER_MS, Math.max(0, milliseconds || 0));
}

/** A longer `Retry-After` is not believed: the target may be back earlier, and one wrong header must not stop a sink for days. */
export const LONGEST_RETRY_AFTER_MS = 300_000;

/**
 * Milliseconds to wait: full jitter, a random time up to `initial × 2^attempt` and `max`, on top of what the target asked for; many that
 * were sent away together must not come back together.
 */
export function backoff(
  attempt: number,
  limits: { initial: number; max: number },
  afterMs = 0,
  random = Math.random,
): number {
  const ceiling = Math.min(limits.max, limits.initial * 2 ** Math.min(attempt, 30));
  return Math.min(LONGEST_RETRY_AFTER_MS, timerMs(afterMs)) + random() * ceiling;
}

/** Waits; false when the signal ended it early. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await sleep(timerMs(milliseconds), undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/** Waits for a promise until the signal aborts; leaves no listener behind, as racing with a long-lived promise would. */
export async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  signal.addEventListener('abort', stop);
  try {
    await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Waits for a promise for so long at most; false when it had not settled by then. */
export async function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const enough = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, pause(milliseconds, enough.signal).then(() => false)]);
  } finally {
    enough.abort();
  }
}
