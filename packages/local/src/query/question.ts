/** What is asked of a store. */
export interface Question {
  /** Of the store's file. */
  readonly path: string;
  readonly sql: string;
  /** Most rows of the answer. */
  readonly rows: number;
  readonly milliseconds: number;
  readonly signal?: AbortSignal;
}
