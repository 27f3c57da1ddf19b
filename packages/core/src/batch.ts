import type { Lineage } from './lineage.ts';

/** The kinds of telemetry; an edge of a pipeline carries one. */
export type Signal = 'logs' | 'metrics' | 'traces';

/** The signals of a declaration as a list. */
export function signalsOf(declared: Signal | readonly Signal[]): readonly Signal[] {
  return typeof declared === 'string' ? [declared] : declared;
}

/**
 * One generation of an input: a file between its creation (or truncation) and its end, a connection, a run of stdin.
 * Its id is drawn once and stored before its first event leaves; it never comes from content, because equal lines are different events.
 */
export interface Stream {
  /** 16 characters (96 bits, base64url). */
  readonly id: string;
  /** Component id of the source. */
  readonly source: string;
  /** What a person knows it by: a file's path, `stdin`. */
  readonly label: string;
  /** Unix seconds when this generation was first seen: the index time of events that bring none of their own. */
  readonly firstSeen: number;
  /** Events below this offset may have been sent before this process started, so finding them already stored is expected. */
  readonly replayBelow: number;
}

/** Where an event was read. Offsets are bytes in the stream (decompressed), or a count where a stream has no bytes. */
export interface Position {
  readonly stream: Stream;
  readonly offset: number;
  readonly end: number;
  /** Distinguishes events derived from one input. */
  readonly sub: number;
}

/** A stored form of consecutive events of a batch. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly events: number;
}

/**
 * What flows over an edge. The runner, the queue, the retry and the ledger know only this; logs, metrics and traces each bring a
 * class of their own.
 */
export interface Batch {
  readonly signal: Signal;
  readonly length: number;
  /** Memory it holds, in bytes, close enough to bound a queue by. */
  readonly bytes: number;
  readonly lineage: Lineage;
  /** The chosen events, in that order; those left out settle as discarded. */
  select(indices: ArrayLike<number>): Batch;
  /** A view of the same events for one branch: edits made through it are seen by nobody else; its lineage starts anew here. */
  fork(): Batch;
  /** As `fork`, of events that may have been sent already: that the target has them is expected then. */
  forkToRepeat(): Batch;
  /** The event's identity, stable over restarts: what a sink uses to send it only once. */
  id(i: number): string;
  position(i: number): Position;
  /** Event time in nanoseconds since 1970. */
  time(i: number): bigint;
  /** The event as JSON text, for dead letters and people. */
  text(i: number): string;
  /** Said by the runner when nobody looks at this batch any more: its memory is used again. Lineage and columns stay readable. */
  release(): void;
  /**
   * Versioned records that survive the process, in order, of at most `maxBytes` each (an event that alone needs more has its own);
   * {@link Lineage} does not travel in them.
   */
  toFrames(maxBytes: number): Frame[];
}

/** `<stream id>-<offset, 12 hex digits>[.<sub, hex>]`: fixed width and rising within a stream, which Lucene likes. */
export function eventId(position: Position): string {
  const offset = position.offset.toString(16).padStart(12, '0');
  const sub = position.sub === 0 ? '' : `.${position.sub.toString(16)}`;
  return `${position.stream.id}-${offset}${sub}`;
}
