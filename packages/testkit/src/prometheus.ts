import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './listen.ts';
import { startServerProcess } from './server-process.ts';

/** How a Prometheus is started; `program` is what the kit script installed. */
export interface PrometheusOptions {
  program: string;
  /** `scrape_configs` of its configuration, as they are there. Default none. */
  scrape?: object[];
  /** Between two scrapes, default `1s`. */
  interval?: string;
  /** What is in its database from the beginning, as OpenMetrics text with times; `promtool` beside the program puts it there. */
  past?: string;
}

/** A series and its value at one time: Unix seconds, and the number as Prometheus prints it. */
export interface PrometheusSample {
  metric: Record<string, string>;
  value: [seconds: number, text: string];
}

/** A running Prometheus with a database of its own. */
export interface Prometheus {
  /** `http://127.0.0.1:PORT`; its own metrics are at `/metrics`. */
  url: string;
  /** Evaluates an expression that gives an instant vector, now or at `time` in Unix seconds. */
  query(expression: string, time?: number): Promise<PrometheusSample[]>;
  /** Ends it and forgets its data. */
  stop(): Promise<void>;
}

/** Starts Prometheus on a free loopback port, 1 to 3 s; throws with its log when it does not come up. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const data = await mkdtemp(join(tmpdir(), 'prometheus-data-'));
  const forget = () => rm(data, { recursive: true, force: true });
  const running = await startOn(data, options).catch(async (error: unknown) => {
    await forget();
    throw error;
  });
  return {
    ...running,
    async stop() {
      await running.stop();
      await forget();
    },
  };
}

async function startOn(data: string, options: PrometheusOptions): Promise<Prometheus> {
  if (options.past !== undefined) await backfill(options.program, data, options.past);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configuration = {
    global: { scrape_interval: options.interval ?? '1s', scrape_timeout: options.interval ?? '1s' },
    scrape_configs: options.scrape ?? [],
  };
  const running = await startServerProcess({
    command: [
      options.program,
      '--config.file=prometheus.json',
      `--storage.tsdb.path=${join(data, 'blocks')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    files: { 'prometheus.json': JSON.stringify(configuration) },
  });
  await running.endpoint(`${url}/-/ready`, { until: ({ status }) => status === 200 }).catch(async (error: unknown) => {
    await running.dispose();
    throw error;
  });
  return {
    url,
    query: (expression, time) => query(url, expression, time),
    stop: () => running.dispose(),
  };
}

/** Blocks of the past, as https://prometheus.io/docs/prometheus/latest/storage/#backfilling-from-openmetrics-format says. */
async function backfill(program: string, data: string, past: string): Promise<void> {
  const file = join(data, 'past.txt');
  await writeFile(file, past);
  const command = ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, join(data, 'blocks')];
  await promisify(execFile)(join(dirname(program), 'promtool'), command);
  await rm(file);
}

async function query(url: string, expression: string, time?: number): Promise<PrometheusSample[]> {
  const parameters = new URLSearchParams({ query: expression, ...(time !== undefined && { time: String(time) }) });
  const response = await fetch(`${url}/api/v1/query?${parameters}`);
  const answer = (await response.json()) as { error?: string; data?: { result: PrometheusSample[] } };
  if (answer.data === undefined) throw new Error(`Prometheus refused ${expression}: ${answer.error}`);
  return answer.data.result;
}
