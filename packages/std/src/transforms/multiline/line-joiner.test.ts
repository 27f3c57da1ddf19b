import { LogBatch, path, type Stream, settleRange, type Ticket, ticketAt } from '@tailrace/core';
import { batchOfTexts } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinLines, withoutBlankEnd } from '../../multiline/join.fixture.ts';
import type { Multiline } from '../../multiline/options.ts';
import { patternRules } from '../../multiline/rules.ts';
import { lineJoiner } from './line-joiner.ts';

const TIMEOUT = 100;
const byStart: Multiline = {
  rules: patternRules({ start: /^S/, continue: null, end: /E$/ }),
  timeoutMs: TIMEOUT,
  maxLines: 1000,
  maxBytes: 1000,
};
const log = path('log');
const CODES: Record<string, string> = { '\\n': '\\u000a', '\\r': '\\u000D' };

interface Line {
  readonly stream: string;
  readonly log: unknown;
}

/** A joiner, the events that it gave out, and the tickets of all batches. */
function joining(multiline: Multiline, by: readonly string[] | null = null) {
  const joiner = lineJoiner(multiline, log, by?.map((field) => path(field)) ?? null);
  const events: { log: unknown; batch: LogBatch; index: number }[] = [];
  const tickets = new Set<Ticket>();
  const out = (batch: LogBatch): void => {
    for (let index = 0; index < batch.length; index++) events.push({ log: batch.get(index, log), batch, index });
    settleRange(batch.lineage, 0, batch.length, 'delivered');
  };
  return {
    events,
    tickets,
    logs: () => events.map((event) => event.log),
    take(lines: readonly (object | string)[], stream?: Stream): void {
      const texts = batchOfTexts(lines.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))));
      const batch = stream ? inStream(texts, stream) : texts;
      if (batch.length > 0) tickets.add(ticketAt(batch.lineage, 0));
      joiner.take(batch.fork(), out);
    },
    flush: (now: number, final = false) => joiner.flush(now, final, out),
    takeSplits: () => joiner.takeSplits(),
  };
}

function inStream(batch: LogBatch, stream: Stream): LogBatch {
  return new LogBatch(batch.events(), { ...batch.columns, streams: [stream] }, batch.lineage);
}

const LINE_END = fc.constantFrom('', '', '\n', '\r\n', '\n\n');
const text = fc
  .tuple(fc.constantFrom('S', ' ', 'x', '', '"\\\n'), fc.constantFrom('', 'é', 'E', '\\n'), LINE_END)
  .map((parts) => parts.join(''));
const line = fc.record({
  stream: fc.constantFrom('stdout', 'stderr'),
  log: fc.oneof({ weight: 9, arbitrary: text }, fc.constantFrom(7, null, { a: 1 })),
});

/** The event's text with the other escapes of line feeds and carriage returns. */
function withCodes(event: Line): string {
  return JSON.stringify(event).replace(/\\[\\rn]/g, (written) => CODES[written] ?? written);
}

/** The events of one stream, with what is no text between them. */
function naive(lines: readonly Line[]): unknown[] {
  const events: unknown[] = [];
  const texts: string[] = [];
  const end = (): void => {
    const bare = texts.map((one) => one.replace(/\r?\n$/, ''));
    for (const joined of joinLines(byStart.rules, bare)) {
      const [own] = texts.splice(0, joined.length);
      events.push(joined.length === 1 ? own : withoutBlankEnd(joined));
    }
  };
  for (const { log: content } of lines) {
    if (typeof content === 'string') {
      texts.push(content);
      continue;
    }
    end();
    events.push(content);
  }
  end();
  return events;
}

test('whatever batches the lines come in: the events of a naive joiner per stream, and each line settles once', () => {
  fc.assert(
    fc.property(fc.array(fc.array(line, { maxLength: 6 }), { maxLength: 6 }), fc.boolean(), (batches, usesCodes) => {
      const { take, flush, events, tickets } = joining(byStart);
      for (const lines of batches) take(usesCodes ? lines.map(withCodes) : lines);
      flush(0, true);
      for (const stream of ['stdout', 'stderr']) {
        const got = events.filter(({ batch, index }) => batch.get(index, path('stream')) === stream);
        expect(got.map((event) => event.log)).toEqual(naive(batches.flat().filter((one) => one.stream === stream)));
      }
      for (const ticket of tickets) expect(ticket.pending).toBe(0);
    }),
    { numRuns: 100 },
  );
});

test('an event is given out when no line came for the timeout, counted from the first look at the clock after the last line', () => {
  const { take, flush, logs } = joining(byStart);
  take([{ log: 'S one' }, { log: 'two' }]);
  flush(1000);
  flush(1000 + TIMEOUT - 1);
  expect(logs()).toEqual([]);
  take([{ log: 'three' }]);
  flush(1000 + TIMEOUT);
  expect(logs()).toEqual([]);
  flush(1000 + 2 * TIMEOUT);
  expect(logs()).toEqual(['S one\ntwo\nthree']);
  take([{ log: 'four' }]);
  flush(5000, true);
  expect(logs()).toEqual(['S one\ntwo\nthree', 'four']);
});

test('inputs do not mix; with `by` the fields decide, whatever input they come from', () => {
  const other: Stream = { id: 'ZyXwVuTsRqPoNmLk', source: 'in', label: 'b', firstSeen: 0, replayBelow: 0 };
  const apart = joining(byStart);
  apart.take([{ log: 'S a' }]);
  apart.take([{ log: 'S b' }], other);
  apart.take([{ log: 'a' }]);
  apart.take([{ log: 'b' }], other);
  apart.flush(0, true);
  expect(apart.logs()).toEqual(['S a\na', 'S b\nb']);
  const together = joining(byStart, ['pod']);
  together.take([
    { pod: 1, log: 'S a' },
    { pod: 2, log: 'S b' },
  ]);
  together.take(
    [
      { pod: 2, log: 'b' },
      { pod: 1, log: 'a' },
    ],
    other,
  );
  together.flush(0, true);
  expect(together.logs()).toEqual(['S a\na', 'S b\nb']);
});

test('limits begin another event, and are counted', () => {
  const few = joining({ ...byStart, maxLines: 2 });
  few.take(['S', 'a', 'b', 'c', 'd'].map((content) => ({ log: content })));
  few.flush(0, true);
  expect([few.logs(), few.takeSplits(), few.takeSplits()]).toEqual([['S\na', 'b\nc', 'd'], 2, 0]);
  const short = joining({ ...byStart, maxBytes: 8 });
  short.take(['S', 'a\n', '\n\n\n', 'a longer line alone', 'b'].map((content) => ({ log: content })));
  short.flush(0, true);
  expect([short.logs(), short.takeSplits()]).toEqual([['S\na', '\n\n\n', 'a longer line alone', 'b'], 3]);
});

test('the event keeps the members of its first line, and says how many lines it is made of', () => {
  const { take, flush, events } = joining(byStart);
  take([
    { log: 'S', level: 'x', n: 12345678901234567890n.toString() },
    { log: 'a', level: 'y' },
  ]);
  flush(0, true);
  const [{ batch, index }] = events as [(typeof events)[0]];
  expect(JSON.parse(batch.text(index))).toEqual({ log: 'S\na', level: 'x', n: '12345678901234567890' });
  expect(batch.position(index).sub).toBe(2);
});

test('more streams than can wait at once: the oldest goes first', () => {
  const { take, logs } = joining(byStart, ['k']);
  take(Array.from({ length: 10_001 }, (_, k) => ({ k, log: `S${k}` })));
  expect(logs()).toEqual(['S0']);
});
