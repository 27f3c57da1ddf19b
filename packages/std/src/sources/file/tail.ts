import { hash } from 'node:crypto';
import type { Stream } from '@tailrace/core';
import { FLAG, type Framed, type Framer } from '@tailrace/kernel';
import type { JoiningFramer } from '../../multiline/joining-framer.ts';
import type { DocumentFramer } from '../document-framer.ts';
import type { Carry } from './carry.ts';
import type { Content } from './content.ts';
import type { Identity } from './identity.ts';
import type { Instance } from './registry.ts';
import { type Point, type Print, type SettledRange, settledRange } from './settled-range.ts';

/** A file that is being read. */
export interface Tail {
  /** What file it is: another one when a truncated file goes on in its copy. */
  key: string;
  identity: Identity;
  readonly instance: Instance;
  readonly stream: Stream;
  readonly range: SettledRange;
  /** Where it was found, and its path without symlinks; both follow a rename that the patterns see. */
  path: string;
  place: string;
  handle: Content | null;
  /** The file is a copy that rotation made, and nobody writes to it. */
  isCopy: boolean;
  /** Its content is what stands in a gzip file; `size` is that of the file. */
  compressed: boolean;
  /** A compressed file may not be complete yet. */
  growing: boolean;
  framer: Framer | null;
  /** The path that its events carry where that is wanted: the one it had when they were first framed. */
  framedAs: string;
  /** The same, when it joins lines. */
  joiner: JoiningFramer | null;
  /** The one within it that reads documents, if it does. */
  documents: DocumentFramer | null;
  /** Offset of the next byte to frame. */
  position: number;
  /** The last bytes before `position`, PRINT_BYTES at most. */
  before: Uint8Array;
  /** As {@link Point.readFrom}, for what was framed so far. */
  pendingFrom: number;
  /** Partial lines of the file before it in its log. */
  carry: Carry | null;
  /** The file after it in its log has got its partial lines. */
  handedOver: boolean;
  /** Size and time of change at the last look, and the largest size so far. */
  size: number;
  changed: bigint;
  most: number;
  /** There may be something to read. */
  dirty: boolean;
  /** How often a read reached the end of the file. */
  ends: number;
  /** A line is longer than a usual read. */
  wide: boolean;
  /** Unix milliseconds since when nothing at its path is this file, 0 while it is there. */
  goneSince: number;
  /** Where the last read ended, and when a read last came further than those before, in Unix milliseconds. */
  reached: number;
  grewAt: number;
}

/** Most bytes before a checkpoint that are compared when the file is opened again. */
export const PRINT_BYTES = 1024;

/** The print of the bytes that end at `end`. */
export function printOf(bytes: Uint8Array, end: number): Print {
  return { at: end - bytes.length, bytes: bytes.length, hash: hash('sha256', bytes, 'base64url').slice(0, 22) };
}

/** Moves a tail over bytes that were framed; true when they were the last ends of lines that the file before it left. */
export function moveOver(tail: Tail, chunk: Uint8Array, framed: Framed): boolean {
  const used = chunk.subarray(0, framed.consumed);
  tail.position += framed.consumed;
  const last = used.subarray(Math.max(0, used.length - PRINT_BYTES));
  const kept = tail.before.subarray(Math.max(0, tail.before.length - (PRINT_BYTES - last.length)));
  // A copy, because the chunk’s buffer is used again; slice of a Buffer would be a view.
  tail.before = last.length === PRINT_BYTES ? new Uint8Array(last) : Buffer.concat([kept, last]);
  const pendingFrom = framed.pendingFrom ?? tail.position;
  const { carry } = tail;
  // What another file left is at offsets below 0; with it, this one is read again from where it got it.
  tail.pendingFrom = pendingFrom >= 0 ? pendingFrom : (carry?.from ?? 0);
  if (!carry || carry.complete || tail.handedOver || pendingFrom < 0) return false;
  carry.complete = true;
  return true;
}

/** Where reading would go on if all that was read so far were settled. */
export function pointOf(tail: Tail): Point {
  const { pendingFrom, position, before, most, joiner, documents, instance } = tail;
  return {
    readFrom: pendingFrom,
    ...(joiner?.givenOutAt(position) ?? { doneTo: position, held: [] }),
    insideArray: documents?.insideArray ?? instance.record.insideArray,
    // While it is read again up to where it was, what stands before that place tells it apart.
    print: joiner && position < instance.record.doneTo ? instance.record.print : printOf(before, position),
    size: Math.max(most, position),
  };
}

/**
 * The events that end behind `offset`: those before it were settled in an earlier run. Among them is what is left of an event of one
 * stream that began before the place of reading, where a line of the other stream still waited for its end.
 */
export function eventsAfter(framed: Framed, offset: number): Framed {
  let first = 0;
  while (first < framed.length && framed.endOffset[first]! <= offset) first++;
  if (first === 0) return framed;
  return {
    ...framed,
    length: framed.length - first,
    start: framed.start.subarray(first),
    end: framed.end.subarray(first),
    offset: framed.offset.subarray(first),
    endOffset: framed.endOffset.subarray(first),
    seconds: framed.seconds.subarray(first),
    nanos: framed.nanos.subarray(first),
    flags: framed.flags.subarray(first),
  };
}

/** Indices of the events that were cut, and how many had bytes replaced. */
export function faultsOf(framed: Framed): { oversize: number[]; repaired: number } {
  const oversize: number[] = [];
  let repaired = 0;
  for (let i = 0; i < framed.length; i++) {
    if ((framed.flags[i]! & FLAG.oversize) !== 0) oversize.push(i);
    if ((framed.flags[i]! & FLAG.repaired) !== 0) repaired++;
  }
  return { oversize, repaired };
}

/** A tail at the place where its record says that reading goes on; `moved` is told how far it is settled. */
export function createTail(
  about: Pick<Tail, 'key' | 'identity' | 'instance' | 'stream' | 'path' | 'place' | 'before' | 'size' | 'changed'>,
  moved: (point: Point) => void,
): Tail {
  const { readFrom, size } = about.instance.record;
  const tail: Tail = {
    ...about,
    range: settledRange((point) => {
      const { carry } = tail;
      if (carry) carry.readFrom = point.readFrom;
      moved(carry && !carry.settled ? { ...point, readFrom: carry.from } : point);
    }),
    handle: null,
    isCopy: false,
    compressed: false,
    growing: false,
    framer: null,
    framedAs: about.path,
    joiner: null,
    documents: null,
    position: readFrom,
    pendingFrom: readFrom,
    carry: null,
    handedOver: false,
    most: Math.max(size, about.size),
    dirty: true,
    ends: 0,
    wide: false,
    goneSince: 0,
    reached: readFrom,
    grewAt: 0,
  };
  return tail;
}
