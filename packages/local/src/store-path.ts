import { join } from 'node:path';

/** Where the store of a `local` sink is; `resolve` makes a path of the pipeline file absolute. */
export function storePath(path: string | undefined, dataDir: string, resolve: (path: string) => string): string {
  return path === undefined ? join(dataDir, 'store.duckdb') : resolve(path);
}
