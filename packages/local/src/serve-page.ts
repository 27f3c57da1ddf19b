import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from './api/server.ts';
import type { StoreUser } from './shared-store.ts';
import type { Store } from './store/store.ts';
import { version } from './version.ts';

/** The API over a store, which listens as soon as it can. */
export interface Serving {
  close(): Promise<void>;
}

const AGAIN_MS = 1000;

/** Serves the page and the store's socket; while it cannot listen (the address is taken), /readyz says so, and it tries again. */
export function servePage(store: Store, user: StoreUser): Serving {
  const stop = new AbortController();
  const listening = listen(store, user, stop.signal);
  return {
    async close() {
      stop.abort();
      await (await listening)?.close();
    },
  };
}

async function listen(store: Store, user: StoreUser, stop: AbortSignal): Promise<ApiServer | null> {
  const { context } = user;
  let server: ApiServer | null = null;
  while (!stop.aborted) {
    try {
      // The store's socket works while the page's address is taken.
      server ??= await serve(store, user);
      await openPage(server, user);
      context.notReady('page', null);
      return server;
    } catch (error) {
      if (!stop.aborted) context.notReady('page', (error as Error).message);
    }
    await sleep(AGAIN_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  return server;
}

async function openPage(server: ApiServer, { config: { page }, tls, context }: StoreUser): Promise<void> {
  if (!page.enabled) return;
  const token = page.token ?? null;
  const address = await server.openPage({ address: page.address, token, tls, allowedHosts: page.allowed_hosts });
  const asks = token === null ? '' : ' (asks for the token: open it once with ?token=…)';
  context.log.info({ component: context.componentId, address }, `page: ${address}${asks}`);
}

async function serve(store: Store, { context }: StoreUser): Promise<ApiServer> {
  const { serveApi } = await import('./api/server.ts');
  return await serveApi({
    store,
    socketPath: `${store.path}.sock`,
    component: context.componentId,
    version: version(),
    log: context.log,
  });
}
