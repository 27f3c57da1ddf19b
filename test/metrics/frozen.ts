import { createServer } from 'node:http';
import { listenOnLoopback } from '@tailrace/testkit';

/** One answer of a real endpoint, kept. */
export interface Frozen {
  readonly type: string;
  readonly body: string;
}

/** Serves kept answers, so that several scrapers read the very same scrape; 503 until there is one. */
export interface FrozenServer {
  readonly port: number;
  /** Asks an endpoint once, for OpenMetrics or text, and serves its answer at `/<name>` from then on. */
  freeze(name: string, url: string, accept: string): Promise<Frozen>;
  stop(): Promise<void>;
}

/** Starts with nothing to serve. */
export async function frozenServer(): Promise<FrozenServer> {
  const kept = new Map<string, Frozen>();
  const server = createServer((request, response) => {
    const found = kept.get((request.url ?? '/').slice(1));
    if (found) response.writeHead(200, { 'content-type': found.type }).end(found.body);
    else response.writeHead(503).end();
  });
  const { port, stop } = await listenOnLoopback(server);
  return {
    port,
    stop,
    async freeze(name, url, accept) {
      const answer = await fetch(url, { headers: { accept } });
      if (answer.status !== 200) throw new Error(`${url}: status ${answer.status}`);
      const frozen = { type: answer.headers.get('content-type') ?? 'text/plain', body: await answer.text() };
      kept.set(name, frozen);
      return frozen;
    },
  };
}
