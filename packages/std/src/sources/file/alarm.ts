/** Wakes a loop that sleeps, at most ten times a second however often it rings. */
export interface Alarm {
  ring(): void;
  /** Sleeps at least REST_MS, and at most `ms` unless it rang; an aborted signal ends it at once. */
  sleep(ms: number): Promise<void>;
}

/** Shortest sleep, in milliseconds: what rings meanwhile is one wake-up. */
export const REST_MS = 100;

/** Creates an alarm of one loop. */
export function createAlarm(signal: AbortSignal): Alarm {
  let rung = false;
  let wake: () => void = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async sleep(ms) {
      await pause(Math.min(ms, REST_MS), signal);
      if (!rung && ms > REST_MS) {
        await pause(ms - REST_MS, signal, (stop) => {
          wake = stop;
        });
        wake = () => {};
      }
      rung = false;
    },
  };
}

/** Resolves after `ms`, when the signal aborts, or when the function that `started` gets is called. */
export function pause(ms: number, signal: AbortSignal, started?: (stop: () => void) => void): Promise<void> {
  if (signal.aborted || ms <= 0) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const timer = setTimeout(stop, ms);
    signal.addEventListener('abort', stop, { once: true });
    started?.(stop);
  });
}
