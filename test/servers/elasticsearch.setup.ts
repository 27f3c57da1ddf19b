import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
// By path: vitest's own process does not follow the `source` condition and would take a stale dist.
import {
  type Elasticsearch,
  type ElasticsearchFlavor,
  installElasticsearch,
  listenOnLoopback,
  startElasticsearch,
} from '../../packages/testkit/src/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    elasticsearchDesk: string;
    elasticsearchFlavor: ElasticsearchFlavor;
  }
}

/** What the desk answers: `/install/<flavour>` gives `{ reason? }`, `/shared` gives `{ url }` or `{ reason }`. */
export interface DeskAnswer {
  url?: string;
  reason?: string;
}

const kit = fileURLToPath(new URL('elasticsearch/elasticsearch.sh', import.meta.url));

/** The server that all suites of this run are tried against; the kit refuses a name that it does not know. */
const flavor = (process.env['SEARCH_SERVER_FLAVOR'] ?? 'es8') as ElasticsearchFlavor;

/**
 * Opens a desk in vitest's own process where test files ask for the node they share. The first that asks pays the boot;
 * a run in which none asks pays nothing.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let node: Promise<Elasticsearch> | undefined;
  const installed = new Map<string, Promise<string | undefined>>();
  const install = async (wanted: ElasticsearchFlavor): Promise<DeskAnswer> => {
    const attempt = installed.get(wanted) ?? installElasticsearch(kit, wanted);
    installed.set(wanted, attempt);
    const reason = await attempt;
    return reason === undefined ? {} : { reason };
  };
  const shared = async (): Promise<DeskAnswer> => {
    node ??= startElasticsearch({ kit, flavor });
    return { url: (await node).url };
  };
  const server = createServer((request, response) => {
    const wanted = (request.url ?? '').slice('/install/'.length) as ElasticsearchFlavor;
    const answer = request.url === '/shared' ? shared() : install(wanted);
    void answer
      .catch((error: unknown): DeskAnswer => ({ reason: String(error) }))
      .then((body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)));
  });
  const desk = await listenOnLoopback(server);
  project.provide('elasticsearchFlavor', flavor);
  project.provide('elasticsearchDesk', `http://127.0.0.1:${desk.port}`);
  return async () => {
    await desk.stop();
    await node?.then((running) => running.stop()).catch(() => undefined);
  };
}
