import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ServerTls, SinkContext } from '@tailrace/core';
import type { FieldColumn } from './field-columns.ts';
import type { LocalConfig } from './options.ts';
import { type Serving, servePage } from './serve-page.ts';
import { isBroken, openFailure, StoreDamaged, StoreRefused } from './store/open-failure.ts';
import { type Retention, startRetention } from './store/retention.ts';
import { setAside } from './store/set-aside.ts';
import type { Store } from './store/store.ts';
import { type Bounds, logBytes } from './store/trim.ts';
import { turns } from './store/turns.ts';

/** A sink as its store knows it. */
export interface StoreUser {
  readonly config: LocalConfig;
  readonly fields: readonly FieldColumn[];
  readonly tls: ServerTls | null;
  readonly context: SinkContext;
}

/** A store that is open for the sinks of one component: in a reload the old one and its successor both use it for a while. */
export interface SharedStore {
  /**
   * Runs work with the store, opened and served as this sink wants it. Rejects with a StoreRefused for what waiting does not
   * help.
   */
  use<T>(user: StoreUser, work: (store: Store) => Promise<T>): Promise<T>;
  /** As `use` without work, but leaves the store as it is while another sink uses it. */
  look(user: StoreUser): Promise<void>;
  /** The last one closes the store. */
  leave(user: StoreUser): Promise<void>;
}

interface Shared extends SharedStore {
  readonly componentId: string;
  join(user: StoreUser): void;
}

/** By path. DuckDB opens a file twice in one process without a word, and then damages it. */
const shared = new Map<string, Shared>();

/** The store at `path` for a sink, which has to leave it; throws a StoreRefused when it is another component's. */
export async function joinStore(path: string, user: StoreUser): Promise<SharedStore> {
  const { componentId } = user.context;
  const key = await realpath(path).catch(async () => join(await realpath(dirname(path)), basename(path)));
  const present = shared.get(key);
  if (present && present.componentId !== componentId) {
    throw new StoreRefused(
      `the sink ${present.componentId} writes to ${path} already: give each sink its own \`path\``,
    );
  }
  const store = present ?? { componentId, ...sharedStore(path, () => shared.delete(key)) };
  shared.set(key, store);
  store.join(user);
  return store;
}

/** The store as it is open for a sink. */
interface Current {
  readonly user: StoreUser;
  readonly store: Store;
  readonly serving: Serving;
  readonly retention: Retention;
}

function sharedStore(path: string, closed: () => void): Omit<Shared, 'componentId'> {
  const inTurn = turns();
  const users = new Set<StoreUser>();
  let current: Current | null = null;

  async function close(): Promise<void> {
    const closing = current;
    current = null;
    await closing?.serving.close();
    await closing?.retention.stop();
    await closing?.store.close();
  }

  async function ready(user: StoreUser): Promise<Store> {
    if (current?.user === user) return current.store;
    if (!users.has(user)) throw new Error('the sink is closed');
    await close();
    const store = await openOrReplace(path, user);
    const retention = startRetention(store, boundsOf(user.config), user.context);
    current = { user, store, serving: servePage(store, user), retention };
    return store;
  }

  return {
    join: (user) => void users.add(user),
    use: (user, work) =>
      inTurn(async () => {
        const store = await ready(user);
        try {
          return await work(store);
        } catch (error) {
          const failure = openFailure(error, path);
          if (isBroken(error)) await close();
          if (failure instanceof StoreDamaged) await replace(path, user, failure);
          throw failure;
        }
      }),
    look: (user) =>
      inTurn(async () => {
        if (!current) await ready(user);
      }),
    leave: (user) =>
      inTurn(async () => {
        users.delete(user);
        if (current?.user === user) await close();
        // Another one may have come meanwhile.
        if (users.size === 0) closed();
      }),
  };
}

async function openOrReplace(path: string, user: StoreUser): Promise<Store> {
  try {
    return await open(path, user);
  } catch (error) {
    const failure = openFailure(error, path);
    if (!(failure instanceof StoreDamaged)) throw failure;
    await replace(path, user, failure);
    return await open(path, user);
  }
}

function boundsOf({ retention }: LocalConfig): Bounds {
  return { maxAge: retention.max_age, maxBytes: retention.max_bytes };
}

async function open(path: string, { config, fields, context }: StoreUser): Promise<Store> {
  // Not before it is needed: DuckDB is heavy, and a plugin has no side effects until it runs.
  const { openStore } = await import('./store/store.ts');
  return await openStore({
    path,
    fields,
    memoryLimit: config.memory_limit,
    threads: config.threads,
    logBytes: logBytes(boundsOf(config)),
    log: context.log,
  });
}

async function replace(path: string, { context }: StoreUser, { message }: StoreDamaged): Promise<void> {
  const name = await setAside(path);
  context.countErrors('store_damaged', 1);
  const details = { component: context.componentId, path, setAside: name, reason: message };
  context.log.error(details, `${path} is damaged and was set aside as ${name}; a new store is begun`);
}
