import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultedRequest } from '@tailrace/testkit';
import { type CaseResult, conclude } from '../result.ts';
import { newStage, type Shared, type Stage } from '../stage.ts';
import { until } from '../subject.ts';

const MAX_IN_FLIGHT = 4;
const LINES_PER_SECOND = 200;
const MAX_GROWTH_MB = 20;
const MAX_CPU = 0.02;
// Until then a process still grows by compiling what it runs.
const WARM_UP_MS = 20_000;

/** The target is dead for so many seconds while lines go on being written: what the process takes meanwhile, and how it comes back. */
export async function deadSink(name: string, shared: Shared, seconds: number, queue: string): Promise<CaseResult> {
  const stage = await newStage(shared, {
    name,
    sink: [`max_in_flight: ${MAX_IN_FLIGHT}`],
    queue: `type: ${queue}`,
  });
  try {
    const started = performance.now();
    const stopWriting = await writeSteadily(stage);
    await stage.subject.start();
    await sleep(WARM_UP_MS);
    const problems = await outage(stage, seconds);
    await stopWriting();
    return await conclude(stage, started, problems);
  } finally {
    await stage.dispose();
  }
}

async function writeSteadily(stage: Stage): Promise<() => Promise<void>> {
  const log = await stage.addLog({ name: 'web', format: 'docker', short: true });
  let going = true;
  const writing = (async () => {
    for (; going; await sleep(100)) await log.write(LINES_PER_SECOND / 10);
  })();
  return () => {
    going = false;
    return writing;
  };
}

async function outage(stage: Stage, seconds: number): Promise<string[]> {
  const { subject, proxy } = stage;
  const before = await usageOf(subject.pid);
  const steady = entriesPerSecond(proxy.requests, performance.now() - 5000, performance.now());
  proxy.apply({ kind: 'reset', at: 'connection' });
  let most = before.rssMb;
  const begun = performance.now();
  while (performance.now() - begun < seconds * 1000) {
    await sleep(1000);
    most = Math.max(most, (await usageOf(subject.pid)).rssMb);
  }
  const after = await usageOf(subject.pid);
  const cpu = (after.cpuSeconds - before.cpuSeconds) / ((performance.now() - begun) / 1000);
  proxy.apply(null);
  const burst = await recovery(stage);
  const problems: string[] = [];
  if (most - before.rssMb > MAX_GROWTH_MB)
    problems.push(
      `memory grew by ${(most - before.rssMb).toFixed(1)} MB from ${before.rssMb.toFixed(0)} MB, allowed are ${MAX_GROWTH_MB}`,
    );
  if (cpu > MAX_CPU) problems.push(`it used ${(cpu * 100).toFixed(1)} % of a core, allowed are ${MAX_CPU * 100}`);
  if (burst.open > MAX_IN_FLIGHT)
    problems.push(`${burst.open} requests at once after the outage, allowed are ${MAX_IN_FLIGHT}`);
  if (burst.entries > 2 * steady)
    problems.push(
      `${burst.entries} events in the first second after the outage, ${steady.toFixed(0)} a second before it`,
    );
  process.stderr.write(
    `         ${stage.name}: memory +${(most - before.rssMb).toFixed(1)} MB, ${(cpu * 100).toFixed(2)} % of a core, then ${burst.open} requests at once, ${burst.entries} events in the first second against ${steady.toFixed(0)} before\n`,
  );
  return problems;
}

/** What comes in the first second from the first request on that can work again, and the most requests open at once in ten. */
async function recovery({ proxy }: Stage): Promise<{ entries: number; open: number }> {
  const healed = performance.now();
  const sinceThen = () => proxy.requests.filter(({ at }) => at > healed);
  // The longest pause between two attempts is half a minute.
  await until(60_000, () => sinceThen().length > 0);
  await sleep(10_000);
  const after = sinceThen();
  const first = after[0]?.at ?? healed;
  return { entries: entriesPerSecond(after, first, first + 1000), open: mostOpen(after) };
}

function entriesPerSecond(requests: readonly FaultedRequest[], from: number, to: number): number {
  const inside = requests.filter(({ at }) => at >= from && at < to);
  return (inside.reduce((sum, { entries }) => sum + entries, 0) * 1000) / (to - from);
}

function mostOpen(requests: readonly FaultedRequest[]): number {
  const changes = requests.flatMap(({ at, endedAt }) => [
    { at, by: 1 },
    { at: endedAt === 0 ? Number.POSITIVE_INFINITY : endedAt, by: -1 },
  ]);
  let open = 0;
  let most = 0;
  for (const { by } of changes.toSorted((a, b) => a.at - b.at || a.by - b.by)) {
    open += by;
    most = Math.max(most, open);
  }
  return most;
}

/** Clock ticks of /proc are hundredths of a second on every Linux that Node runs on. */
async function usageOf(pid: number): Promise<{ rssMb: number; cpuSeconds: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The command's name may hold spaces, so fields are counted from its closing parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  return { rssMb: rss / 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}
