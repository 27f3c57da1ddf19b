import type { SqlValue } from '@tailrace/dashboards';

/** How much is in the store; times are Unix milliseconds of log events, null while there is none. */
export interface StoreNumbers {
  readonly logs: number;
  readonly metrics: number;
  readonly traces: number;
  readonly first: number | null;
  readonly last: number | null;
  /** On the disk. */
  readonly bytes: number;
}

/** All that the API needs of a store. */
export interface StoreReader {
  /** Declared columns of `logs` with their types. */
  readonly fields: Readonly<Record<string, string>>;
  /** Rises with every commit. */
  readonly revision: number;
  /** Calls after each commit; gives what ends it. */
  onChange(listener: () => void): () => void;
  /** Cheap: kept in memory. */
  counts(): StoreNumbers;
  /** One read statement; rejects with an error that has a `code` and a message for the one who asked. */
  read(
    sql: string,
    limits: {
      readonly rows: number;
      readonly milliseconds: number;
      readonly signal?: AbortSignal;
      /** Written by the product itself, values in it quoted. */
      readonly isOwn?: boolean;
    },
  ): Promise<{
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    readonly rows: readonly (readonly SqlValue[])[];
    readonly truncated: boolean;
    readonly milliseconds: number;
  }>;
}
