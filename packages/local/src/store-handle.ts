import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ProbeError, type Refusal, type SinkContext, type Verdict } from '@tailrace/core';
import type { FieldColumn } from './field-columns.ts';
import type { LocalConfig } from './options.ts';
import type { Arrivals } from './record-format.ts';
import type { Store } from './store/store.ts';

/** What a sink does with its store, which is opened when it is first needed. */
export interface StoreHandle {
  append(arrivals: Arrivals): Promise<Verdict>;
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** The store of a sink with these options. */
export function storeHandle(config: LocalConfig, fields: readonly FieldColumn[], context: SinkContext): StoreHandle {
  let opening: Promise<Store> | null = null;

  async function open(): Promise<Store> {
    // Not before it is needed: DuckDB is heavy, and a plugin has no side effects until it runs.
    const { openStore } = await import('./store/store.ts');
    // Not in `create`: the runner watches the files that are named there.
    const path = config.path === undefined ? join(context.dataDir, 'store.duckdb') : context.resolvePath(config.path);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await openStore({ path, fields, memoryLimit: config.memory_limit, threads: config.threads });
  }

  function store(): Promise<Store> {
    opening ??= open().catch((error: Error) => {
      opening = null;
      throw error;
    });
    return opening;
  }

  return {
    async append(arrivals) {
      try {
        const { duplicates, unreadable, refused } = await (await store()).append(arrivals);
        context.notReady('store', null);
        if (unreadable > 0) context.countErrors('columns_empty', unreadable);
        return { kind: 'done', refused: refusals(refused), duplicates };
      } catch (error) {
        const { message } = error as Error;
        context.notReady('store', message);
        return { kind: 'retry', code: 'store_failed', message };
      }
    },
    async probe() {
      try {
        await store();
      } catch (error) {
        throw new ProbeError('store_failed', (error as Error).message);
      }
    },
    async close() {
      await (await opening)?.close();
    },
  };
}

function refusals(refused: ReadonlyMap<number, string>): Refusal[] {
  return Array.from(refused, ([index, message]) => ({ index, retry: false, code: 'record_unreadable', message }));
}
