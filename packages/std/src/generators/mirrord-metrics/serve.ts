import type { IncomingMessage, ServerResponse } from 'node:http';
import { http } from '@tailrace/core';
import { type MirrordMetricsAnswers, type MirrordMetricsFormat, mirrordMetrics } from '../mirrord-metrics.ts';

/** What is served, and where. */
export interface MirrordMetricsServerOptions {
  /** Port on the loopback interface; 0 takes a free one. */
  readonly port: number;
  readonly seed?: string | number;
  /** Default: text 0.0.4, as the operator writes it. */
  readonly format?: MirrordMetricsFormat;
}

/** A running endpoint. */
export interface MirrordMetricsServer {
  /** URL of the exposition. */
  readonly url: string;
  /** What the last scrape said. */
  answers(): MirrordMetricsAnswers;
  close(): Promise<void>;
}

const CONTENT_TYPES: Readonly<Record<MirrordMetricsFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};
/** More than anybody needs; each is made by going through all before it. */
const HIGHEST_SCRAPE = 10_000;

/**
 * Serves the metrics of a mirrord operator at `/metrics`: each request is the next scrape, `?scrape=N` gives the N-th one at will, and
 * `/answers` what the last scrape says. Rejects when the port cannot be had.
 */
export async function serveMirrordMetrics(options: MirrordMetricsServerOptions): Promise<MirrordMetricsServer> {
  const { port, format = 'text', seed = 1 } = options;
  const metrics = mirrordMetrics({ seed });
  const server = http.createServer((request, response) => {
    const { status, type, text } = answer(request, metrics, { format, seed });
    reply(response, status, type, text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/metrics`,
    answers: metrics.answers,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(
  request: IncomingMessage,
  metrics: ReturnType<typeof mirrordMetrics>,
  { format, seed }: { format: MirrordMetricsFormat; seed: string | number },
) {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const plain = { type: 'text/plain; charset=utf-8' };
  if (request.method !== 'GET') return { ...plain, status: 405, text: 'only GET\n' };
  if (url.pathname === '/answers') return { ...plain, status: 200, text: `${JSON.stringify(metrics.answers())}\n` };
  if (url.pathname !== '/metrics') return { ...plain, status: 404, text: 'try /metrics or /answers\n' };
  const type = CONTENT_TYPES[format];
  const wanted = url.searchParams.get('scrape');
  if (wanted === null) return { type, status: 200, text: metrics.next(format) };
  const scrape = /^\d{1,5}$/.test(wanted) ? Number(wanted) : 0;
  if (scrape < 1 || scrape > HIGHEST_SCRAPE)
    return { ...plain, status: 400, text: `scrape has to be a number from 1 to ${HIGHEST_SCRAPE}\n` };
  return { type, status: 200, text: scrapeText(scrape, seed, format) };
}

/** The exposition of the n-th scrape, made anew. */
function scrapeText(scrape: number, seed: string | number, format: MirrordMetricsFormat): string {
  const metrics = mirrordMetrics({ seed });
  for (let k = 1; k < scrape; k++) metrics.next(format);
  return metrics.next(format);
}

function reply(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
