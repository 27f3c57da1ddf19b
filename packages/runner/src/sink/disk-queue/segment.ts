import { join } from 'node:path';
import { type RangeSet, type Ranges, rangeSet } from './ranges.ts';

const NAME = /^\d{16}\.seg$/;

/** One file of a queue; records are appended to the last one, and a file goes when all of its events have ended. */
export interface Segment {
  readonly name: string;
  readonly path: string;
  /** Durable bytes; whatever follows is not to be read. */
  bytes: number;
  /** Sequence numbers of records whose events have all ended. */
  readonly ended: RangeSet;
  /** Events in records that have not ended. */
  left: number;
  /** Of these, the events in records that nobody has read yet. */
  unread: number;
  /** Where the next record to read begins. */
  readAt: number;
  /** It was there when the queue was opened: its events may have been sent before. */
  readonly isRecovered: boolean;
  /** Nothing is appended any more. */
  isSealed: boolean;
  /** It was removed to make room. */
  isDropped: boolean;
}

/** Name of the segment whose first record has this sequence number. */
export function segmentName(first: number): string {
  return `${String(first).padStart(16, '0')}.seg`;
}

/** The first sequence number of a segment, by its name. */
export function firstOf(name: string): number {
  return Number.parseInt(name, 10);
}

/** The segments among names, oldest first. */
export function segmentNames(names: readonly string[]): string[] {
  return names.filter((name) => NAME.test(name)).sort();
}

/** A segment without records. */
export function emptySegment(folder: string, name: string, isRecovered: boolean, ended: Ranges = []): Segment {
  return {
    name,
    path: join(folder, name),
    bytes: 0,
    ended: rangeSet(ended),
    left: 0,
    unread: 0,
    readAt: 0,
    isRecovered,
    isSealed: isRecovered,
    isDropped: false,
  };
}
