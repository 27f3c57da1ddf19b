import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';

type PromClient = Pick<typeof import('prom-client'), 'Counter' | 'Gauge'>;

/** Adds what the process as such needs: time, memory, its version. Returns what ends the measuring. */
export function addProcessMetrics({ Counter, Gauge }: PromClient, registry: Registry, version: string): () => void {
  const registers = [registry];
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  new Gauge({
    name: 'tailrace_event_loop_delay_seconds',
    help: '99th percentile of the event loop’s delay since the last scrape.',
    registers,
    collect() {
      const seconds = delay.percentile(99) / 1e9;
      delay.reset();
      this.set(Number.isFinite(seconds) ? seconds : 0);
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
  return () => delay.disable();
}
