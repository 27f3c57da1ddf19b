import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Counts } from './counting-server-process.ts';

// The child process imports this very module (bundled or not) and calls it by this name.
export { runCountingServer } from './counting-server-process.ts';

/** A process that takes `_bulk` requests as Elasticsearch would, every item created, OTLP logs and Datadog's logs, and counts them. */
export interface CountingServer {
  url: string;
  pid: number;
  /** Also to be had with `GET {url}/_counts`. */
  counts(): Promise<Counts>;
  /** Sets the counts to zero and gives them; also `DELETE {url}/_counts`. */
  reset(): Promise<Counts>;
  stop(): Promise<void>;
}

const program = 'const { runCountingServer } = await import(process.argv[1]); await runCountingServer();';

/** Starts the counting server in a process of its own, so that its work is no part of what a benchmark measures. */
export async function countingServer(): Promise<CountingServer> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, import.meta.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [first] = await Promise.race([once(lines, 'line'), exited.then(() => ['']) as Promise<string[]>]);
  const port = Number(first);
  if (!(port > 0)) throw new Error('the counting server ended before it listened; its stderr says why');
  const url = `http://127.0.0.1:${port}`;
  const ask = async (method: string) => (await (await fetch(`${url}/_counts`, { method })).json()) as Counts;
  return {
    url,
    pid: child.pid ?? 0,
    counts: () => ask('GET'),
    reset: () => ask('DELETE'),
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
