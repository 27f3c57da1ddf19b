import { Readable } from 'node:stream';
import { FLAG, type Framed } from '@tailrace/kernel';
import fc from 'fast-check';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { expect, test } from 'vitest';
import { type DocumentFramer, documentFramer } from './document-framer.ts';

const TIME = { seconds: 1, nanos: 0 };
/** What an event gets that has no time of its own. */
const READ_AT = /^\{"@timestamp":"1970-01-01T00:00:01\.000000000Z",?/;
const NONE = new Uint8Array(0);

interface Seen {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const newFramer = (insideArray = false, maxEventBytes = 1 << 20): DocumentFramer =>
  documentFramer({ maxEventBytes, members: NONE, insideArray });

function seen(framed: Framed): Seen[] {
  const text = Buffer.from(framed.text);
  return Array.from({ length: framed.length }, (_, i) => ({
    text: text.subarray(framed.start[i], framed.end[i]).toString().replace(READ_AT, '{'),
    from: framed.offset[i]!,
    to: framed.endOffset[i]!,
  }));
}

/** Where reading would go on, and below which end nothing comes again. */
interface Mark {
  readonly readFrom: number;
  readonly doneTo: number;
  readonly insideArray: boolean;
}

/** Frames bytes in pieces; `told` hears of the events of each call and of the checkpoint behind them. */
function frameAll(
  framer: DocumentFramer,
  bytes: Uint8Array,
  cuts: readonly number[],
  told: (events: Seen[], mark: Mark) => void,
  base = 0,
): void {
  const borders = [...cuts.filter((cut) => cut > 0 && cut < bytes.length).sort((a, b) => a - b), bytes.length];
  let at = 0;
  for (const border of borders) {
    for (let more = true; more; ) {
      const framed = framer.frame(bytes.subarray(at, border), base + at, TIME, border === bytes.length);
      at += framed.consumed;
      const { pendingFrom = base + at } = framed;
      told(seen(framed), { readFrom: pendingFrom, doneTo: base + at, insideArray: framer.insideArray });
      more = framed.more;
    }
    expect(border - at).toBeLessThanOrEqual(border === bytes.length ? 0 : 1);
  }
}

function eventsOf(bytes: Uint8Array, cuts: readonly number[] = []): Seen[] {
  const events: Seen[] = [];
  frameAll(newFramer(), bytes, cuts, (more) => events.push(...more));
  return events;
}

const SAMPLE = Buffer.from(
  '\ufeff[{"a": 12345678901234567890,\r\n "é": [1.0E+2, {"}": "]"}]},\n "te,xt", 7 ,[{"b":2}, []], {}] {"c":"\\"{"}\n{\n"d": null\n}\n"e"\n true\n[]\n[{"f":[]}]',
);

test('the sample', () => {
  expect(eventsOf(SAMPLE).map(({ text }) => text)).toEqual([
    '{"a": 12345678901234567890,   "é": [1.0E+2, {"}": "]"}]}',
    '{"log":"\\"te,xt\\""}',
    '{"log":"7 "}',
    '{"log":"[{\\"b\\":2}, []]"}',
    '{}',
    '{"c":"\\"{"}',
    '{"d": null}',
    '{"log":"\\"e\\""}',
    '{"log":"true"}',
    '{"f":[]}',
  ]);
});

test('stands where its first and last byte do', () => {
  for (const { text, from, to } of eventsOf(SAMPLE)) {
    const there = SAMPLE.subarray(from, to)
      .toString()
      .replaceAll(/[\r\n]/g, ' ');
    expect(JSON.parse(text)).toEqual(there.startsWith('{') ? JSON.parse(there) : { log: there });
  }
});

test('cut at every byte, the events are the same', () => {
  const whole = eventsOf(SAMPLE);
  for (let cut = 1; cut < SAMPLE.length; cut++) expect(eventsOf(SAMPLE, [cut])).toEqual(whole);
});

test('begun anew at every checkpoint, what is left comes, and nothing else', () => {
  const whole = eventsOf(SAMPLE);
  const everywhere = SAMPLE.map((_, i) => i);
  const all: Seen[] = [];
  frameAll(newFramer(), SAMPLE, [...everywhere], (events, { readFrom, doneTo, insideArray }) => {
    all.push(...events);
    const rest: Seen[] = [];
    const framer = newFramer(insideArray);
    frameAll(
      framer,
      SAMPLE.subarray(readFrom),
      [],
      (more) => rest.push(...more.filter(({ to }) => to > doneTo)),
      readFrom,
    );
    expect([...all, ...rest]).toEqual(whole);
  });
});

test('a checkpoint among many documents of one chunk passes over none that was not given out', () => {
  const count = 20_000;
  const bytes = Buffer.from(`[${Array.from({ length: count }, (_, n) => `{"n":${n}}`).join(',')}]`);
  let events = 0;
  let calls = 0;
  frameAll(newFramer(), bytes, [], (more, { readFrom, insideArray }) => {
    events += more.length;
    calls++;
    if (events === count) return;
    expect(insideArray).toBe(true);
    const next = seen(newFramer(true).frame(bytes.subarray(readFrom), readFrom, TIME))[0];
    expect(next?.text).toBe(`{"n":${events}}`);
  });
  expect(events).toBe(count);
  expect(calls).toBeGreaterThan(2);
});

test('of a document that is too long the beginning stays, in little more memory than that, and it says so', () => {
  const framer = newFramer(false, 1000);
  // With the byte that is given again: it was looked at already.
  const piece = Buffer.from('x'.repeat(64_000));
  const first = framer.frame(Buffer.from('{"a":1}[{"a":"'), 0, TIME);
  let at = first.consumed;
  for (let i = 0; i < 50; i++) {
    const framed = framer.frame(piece, at, TIME);
    expect([framed.consumed, framed.length, framed.pendingFrom]).toEqual([piece.length - 1, 0, 8]);
    expect(framer.pendingBytes).toBeLessThan(2100);
    at += framed.consumed;
  }
  const last = framer.frame(Buffer.from('x"}, {"b":2}]'), at, TIME);
  expect(seen(last)).toEqual([
    { text: expect.stringMatching(/^\{"log":"\{\\"a\\":\\"x+"\}$/) as string, from: 8, to: at + 3 },
    { text: '{"b":2}', from: at + 5, to: at + 12 },
  ]);
  expect([last.truncated, last.flags[0]! & FLAG.truncated]).toEqual([1, FLAG.truncated]);
});

test('finds the items that stream-json finds in an array, wherever it is cut', async () => {
  const values = fc.array(fc.object({ maxDepth: 3 }), { maxLength: 8 });
  const property = fc.asyncProperty(
    values,
    fc.constantFrom(0, 3),
    fc.array(fc.nat(2000), { maxLength: 6 }),
    async (items, indent, cuts) => {
      const text = JSON.stringify(items, null, indent);
      const expected: unknown[] = [];
      const found = Readable.from([text]).pipe(streamArray.withParserAsStream());
      for await (const { value } of found as AsyncIterable<{ value: unknown }>) expected.push(value);
      expect(eventsOf(Buffer.from(text), cuts).map((event) => JSON.parse(event.text) as unknown)).toEqual(expected);
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test('whatever the bytes are, damaged or not: cut at every byte and begun anew at every checkpoint, the events are the same', () => {
  const tokens = [
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\n',
    '\r\n',
    ' ',
    '\\',
    '\u001e',
    'é',
    '1',
    'null',
    '"x"',
    '{"a":1}',
    '{"b":',
  ];
  const inputs = fc.array(fc.constantFrom(...tokens), { maxLength: 20 }).map((parts) => Buffer.from(parts.join('')));
  fc.assert(
    fc.property(inputs, (bytes) => {
      const whole = eventsOf(bytes);
      for (let cut = 1; cut < bytes.length; cut++) expect(eventsOf(bytes, [cut])).toEqual(whole);
      const all: Seen[] = [];
      frameAll(newFramer(), bytes, [...bytes.keys()], (events, { readFrom, doneTo, insideArray }) => {
        all.push(...events);
        const rest: Seen[] = [];
        const takeNew = (more: Seen[]): void => void rest.push(...more.filter(({ to }) => to > doneTo));
        frameAll(newFramer(insideArray), bytes.subarray(readFrom), [], takeNew, readFrom);
        expect([...all, ...rest]).toEqual(whole);
      });
    }),
    { numRuns: 100 },
  );
});
