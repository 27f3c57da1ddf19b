import { measureEventLoopDelay } from '@tailrace/core';

/** What the process as such uses. */
export interface ProcessNumbers {
  readonly resident_memory_bytes: number;
  readonly heap_used_bytes: number;
  /** Processor time since the process started. */
  readonly cpu_seconds: number;
  /** 99th percentile since it was last asked for. */
  readonly event_loop_delay_seconds: number;
}

/** Measures until it is closed. */
export function measureProcess(): { read(): ProcessNumbers; close(): void } {
  const delay = measureEventLoopDelay();
  return {
    read() {
      const { rss, heapUsed } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      return {
        resident_memory_bytes: rss,
        heap_used_bytes: heapUsed,
        cpu_seconds: (user + system) / 1e6,
        event_loop_delay_seconds: delay.p99(),
      };
    },
    close: delay.close,
  };
}
