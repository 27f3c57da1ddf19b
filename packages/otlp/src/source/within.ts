import { setTimeout as sleep } from 'node:timers/promises';

/** What the promise resolves with, or `undefined` when it has not by then. */
export async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  const enough = new AbortController();
  const timeout = sleep(milliseconds, undefined, { signal: enough.signal }).catch(() => undefined);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    enough.abort();
  }
}
