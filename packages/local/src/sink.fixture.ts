import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SinkRun, sinkRun } from '@tailrace/testkit';
import { local } from './sink.ts';
import { openInstance } from './store/open-instance.ts';

/** A temporary folder with sinks that write into it. */
export interface SinkBench {
  readonly folder: string;
  /** Without options a store without a page, which keeps what has no time and so is of 1970. */
  create(options?: object): Promise<SinkRun>;
  close(run: SinkRun): Promise<void>;
  /** Rows of a store that nobody has open. */
  rows(sql: string, file?: string): Promise<unknown[][]>;
  /** Writes a field file; gives its name. */
  fields(types: Readonly<Record<string, string>>, name?: string): Promise<string>;
  end(): Promise<void>;
}

export const KEPT = { retention: { max_age: '99999d' } };
export const NO_PAGE = { ...KEPT, page: { enabled: false } };
/** The verdict of a body that was stored whole. */
export const DONE = { kind: 'done', refused: [], duplicates: 0 };

/** A bench of its own. */
export async function sinkBench(): Promise<SinkBench> {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-local-'));
  const runs = new Set<SinkRun>();
  return {
    folder,
    async create(options = NO_PAGE) {
      const run = await sinkRun(local, options, folder);
      runs.add(run);
      return run;
    },
    async close(run) {
      runs.delete(run);
      await run.sink.close?.();
    },
    async rows(sql, file = 'store.duckdb') {
      const instance = await openInstance({ path: join(folder, file), memoryLimit: 128 * 1024 ** 2, threads: 1 });
      try {
        const connection = await instance.connect();
        return (await connection.runAndReadAll(sql)).getRowsJson() as unknown[][];
      } finally {
        instance.closeSync();
      }
    },
    async fields(types, name = 'fields.yaml') {
      const declared = Object.fromEntries(Object.entries(types).map(([field, type]) => [field, { type }]));
      await writeFile(join(folder, name), JSON.stringify({ version: 1, fields: declared }));
      return name;
    },
    async end() {
      await Promise.all([...runs].map(({ sink }) => sink.close?.()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
