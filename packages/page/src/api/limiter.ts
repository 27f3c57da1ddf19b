/** Runs tasks in the order they come, a few at once. */
export type Limiter = <T>(task: () => Promise<T>, signal: AbortSignal) => Promise<T | undefined>;

/** At most so many tasks at once; one whose signal is aborted while it waits never begins and gives undefined. */
export function createLimiter(most: number): Limiter {
  const waiting: (() => void)[] = [];
  let running = 0;
  const release = () => {
    running -= 1;
    waiting.shift()?.();
  };
  return async (task, signal) => {
    while (running >= most && !signal.aborted) await new Promise<void>((resolve) => waiting.push(resolve));
    if (signal.aborted) {
      // The turn that this one was woken for belongs to the next.
      if (running < most) waiting.shift()?.();
      return undefined;
    }
    running += 1;
    try {
      return await task();
    } finally {
      release();
    }
  };
}
