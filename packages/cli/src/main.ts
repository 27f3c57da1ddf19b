import { EXIT } from './exit-codes.ts';
import { createProgram, exitCodeOf } from './program.ts';

// Nobody reads the messages any more: no reason to stop what is running.
process.stderr.on('error', () => undefined);

// Older ones read the files but lack what they call.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `tailrace needs Node.js 22.18 or newer; this is ${process.version} (${process.execPath}). In the repository, \`npx -y pnpm@12 tailrace …\` brings its own.\n`,
  );
  process.exit(EXIT.unavailable);
}
process.exitCode = await createProgram(process.stdout, process.stderr)
  .parseAsync(process.argv)
  .then(
    () => process.exitCode ?? 0,
    (error: unknown) => exitCodeOf(error, process.stderr),
  );
