/**
 * Runs pipelines/mirrord/local.yaml until Ctrl-C and says where its page is. With `--once`, or where `CI` is set, it takes what is
 * there, prints the summary and ends. `--open` opens the page in the browser.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createProgram, exitCodeOf } from '../packages/cli/src/program.ts';
import { pageAddress } from './start/page-address.ts';
import { welcome } from './start/welcome.ts';

const pipeline = path.resolve(import.meta.dirname, '../pipelines/mirrord/local.yaml');

/** What the command ends with when its data_dir is in use (sysexits.h, EX_TEMPFAIL). */
const CANNOT_START = 75;

async function start(): Promise<number> {
  const { once, open } = options();
  // Nobody looks at a page that ends with its data, and a taken port must not matter.
  const address = once ? '127.0.0.1:0' : (process.env['PAGE_ADDRESS'] ?? (await pageAddress()));
  process.env['PAGE_ADDRESS'] = address;
  // The pipeline would take it from its own folder on, where nobody stands.
  const folder = process.env['DATA_DIR'] ?? '';
  if (folder === '') delete process.env['DATA_DIR'];
  else process.env['DATA_DIR'] = path.resolve(folder);
  const ended = new AbortController();
  const said = once
    ? undefined
    : welcome(`http://${address}/`, { stdout: process.stdout, opens: open, signal: ended.signal });
  const program = createProgram(process.stdout, process.stderr);
  const code = await program.parseAsync(['run', ...(once ? ['--once'] : []), pipeline], { from: 'user' }).then(
    () => Number(process.exitCode ?? 0),
    (error: unknown) => exitCodeOf(error, process.stderr),
  );
  ended.abort();
  await said;
  if (code === CANNOT_START)
    process.stderr.write('start: does it run already in another terminal? Its page is there.\n');
  return code;
}

function options(): { once: boolean; open: boolean } {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, open: { type: 'boolean', default: false } },
  });
  return { ...values, once: values.once || (process.env['CI'] ?? '') !== '' };
}

process.exitCode = await start().catch((error: Error) => {
  process.stderr.write(`start: ${error.message}\n`);
  return CANNOT_START;
});
