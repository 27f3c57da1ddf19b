import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds between two looks: each wakes the process, also one that has nothing to do. */
const INTERVAL_MS = 100;

/** How late the event loop is with what is due. */
export interface EventLoopDelay {
  /** 99th percentile since the last call, in seconds. */
  p99(): number;
  close(): void;
}

/** Measures until it is closed. */
export function measureEventLoopDelay(): EventLoopDelay {
  const intervals = monitorEventLoopDelay({ resolution: INTERVAL_MS });
  intervals.enable();
  return {
    p99() {
      // Node records the time from one look to the next, not what it was late.
      const late = intervals.percentile(99) / 1e9 - INTERVAL_MS / 1000;
      intervals.reset();
      return Number.isFinite(late) ? Math.max(0, late) : 0;
    },
    close: () => intervals.disable(),
  };
}
