import { createLog, printProblem, runPipeline, summaryText } from '@tailrace/runner';
import { EXIT } from '../exit-codes.ts';
import { load, problemsText } from '../pipeline.ts';
import { version } from '../version.ts';
import { processReloads } from './run-reloads.ts';
import { isBug, stopOnSignals } from './run-to-end.ts';

/** How `tailrace run` was called. */
export interface RunCommandOptions {
  /** Read what is there and end; nothing is reloaded then. */
  readonly once: boolean;
  /** Reload when a file of the pipeline changes. */
  readonly watch: boolean;
}

/** `tailrace run`: until a signal or, with `once`, the end of the input. The second signal ends it at once; SIGHUP reloads. */
export async function runCommand(
  files: readonly string[],
  { once, watch }: RunCommandOptions,
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
): Promise<number> {
  const loaded = await load(files);
  const { config, problems, warnings } = loaded;
  if (!config) {
    stderr.write(problemsText(problems));
    return EXIT.config;
  }
  // A sink that writes there hears of the closed pipe itself; without a listener the process would die of it first.
  stdout.on('error', () => undefined);
  const stopping = stopOnSignals(stderr);
  const reloads = once ? null : processReloads(files, watch, loaded);
  try {
    const log = await createLog(config.settings.log.level);
    for (const warning of warnings) log.warn({}, printProblem(warning));
    const options = {
      ...{ once, stop: stopping.signal, log, version: version(), env: process.env },
      ...(reloads && { reloads }),
    };
    const summary = await runPipeline(config, options);
    stderr.write(summaryText(summary));
    return summary.ok ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (isBug(error)) throw error;
    stderr.write(`tailrace: cannot start: ${(error as Error).message}\n`);
    return EXIT.unavailable;
  } finally {
    stopping.end();
    reloads?.end();
  }
}
