import module from 'node:module';
import { compileCacheFolder } from './compile-cache.ts';
import { EXIT } from './exit-codes.ts';

// Nobody reads the messages any more: no reason to stop what is running.
process.stderr.on('error', () => undefined);
// Nor one to say more than was wanted: `tailrace --help | head -1`. What must know of it hears of it from its own write.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

// Older ones read the files but lack what they call.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `tailrace needs Node.js 22.18 or newer; this is ${process.version} (${process.execPath}). In the repository, \`npx -y pnpm@12 tailrace …\` brings its own.\n`,
  );
  process.exit(EXIT.unavailable);
}
// Before anything else is loaded: what is compiled once need not be compiled at the next start.
const folder = compileCacheFolder(process.env);
if (folder !== undefined) module.enableCompileCache(folder);
const { createProgram, exitCodeOf } = await import('./program.ts');
process.exitCode = await createProgram(process.stdout, process.stderr)
  .parseAsync(process.argv)
  .then(
    () => process.exitCode ?? 0,
    (error: unknown) => exitCodeOf(error, process.stderr),
  );
