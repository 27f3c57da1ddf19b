import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a process uses: resident memory in bytes, and the processor time that it has used so far, in seconds. */
export interface ProcessUsage {
  readonly rssBytes: number;
  readonly cpuSeconds: number;
}

/** What a process used over a while: how much its resident memory grew at most, and its share of one core (0.02 is 2 %). */
export interface UsageGrowth {
  readonly rssBytes: number;
  readonly cpuShare: number;
}

/** Ticks of the processor times in /proc (proc_pid_stat(5)): USER_HZ is 100 wherever Node runs. */
const TICKS_PER_SECOND = 100;

/** Reads /proc, so only on Linux; rejects when the process is gone. */
export async function processUsage(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  // The name in parentheses may hold anything; user and system time are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return {
    rssBytes: Number(kilobytes) * 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}

/** Watches a process for so long; its memory is looked at every `everyMs`, against what it is now. */
export async function usageGrowth(pid: number, forMs: number, everyMs = 1000): Promise<UsageGrowth> {
  const before = await processUsage(pid);
  const begin = performance.now();
  let most = 0;
  let last = before;
  while (performance.now() - begin < forMs) {
    await sleep(Math.min(everyMs, forMs));
    last = await processUsage(pid);
    most = Math.max(most, last.rssBytes - before.rssBytes);
  }
  const seconds = (performance.now() - begin) / 1000;
  return { rssBytes: most, cpuShare: (last.cpuSeconds - before.cpuSeconds) / seconds };
}
