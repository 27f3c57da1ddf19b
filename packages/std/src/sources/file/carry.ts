import type { Stream } from '@tailrace/core';
import type { CarriedLines } from '@tailrace/kernel';
import type { Registry } from './registry.ts';
import { pointOf, type Tail } from './tail.ts';

/** Partial lines that the file before this one left at its end: their events begin there. */
export interface Carry {
  readonly lines: CarriedLines;
  /** Offset that this file was read from when it got them. It is read again from there until they are settled. */
  readonly from: number;
  /** The files that they can begin in, the latest first. */
  readonly origins: readonly Origin[];
  /** Each of the lines has its end. */
  complete: boolean;
  /** And the events are settled, so that the file before need not be read again. */
  settled: boolean;
  /** To be called when all events with these lines are settled. */
  settle(): void;
  /** Where reading would go on, were it not for the lines. */
  readFrom: number;
}

interface Origin {
  readonly stream: Stream;
  /** Its size. */
  readonly end: number;
}

/** Whether the last lines that were read wait for their ends. */
export const hasPartialLines = (tail: Tail): boolean => (tail.framer?.pendingLines ?? 0) > 0;

/**
 * Gives the partial lines at the end of a file to the one that follows it in the log. The checkpoint of the first stays before them,
 * and that of the second where it is, until they have their ends and these are settled; so both are read again after a kill.
 */
export function handOver(registry: Registry, before: Tail, after: Tail): void {
  before.handedOver = true;
  const lines = before.framer?.takeOut(before.position);
  if (lines === undefined) return;
  const { carry: earlier, instance } = before;
  const { format } = instance.record;
  if (after.instance.record.format === null) registry.update(after.instance, { format });
  before.pendingFrom = before.position;
  const carry: Carry = {
    lines,
    from: after.position,
    origins: [{ stream: before.stream, end: before.position }, ...(earlier?.origins ?? [])],
    complete: false,
    settled: false,
    settle: () => settled('delivered'),
    readFrom: after.position,
  };
  const settled = before.range.add(pointOf(before), () => {
    carry.settled = true;
    registry.update(after.instance, { readFrom: carry.readFrom });
    if (earlier && !earlier.complete) earlier.settle();
  });
  after.carry = carry;
}

/** Where an event begins whose offset is below 0: in a file before this one. */
export function originOf(carry: Carry, offset: number): { readonly index: number; readonly offset: number } {
  let at = offset;
  for (const [index, { end }] of carry.origins.entries()) {
    at += end;
    if (at >= 0) return { index, offset: at };
  }
  throw new RangeError(`no file before this one has offset ${offset}`);
}
