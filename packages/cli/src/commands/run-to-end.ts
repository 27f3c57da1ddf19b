import { EXIT } from '../exit-codes.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** A pipeline run that signals stop. */
export interface Stopping {
  readonly signal: AbortSignal;
  /** Signals do again what they do to any process. */
  end(): void;
}

/** Stops a pipeline on the first signal; the second one ends the process at once. */
export function stopOnSignals(stderr: NodeJS.WritableStream): Stopping {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(EXIT.failed);
    stderr.write(`tailrace: ${signal}, delivering what is under way; once more ends at once\n`);
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    signal: stop.signal,
    end() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

/** What the language itself throws is a bug of ours; all else says why the pipeline cannot start on this machine. */
export function isBug(error: unknown): boolean {
  const kinds = [TypeError, RangeError, ReferenceError, SyntaxError];
  return !(error instanceof Error) || kinds.some((kind) => error instanceof kind);
}
