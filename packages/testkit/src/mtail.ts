import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './listen.ts';
import { startServerProcess } from './server-process.ts';

/** How an mtail is started; `program` is what the kit script installed. */
export interface MtailOptions {
  program: string;
  /** Its programs, one or more, by file name: `{ 'lines.mtail': 'counter lines_total\n/$/ { lines_total++ }' }`. */
  programs: Record<string, string>;
}

/** A running mtail. */
export interface Mtail {
  /** `http://127.0.0.1:PORT`; the metrics are at `/metrics`. */
  url: string;
  /** Appends to the log it tails; it looks every 100 ms. */
  append(text: string): Promise<void>;
  /** Ends it and forgets its log. */
  stop(): Promise<void>;
}

/** Starts mtail on a free loopback port; throws with what it said when it does not come up. */
export async function startMtail({ program, programs }: MtailOptions): Promise<Mtail> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const written = Object.entries(programs).map(([name, text]) => [`programs/${name}`, text]);
  const running = await startServerProcess({
    command: [
      program,
      ...['--progs', 'programs', '--logs', 'input.log', '--address', '127.0.0.1', '--port', String(port)],
      ...['--logtostderr', '--poll_interval', '100ms', '--poll_log_interval', '100ms', '--override_timezone', 'UTC'],
    ],
    files: { ...Object.fromEntries(written), 'input.log': '' },
  });
  await running.endpoint(`${url}/metrics`).catch(async (error: unknown) => {
    await running.dispose();
    throw error;
  });
  return {
    url,
    append: (text) => appendFile(join(running.folder, 'input.log'), text),
    stop: () => running.dispose(),
  };
}
