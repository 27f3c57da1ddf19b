import type { CaseResult } from '../result.ts';
import type { Shared } from '../stage.ts';
import { deadSink } from './dead-sink.ts';
import { killedInALongFile, runnerKilled, serverKilled } from './kills.ts';
import { storeKilled } from './local-store.ts';
import { interleavedStreams, lineInTwoFiles } from './partial-lines.ts';
import { entryStorm, floodStage, wholeBulkStorm } from './storms.ts';

/** A case that is none of the matrix; its name is also that of its row in docs/delivery.md. */
export interface NamedCase {
  name: string;
  play(name: string, shared: Shared): Promise<CaseResult>;
}

/** Short ones, that the fast run plays too. */
export const FAST_NAMED: readonly NamedCase[] = [
  { name: 'runner killed 5 times', play: (name, shared) => runnerKilled(name, shared, 5, 'memory') },
  { name: 'partial lines of two streams interleaved', play: interleavedStreams },
  { name: 'a line that begins in one file and ends in the next, killed in between', play: lineInTwoFiles },
  { name: 'flood-stage block comes and goes', play: floodStage },
];

const LINES = 300_000;

/** Longer ones. */
export const LONG_NAMED: readonly NamedCase[] = [
  { name: 'Elasticsearch killed 10 times', play: (name, shared) => serverKilled(name, shared, 10, false) },
  { name: 'runner and Elasticsearch killed 10 times', play: (name, shared) => serverKilled(name, shared, 10, true) },
  { name: 'runner killed 30 times, memory queue', play: (name, shared) => runnerKilled(name, shared, 30, 'memory') },
  { name: 'runner killed 30 times, disk queue', play: (name, shared) => runnerKilled(name, shared, 30, 'disk') },
  {
    name: 'kill -9 at 40 % of 300,000 docker lines, memory queue',
    play: (name, shared) => killedInALongFile(name, shared, LINES, 'memory'),
  },
  {
    name: 'kill -9 at 40 % of 300,000 docker lines, disk queue',
    play: (name, shared) => killedInALongFile(name, shared, LINES, 'disk'),
  },
  ...(['memory', 'disk'] as const).map((queue) => ({
    name: `runner with a local store killed 30 times, ${queue} queue`,
    play: (name: string, shared: Shared) => storeKilled(name, shared, { times: 30, queue, full: false }),
  })),
  {
    name: 'runner with a local store that is full killed 30 times',
    play: (name, shared) => storeKilled(name, shared, { times: 30, queue: 'memory', full: true }),
  },
  { name: 'Elasticsearch refuses whole bulks with 429 (indexing pressure)', play: wholeBulkStorm },
  { name: 'Elasticsearch refuses entries with 429 (write queue of 1)', play: entryStorm },
];

/** Cases that watch the process for long. */
export const MEASURED: readonly NamedCase[] = [
  { name: 'sink dead for 10 minutes, memory queue', play: (name, shared) => deadSink(name, shared, 600, 'memory') },
  { name: 'sink dead for 10 minutes, disk queue', play: (name, shared) => deadSink(name, shared, 600, 'disk') },
];
