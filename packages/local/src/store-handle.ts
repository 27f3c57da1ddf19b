import { dirname } from 'node:path';
import { makeFolder, ProbeError, type Refusal, type Verdict } from '@tailrace/core';
import type { Arrivals } from './record-format.ts';
import { joinStore, type SharedStore, type StoreUser } from './shared-store.ts';
import { StoreRefused, StoreShortOfMemory, ValuesRefused } from './store/open-failure.ts';
import { storePath } from './store-path.ts';

/** What a sink does with its store, which is opened when it is first needed. */
export interface StoreHandle {
  /** Stores nothing once `signal` has aborted: nobody waits for it any more. */
  append(arrivals: Arrivals, signal: AbortSignal): Promise<Verdict>;
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** The store of a sink. */
export function storeHandle(user: StoreUser): StoreHandle {
  const { config, context } = user;
  let joining: Promise<SharedStore> | null = null;
  let isClosed = false;
  let hasLooked = false;

  async function join(): Promise<SharedStore> {
    // Not in `create`: the runner watches the files that are named there.
    const path = storePath(config.path, context.dataDir, context.resolvePath);
    await makeFolder(dirname(path), 0o700);
    return await joinStore(path, user);
  }

  function store(): Promise<SharedStore> {
    // A probe may still be on its way when a short run ends.
    if (isClosed) return Promise.reject(new Error('the sink is closed'));
    joining ??= join().catch((error: Error) => {
      joining = null;
      throw error;
    });
    return joining;
  }

  return {
    async append(arrivals, signal) {
      try {
        const shared = await store();
        const { duplicates, mended, refused } = await shared.use(user, (open) => {
          signal.throwIfAborted();
          return open.append(arrivals);
        });
        context.notReady('store', null);
        if (mended > 0) context.countErrors('half_characters', mended);
        return { kind: 'done', refused: refusals(refused), duplicates };
      } catch (error) {
        const { message } = error as Error;
        if (!signal.aborted) context.notReady('store', error instanceof ValuesRefused ? null : message);
        return verdictOf(error as Error, arrivals.length);
      }
    },
    async probe() {
      try {
        const shared = await store();
        // In a reload a new sink is probed first, while the one before it still works.
        if (hasLooked) await shared.use(user, () => Promise.resolve());
        else await shared.look(user);
        hasLooked = true;
      } catch (error) {
        const { message } = error as Error;
        throw new ProbeError(error instanceof StoreRefused ? 'store_refused' : 'store_failed', message);
      }
    },
    async close() {
      isClosed = true;
      const shared = await joining?.catch(() => null);
      await shared?.leave(user);
    },
  };
}

function verdictOf(error: Error, entries: number): Verdict {
  const { message } = error;
  if (error instanceof StoreRefused) return { kind: 'pause', code: 'store_refused', message };
  if (error instanceof ValuesRefused) return { kind: 'split', code: 'values_refused', message };
  const isTooMuch = error instanceof StoreShortOfMemory && entries > 1;
  return { kind: isTooMuch ? 'split' : 'retry', code: 'store_failed', message };
}

function refusals(refused: ReadonlyMap<number, string>): Refusal[] {
  return Array.from(refused, ([index, message]) => ({ index, retry: false, code: 'record_unreadable', message }));
}
