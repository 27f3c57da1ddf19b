import { measureEventLoopDelay } from '@tailrace/core';
import type { Registry } from 'prom-client';

type PromClient = Pick<typeof import('prom-client'), 'Counter' | 'Gauge'>;

/** Adds what the process as such needs: time, memory, its version. Returns what ends the measuring. */
export function addProcessMetrics({ Counter, Gauge }: PromClient, registry: Registry, version: string): () => void {
  const registers = [registry];
  const delay = measureEventLoopDelay();
  new Gauge({
    name: 'tailrace_event_loop_delay_seconds',
    help: '99th percentile of the event loop’s delay since the last scrape.',
    registers,
    collect() {
      this.set(delay.p99());
    },
  });
  new Gauge({
    name: 'tailrace_process_resident_memory_bytes',
    help: 'Resident memory.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Counter({
    name: 'tailrace_process_cpu_seconds_total',
    help: 'Processor time of all threads, in user and in kernel mode.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'tailrace_build_info',
    help: 'The version that runs.',
    labelNames: ['version'],
    registers,
    collect() {
      this.set({ version }, 1);
    },
  });
  return delay.close;
}
