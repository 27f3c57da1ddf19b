/** Events that are not in the store yet, with the numbers of their streams; all lists have `length` entries. */
export interface PlacedRows {
  readonly length: number;
  readonly stream: readonly number[];
  readonly offset: readonly number[];
  readonly end: readonly number[];
  readonly sub: readonly number[];
  /** Event time in microseconds since 1970. */
  readonly micros: readonly number[];
  readonly payloads: readonly Uint8Array[];
  /** Microseconds since 1970 at which they came. */
  readonly received: number;
}
