import type { CaseResult } from '../result.ts';
import type { Shared } from '../stage.ts';
import { deadSink } from './dead-sink.ts';
import { killedInALongFile, runnerKilled, serverKilled } from './kills.ts';
import { interleavedStreams, lineInTwoFiles } from './partial-lines.ts';
import { entryStorm, floodStage, wholeBulkStorm } from './storms.ts';

/** A case that is none of the matrix. */
export type NamedCase = (shared: Shared) => Promise<CaseResult>;

/** Short ones, that the fast run plays too. */
export const FAST_NAMED: readonly NamedCase[] = [
  // The longest of them, so it begins first.
  (shared) => deadSink(shared, 30, 'memory'),
  (shared) => runnerKilled(shared, 5, 'memory'),
  interleavedStreams,
  lineInTwoFiles,
  floodStage,
];

/** Longer ones. */
export const LONG_NAMED: readonly NamedCase[] = [
  (shared) => runnerKilled(shared, 30, 'memory'),
  (shared) => runnerKilled(shared, 30, 'disk'),
  (shared) => serverKilled(shared, 10, false),
  (shared) => serverKilled(shared, 10, true),
  (shared) => killedInALongFile(shared, 300_000, 'memory'),
  (shared) => killedInALongFile(shared, 300_000, 'disk'),
  wholeBulkStorm,
  entryStorm,
];

/** Cases that measure the process for long; nothing of the others runs beside them. */
export const MEASURED: readonly NamedCase[] = [
  (shared) => deadSink(shared, 600, 'memory'),
  (shared) => deadSink(shared, 600, 'disk'),
];
