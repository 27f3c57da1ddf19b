import { createProgram, exitCodeOf } from './program.ts';

// Nobody reads the messages any more: no reason to stop what is running.
process.stderr.on('error', () => undefined);

process.exitCode = await createProgram(process.stdout, process.stderr)
  .parseAsync(process.argv)
  .then(
    () => process.exitCode ?? 0,
    (error: unknown) => exitCodeOf(error, process.stderr),
  );
