import { type MirrordMetricsFormat, mirrordMetrics, serveMirrordMetrics } from '@tailrace/std';
import { EXIT } from '../exit-codes.ts';
import { write } from '../output.ts';
import type { Streams } from './dead-letters.ts';

/** What to generate; with a `port` it is served until a signal. */
export interface GenerateMetricsOptions {
  readonly port?: number;
  readonly scrape: number;
  readonly seed: string;
  readonly answers?: boolean;
  readonly openmetrics?: boolean;
}

/** `tailrace generate mirrord-metrics`: an exposition, the answers to it, or an endpoint that serves one after the other. */
export async function generateMetricsCommand(options: GenerateMetricsOptions, streams: Streams): Promise<number> {
  const { port, scrape, seed, answers = false } = options;
  const format: MirrordMetricsFormat = options.openmetrics ? 'openmetrics' : 'text';
  if (port !== undefined) return await serve({ port, seed, format }, streams);
  const metrics = mirrordMetrics({ seed });
  let text = '';
  for (let k = 0; k < scrape; k++) text = metrics.next(format);
  await write(streams.stdout, answers ? `${JSON.stringify(metrics.answers(), null, 2)}\n` : text);
  return EXIT.ok;
}

async function serve(
  options: { port: number; seed: string; format: MirrordMetricsFormat },
  { stdout, stderr }: Streams,
): Promise<number> {
  try {
    const server = await serveMirrordMetrics(options);
    await write(stdout, `${server.url}\n`);
    await untilSignal();
    await server.close();
    return EXIT.ok;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    stderr.write(`tailrace: cannot listen on 127.0.0.1:${options.port}: ${(error as Error).message}\n`);
    return EXIT.unavailable;
  }
}

/** The second signal does what it does to any process. */
function untilSignal(): Promise<void> {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  return new Promise((resolve) => {
    const onSignal = (): void => {
      for (const signal of signals) process.off(signal, onSignal);
      resolve();
    };
    for (const signal of signals) process.on(signal, onSignal);
  });
}
