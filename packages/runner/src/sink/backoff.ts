import { setTimeout as sleep } from 'node:timers/promises';

/** Exponential pauses with full jitter: a random time up to `initial × 2^attempt`, at most `max`, at least what the target asked for. */
export function backoff(
  attempt: number,
  limits: { initial: number; max: number },
  afterMs = 0,
  random = Math.random,
): number {
  const ceiling = Math.min(limits.max, limits.initial * 2 ** Math.min(attempt, 30));
  return Math.max(afterMs, random() * ceiling);
}

/** Waits; false when the signal ended it early. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await sleep(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
