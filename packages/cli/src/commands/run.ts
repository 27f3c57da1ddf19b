import { createLog, runPipeline, summaryText } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { load, problemsText } from '../pipeline.ts';
import { version } from '../version.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** `tailrace run`: until a signal or, with `once`, the end of the input. The second signal ends it at once. */
export async function runCommand(
  files: readonly string[],
  once: boolean,
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
): Promise<number> {
  const { config, problems } = await load(files);
  if (!config) {
    stderr.write(problemsText(problems));
    return EXIT.config;
  }
  // A sink that writes there hears of the closed pipe itself; without a listener the process would die of it first.
  stdout.on('error', () => undefined);
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(EXIT.failed);
    stderr.write(`tailrace: ${signal}, delivering what is under way; once more ends at once\n`);
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const log = await createLog(config.settings.log.level);
    const options = { once, stop: stop.signal, log, version: version(), env: process.env };
    const summary = await runPipeline(config, options);
    stderr.write(summaryText(summary));
    return summary.ok ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (isBug(error)) throw error;
    stderr.write(`tailrace: cannot start: ${(error as Error).message}\n`);
    return EXIT.unavailable;
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** What the language itself throws is a bug of ours; all else says why the pipeline cannot start on this machine. */
function isBug(error: unknown): boolean {
  const kinds = [TypeError, RangeError, ReferenceError, SyntaxError];
  return !(error instanceof Error) || kinds.some((kind) => error instanceof kind);
}
