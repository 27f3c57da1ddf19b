import { createFramer, kernel } from '@tailrace/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Event, type Input, input, multiline, naive, TIMEOUT } from './joined-files.fixture.ts';
import { type JoinedBefore, joiningFramer } from './joining-framer.ts';
import type { Multiline } from './options.ts';
import { patternRules } from './rules.ts';

/** Bytes that are read at once. */
const PIECE = 70;

interface Point extends JoinedBefore {
  readonly readFrom: number;
  readonly emitted: number;
}

/** Reads a file as it grows, and gives what an earlier run has not settled. */
class Reading {
  readonly events: Event[] = [];
  readonly points: Point[] = [];
  readonly cuts: Set<number>;
  clock = 0;
  merged = 0;
  readonly #input: Input;
  readonly #framer;
  #position: number;

  constructor(input: Input, multiline: Multiline, from: Omit<Point, 'emitted'>) {
    const framer = createFramer(kernel(), { format: input.format, maxEventBytes: 1 << 20 });
    this.#input = input;
    this.cuts = new Set(from.cuts);
    this.#position = from.readFrom;
    this.#framer = joiningFramer(framer, input.format, multiline, from);
  }
  /** The file has so many bytes now. */
  read(size: number, final: boolean): void {
    // As a file is read: to its end first, and only then is it known to be the end.
    if (final) this.read(size, false);
    const readTime = { seconds: 0, nanos: this.clock * 1e6 };
    // In pieces, as what was read before a kill can be more than one.
    for (let reached = Math.min(size, this.#position + PIECE); ; reached = Math.min(size, reached + PIECE)) {
      const chunk = this.#input.bytes.subarray(this.#position, reached);
      this.#take(this.#framer.frame(chunk, this.#position, readTime, final));
      if (reached === size) return;
    }
  }
  /** Time passes, and nothing comes. */
  wait(milliseconds: number): void {
    this.clock += milliseconds;
    const ends = this.#framer.due(this.clock);
    if (Number.isFinite(milliseconds)) expect(this.#framer.dueAt <= this.clock).toBe(ends.length > 0);
    for (const end of ends) this.cuts.add(end);
    this.#take(this.#framer.giveOut(ends));
  }
  /** What a file's record keeps of the cuts. */
  neededAfter(readFrom: number): number[] {
    return [...this.cuts].filter((end) => end > readFrom && this.#framer.isNeeded(end));
  }
  #take(framed: ReturnType<ReturnType<typeof joiningFramer>['frame']>): void {
    this.#position += framed.consumed;
    this.merged += framed.mergedLines;
    for (let i = 0; i < framed.length; i++) {
      const json = JSON.parse(Buffer.from(framed.text.subarray(framed.start[i], framed.end[i])).toString()) as {
        log: string;
        stream?: string;
      };
      this.events.push({
        stream: json.stream ?? '',
        text: json.log,
        offset: framed.offset[i]!,
        end: framed.endOffset[i]!,
        lines: 0,
      });
    }
    const readFrom = framed.pendingFrom ?? this.#position;
    const { doneTo, held } = this.#framer.givenOutAt(this.#position);
    expect(Math.min(this.#position, ...held)).toBeGreaterThanOrEqual(readFrom);
    this.points.push({ readFrom, doneTo, held, cuts: [], emitted: this.events.length });
  }
}

const START: Point = { readFrom: 0, doneTo: 0, held: [], cuts: [], emitted: 0 };
const place = ({ offset }: Event, other: Event): number => offset - other.offset;
const withoutCount = ({ lines: _, ...event }: Event) => ({ ...event, lines: 0 });

/** What happens when so many more bytes were written: nothing else, a pause, or the process is killed after so much was settled. */
const happening = fc.record({
  bytes: fc.nat(40),
  wait: fc.constantFrom(0, 0, TIMEOUT - 1, TIMEOUT),
  kill: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 4 }),
});

test('however a file grows, pauses and is read again after a kill: the events of a naive joiner, once each and always the same', () => {
  fc.assert(
    fc.property(input, multiline, fc.array(happening, { maxLength: 10 }), (file, joining, happenings) => {
      const all = new Map<number, Event>();
      const settled = new Set<number>();
      const cuts = new Set<number>();
      const note = (events: readonly Event[]): void => {
        for (const event of events) {
          expect(settled).not.toContain(event.offset);
          expect(all.get(event.offset) ?? event).toEqual(event);
          all.set(event.offset, event);
        }
      };
      let reading = new Reading(file, joining, START);
      let size = 0;
      for (const { bytes, wait, kill } of happenings) {
        size = Math.min(file.bytes.length, size + bytes);
        reading.read(size, false);
        reading.wait(wait);
        for (const end of reading.cuts) cuts.add(end);
        if (kill === null) continue;
        note(reading.events);
        const point = reading.points[Math.floor(kill * (reading.points.length - 1))]!;
        for (const { offset } of reading.events.slice(0, point.emitted)) settled.add(offset);
        reading = new Reading(file, joining, {
          ...point,
          cuts: reading.neededAfter(point.readFrom),
        });
      }
      reading.read(file.bytes.length, true);
      for (const end of reading.cuts) cuts.add(end);
      reading.wait(Number.POSITIVE_INFINITY);
      note(reading.events);
      // The last wait ends what is open at the end anyway.
      expect([...all.values()].toSorted(place)).toEqual(naive(file, joining, cuts).map(withoutCount).toSorted(place));
    }),
    { numRuns: 100 },
  );
});

test('cut at every byte, alone and read again from there: the same events', () => {
  fc.assert(
    fc.property(input, multiline, (file, joining) => {
      const expected = naive(file, joining, new Set()).toSorted(place);
      for (let size = 0; size <= file.bytes.length; size++) {
        const first = new Reading(file, joining, START);
        first.read(size, false);
        const second = new Reading(file, joining, first.points.at(-1)!);
        second.read(file.bytes.length, true);
        second.wait(Number.POSITIVE_INFINITY);
        expect([...first.events, ...second.events].toSorted(place)).toEqual(expected.map(withoutCount));
      }
    }),
    { numRuns: 25 },
  );
});

test('lines that came one byte at a time are merged and counted as those that came at once', () => {
  fc.assert(
    fc.property(input, multiline, (file, joining) => {
      const slow = new Reading(file, joining, START);
      for (let size = 0; size < file.bytes.length; size++) slow.read(size, false);
      slow.read(file.bytes.length, true);
      const fast = new Reading(file, joining, START);
      fast.read(file.bytes.length, true);
      for (const reading of [slow, fast]) reading.wait(Number.POSITIVE_INFINITY);
      expect(slow.events).toEqual(fast.events);
      expect(slow.merged).toBe(fast.merged);
      if (file.format === 'text') {
        const lines = naive(file, joining, new Set()).reduce((sum, event) => sum + event.lines - 1, 0);
        expect(fast.merged).toBe(lines);
      }
    }),
    { numRuns: 50 },
  );
});

test('the timeout counts from the last line of an event, not from its first', () => {
  const bytes = Buffer.from('S one\n two\n');
  const rules = patternRules({ start: /^S/, continue: null, end: null });
  const joining = { rules, timeoutMs: TIMEOUT, maxLines: 10, maxBytes: 1000 };
  const reading = new Reading({ format: 'text', bytes, lines: [] }, joining, START);
  reading.read(6, false);
  reading.wait(TIMEOUT - 1);
  reading.read(bytes.length, false);
  reading.wait(TIMEOUT - 1);
  expect(reading.events).toEqual([]);
  reading.wait(1);
  expect(reading.events.map(({ text }) => text)).toEqual(['S one\n two']);
});
