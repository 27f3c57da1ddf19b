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
  for (;;) {
    try {
      const server = await serve(store, user);
      context.notReady('page', null);
      if (server.address !== null)
        context.log.info({ component: context.componentId, address: server.address }, said(server.address, user));
      return server;
    } catch (error) {
      if (stop.aborted) return null;
      context.notReady('page', (error as Error).message);
    }
    const isStopped = await sleep(AGAIN_MS, false, { signal: stop }).catch(() => true);
    if (isStopped) return null;
  }
}

function said(address: string, { config: { page } }: StoreUser): string {
  return `page: ${address}${page.token === undefined ? '' : ' (asks for the token: open it once with ?token=…)'}`;
}

async function serve(store: Store, { config: { page }, tls, context }: StoreUser): Promise<ApiServer> {
  const { serveApi } = await import('./api/server.ts');
  return await serveApi({
    store,
    page: page.enabled
      ? { address: page.address, token: page.token ?? null, tls, allowedHosts: page.allowed_hosts }
      : null,
    socketPath: `${store.path}.sock`,
    component: context.componentId,
    version: version(),
    log: context.log,
  });
}
