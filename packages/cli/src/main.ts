import { createProgram, exitCodeOf } from './program.ts';

process.exitCode = await createProgram(process.stdout, process.stderr)
  .parseAsync(process.argv)
  .then(
    () => process.exitCode ?? 0,
    (error: unknown) => exitCodeOf(error, process.stderr),
  );
