import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process is started. */
export interface ProcessOptions {
  /** The program and its arguments. */
  command: [string, ...string[]];
  /** Written into the working folder first; paths are relative to it, folders are made. */
  files?: Record<string, string | Uint8Array>;
  /** The working folder, kept by `dispose()`; default a temporary one. */
  folder?: string;
  /** The whole environment; default that of this process. */
  env?: Record<string, string>;
}

/** How a process ended, and all it wrote. */
export interface ProcessEnd {
  /** `null` when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The answer of a process's own HTTP server. */
export interface EndpointAnswer {
  status: number;
  body: string;
}

/** How to ask an endpoint: over TCP, or with `socketPath` over a unix socket; `until` says which answer is awaited (default: any). */
export interface EndpointOptions {
  timeoutMs?: number;
  socketPath?: string;
  until?: (answer: EndpointAnswer) => boolean;
}

/** A process under test. Every wait is at most `timeoutMs` (default 30 s) and tells what the process wrote when it fails. */
export interface RunningProcess {
  pid: number;
  /** The working folder. */
  folder: string;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
  /** The first line, of stdout or stderr, past or to come, that holds the text or matches. */
  line(pattern: string | RegExp, timeoutMs?: number): Promise<string>;
  /** Asks again and again until the answer is the awaited one. */
  endpoint(url: string, options?: EndpointOptions): Promise<EndpointAnswer>;
  /** Writes to its stdin; `end` closes it afterwards. */
  write(bytes: string | Uint8Array, end?: boolean): void;
  signal(name: NodeJS.Signals): void;
  exit(timeoutMs?: number): Promise<ProcessEnd>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<ProcessEnd>;
  /** Kills it if it still runs and removes its temporary folder. */
  dispose(): Promise<void>;
}

/** Starts a process in a folder of its own; it never outlives the calling process. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'process-')));
  await writeFiles(folder, options.files ?? {});
  const [program, ...commandLine] = options.command;
  const child = spawn(program, commandLine, { cwd: folder, stdio: 'pipe', ...(options.env && { env: options.env }) });
  const written = { stdout: collect(child.stdout), stderr: collect(child.stderr) };
  const ended = endOf(child, () => ({ stdout: written.stdout(), stderr: written.stderr() }));
  const told = () => `\n--- stdout\n${written.stdout()}\n--- stderr\n${written.stderr()}`;
  const waits = processWaits(written, ended.promise, told);
  child.stdin.on('error', () => undefined); // the process may end before it has read all
  return {
    ...written,
    ...waits,
    pid: child.pid ?? 0,
    folder,
    write(bytes, end = false) {
      if (end) child.stdin.end(bytes);
      else child.stdin.write(bytes);
    },
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      return await ended.promise;
    },
    async dispose() {
      child.kill('SIGKILL');
      await ended.promise;
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

type Written = Pick<RunningProcess, 'stdout' | 'stderr'>;
type Waits = Pick<RunningProcess, 'line' | 'endpoint' | 'exit'>;

function processWaits(written: Written, ended: Promise<ProcessEnd>, told: () => string): Waits {
  let isRunning = true;
  void ended.then(() => {
    isRunning = false;
  });
  /** Looks every few ms; a last look follows the end, for what was written just before it. */
  const poll = async <T>(what: string, timeoutMs: number, look: () => Promise<T | undefined>): Promise<T> => {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const wasRunning = isRunning;
      const found = await look();
      if (found !== undefined) return found;
      if (!wasRunning) throw new Error(`the process ended without ${what}${told()}`);
      if (performance.now() > deadline) throw new Error(`${what} did not come within ${timeoutMs} ms${told()}`);
      await sleep(10);
    }
  };
  return {
    line(pattern, timeoutMs = 30_000) {
      const matches = (line: string) => (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line));
      const look = () => [...completeLines(written.stdout()), ...completeLines(written.stderr())].find(matches);
      return poll(`a line with ${pattern}`, timeoutMs, () => Promise.resolve(look()));
    },
    endpoint(url, { timeoutMs = 30_000, socketPath, until = () => true } = {}) {
      return poll(`the awaited answer of ${url}`, timeoutMs, async () => {
        const answer = await ask(url, socketPath).catch(() => undefined);
        return answer !== undefined && until(answer) ? answer : undefined;
      });
    },
    async exit(timeoutMs = 30_000) {
      return await poll('an end', timeoutMs, () => (isRunning ? Promise.resolve(undefined) : ended));
    },
  };
}

function ask(url: string, socketPath?: string): Promise<EndpointAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { agent: false, timeout: 5_000, ...(socketPath !== undefined && { socketPath }) });
    request.on('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject).end();
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

function completeLines(written: string): string[] {
  return written.split('\n').slice(0, -1);
}

function endOf(
  child: ChildProcess,
  written: () => { stdout: string; stderr: string },
): { promise: Promise<ProcessEnd> } {
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  // A program that does not exist never gets as far as 'close'.
  const failed = once(child, 'error').then(
    ([error]): ProcessEnd => ({ code: 127, signal: null, stdout: '', stderr: String(error) }),
  );
  const closed = new Promise<ProcessEnd>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...written() }));
  });
  const promise = Promise.race([closed, failed]).finally(() => process.off('exit', killWithUs));
  return { promise };
}

async function writeFiles(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}
