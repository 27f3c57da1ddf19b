import { fileURLToPath } from 'node:url';
import { type ProcessEnd, type RunningProcess, startProcess } from '@tailrace/testkit';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** How the command is started. */
export interface TailraceOptions {
  /** Written into the working folder first, `{ 'pipeline.yaml': '…' }`. */
  files?: Record<string, string | Uint8Array>;
  /** The working folder; give that of an earlier run to go on with its `data_dir`. Default a temporary one. */
  folder?: string;
  /** Added to `PATH`, `HOME` and `TMPDIR`, all that is handed on otherwise: what is set here must not decide a test. */
  env?: Record<string, string>;
  /** Leave `dispose()` to the caller, as `beforeAll` must. Default: disposed of when the running test has finished. */
  keep?: boolean;
}

/** Starts the real command from the sources, `startTailrace(['run', 'pipeline.yaml'], { files })`. */
export async function startTailrace(commandLine: string[], options: TailraceOptions = {}): Promise<RunningProcess> {
  const running = await startProcess({
    command: [process.execPath, '--conditions=source', main, ...commandLine],
    ...(options.files && { files: options.files }),
    ...(options.folder !== undefined && { folder: options.folder }),
    env: { ...handedOn(), ...options.env },
  });
  if (!options.keep) onTestFinished(() => running.dispose());
  return running;
}

/** Runs the command to its end, at most `timeoutMs`. */
export async function runTailrace(
  commandLine: string[],
  options: TailraceOptions = {},
  timeoutMs = 60_000,
): Promise<ProcessEnd> {
  const running = await startTailrace(commandLine, options);
  return await running.exit(timeoutMs);
}

function handedOn(): Record<string, string> {
  const names = ['PATH', 'HOME', 'TMPDIR'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
