import type { RequestListener, Server } from 'node:http';
import type { Log, Secret, ServerTls } from '@tailrace/core';
import { library } from '@tailrace/dashboards';
import { isLoopback, parseAddress, urlOf } from './address.ts';
import { keepAnswers } from './answers.ts';
import { tellChanges } from './changes.ts';
import { createHandler, type Desk } from './handle.ts';
import { closed, limitedServer, listening } from './listen.ts';
import { allowedHosts } from './origin.ts';
import { createOutbox } from './outbox.ts';
import { pageFiles } from './page-files.ts';
import { followRevisions } from './revisions.ts';
import type { StoreReader } from './store-reader.ts';
import { tokenGate } from './token.ts';
import { listenOnSocket } from './unix-socket.ts';

/** How the page is served. */
export interface PageOptions {
  /** `127.0.0.1:9600`; port 0 takes any. */
  readonly address: string;
  /** Needed for addresses that other machines can reach. */
  readonly token: Secret | null;
  readonly tls: ServerTls | null;
  /** Names of the host, besides those of loopback and the address itself. */
  readonly allowedHosts: readonly string[];
}

export interface ApiOptions {
  readonly store: StoreReader;
  /** Where the owner of the store's file can ask without a token. */
  readonly socketPath: string;
  readonly component: string;
  /** Of tailrace. */
  readonly version: string;
  readonly log: Log;
}

/** A server that runs. */
export interface ApiServer {
  /** Listens at the page's address and gives its URL; rejects with a sentence when it cannot, and may be called again then. */
  openPage(page: PageOptions): Promise<string>;
  close(): Promise<void>;
}

/** Serves the API on the store's socket; rejects with a sentence when it cannot listen there. */
export async function serveApi({ store, socketPath, component, version, log }: ApiOptions): Promise<ApiServer> {
  const revisions = followRevisions(store);
  const context = { store, revisions, dashboards: library, component, version };
  const changes = tellChanges(context);
  const desk: Desk = { context, answers: keepAnswers(), changes, outbox: createOutbox(), log };
  const socketServer = limitedServer(createHandler({ hosts: null, gate: null, page: null }, desk), null);
  const leaveSocket = await listenOnSocket(socketServer, socketPath).catch((error: Error) => {
    changes.close();
    revisions.close();
    throw error;
  });
  const servers = [socketServer];
  return {
    async openPage(page) {
      const { server, url } = await servePage(page, desk);
      servers.push(server);
      return url;
    },
    async close() {
      changes.close();
      revisions.close();
      await leaveSocket();
      await Promise.all(servers.splice(0).map(closed));
    },
  };
}

async function servePage(page: PageOptions, desk: Desk): Promise<{ server: Server; url: string }> {
  const { address, token, tls, allowedHosts: more } = page;
  const where = parseAddress(address);
  if (where === undefined) throw new Error(`page.address: must be host:port, is ${JSON.stringify(address)}`);
  if (!isLoopback(where.host) && token === null)
    throw new Error(`page.address ${address} can be reached by other machines: set page.token, or listen on 127.0.0.1`);
  // The cookie's name has the port in it, which is known when it listens.
  let handle: RequestListener = (_request, response) => response.destroy();
  const server = limitedServer((request, response) => handle(request, response), tls);
  try {
    await listening(server, where);
  } catch (error) {
    throw new Error(explain(error as NodeJS.ErrnoException, address));
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : where.port;
  const gate = token === null ? null : tokenGate(token, port, tls !== null);
  handle = createHandler({ hosts: allowedHosts(where.host, more), gate, page: pageFiles() }, desk);
  return { server, url: urlOf({ host: where.host, port }, tls !== null) };
}

function explain(error: NodeJS.ErrnoException, address: string): string {
  if (error.code === 'EADDRINUSE')
    return `page.address ${address} is in use: stop what listens there, or set another address`;
  return `page.address ${address} cannot be listened on: ${error.message}`;
}
