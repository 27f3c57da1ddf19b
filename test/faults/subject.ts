import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningProcess, startProcess } from '@tailrace/testkit';

/** The command under test over its lives. */
export interface Subject {
  /** Starts it and waits until it answers; one that ends or stays silent is a failed restart, and `false`. */
  start(): Promise<boolean>;
  /** SIGTERM, and waits for the end; the exit code, 1 when not all could be delivered in time. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  readonly isRunning: boolean;
  readonly pid: number;
  /** The samples of /metrics by their names with labels; empty when it does not answer. */
  metrics(): Promise<Map<string, number>>;
  readonly failedRestarts: number;
  /** All that it said over all lives, on both outputs. */
  said(): string;
  dispose(): Promise<void>;
}

/** How the subject is started. */
export interface SubjectOptions {
  command: readonly string[];
  folder: string;
  env: Record<string, string>;
}

const START_MS = 20_000;
/** Longer than the `shutdown_timeout` of the pipelines here. */
const STOP_MS = 30_000;

/** Prepares a subject; nothing is started yet. */
export function subjectOf({ command, folder, env }: SubjectOptions): Subject {
  const [program, ...rest] = command;
  let running: RunningProcess | null = null;
  let failedRestarts = 0;
  const ended: string[] = [];
  /** Where it answers now: one that waits for its disk listens anew when it begins. */
  const address = (): string =>
    [...(running?.stderr() ?? '').matchAll(/metrics and health: (http:\/\/[^"\s]+)/g)].at(-1)?.[1] ?? '';
  const end = async (ending: Promise<{ code: number | null; stdout: string; stderr: string }>) => {
    const { code, stdout, stderr } = await ending;
    running = null;
    ended.push(stdout, stderr);
    return code;
  };
  return {
    async start() {
      const started = await startProcess({ command: [program!, ...rest], folder, env });
      running = started;
      try {
        await started.line('metrics and health', START_MS);
        await started.endpoint(`${address()}/healthz`, { timeoutMs: START_MS, until: ({ status }) => status === 200 });
        return true;
      } catch (error) {
        failedRestarts++;
        ended.push(`--- failed to start: ${(error as Error).message.split('\n')[0]}\n`);
        await end(started.kill());
        return false;
      }
    },
    async stop() {
      if (running === null) return null;
      running.signal('SIGCONT');
      running.signal('SIGTERM');
      return await end(running.exit(STOP_MS));
    },
    async kill() {
      if (running !== null) await end(running.kill());
    },
    signal: (name) => running?.signal(name),
    get isRunning() {
      return running !== null;
    },
    get pid() {
      return running?.pid ?? 0;
    },
    async metrics() {
      try {
        const answer = await fetch(`${address()}/metrics`, { signal: AbortSignal.timeout(2000) });
        return samples(await answer.text());
      } catch {
        return new Map();
      }
    },
    get failedRestarts() {
      return failedRestarts;
    },
    said: () => [...ended, running?.stdout() ?? '', running?.stderr() ?? ''].join(''),
    async dispose() {
      await running?.kill();
    },
  };
}

function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** Waits until the condition holds; `false` when it did not within `timeoutMs`. */
export async function until(
  timeoutMs: number,
  condition: () => boolean | Promise<boolean>,
  everyMs = 50,
): Promise<boolean> {
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(everyMs))
    if (await condition()) return true;
  return await condition();
}
