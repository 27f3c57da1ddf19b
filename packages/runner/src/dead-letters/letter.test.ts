import { LogBatch } from '@tailrace/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { letterEvent, letterLine, refusedLetterLine } from './letter.ts';
import { letterBatch } from './letter-batch.ts';
import { anyLetter, batchOfEvent, type GivenLetter, givenLetter, letterOf } from './letters.fixture.ts';
import { parseLetter, type StoredLetter } from './parse-letter.ts';

const now = new Date('2026-11-21T10:00:00.123Z');

/** What has to come back. */
function expected({ event, component, code, message }: GivenLetter): StoredLetter {
  const { stream, offset, end, sub, seconds, nanos, own } = event;
  return {
    time: now.toISOString(),
    component,
    code,
    message,
    signal: 'logs',
    position: { stream: { ...stream, replayBelow: Number.MAX_SAFE_INTEGER }, offset, end, sub },
    eventTime: { seconds, nanos, own },
    id: batchOfEvent(event).id(0),
    event: event.text,
  };
}

const read = (line: string): StoredLetter => {
  const { letter, ...rest } = parseLetter(line);
  expect(rest).toEqual({});
  return letter!;
};
const wellFormed = (text: string): boolean => text.isWellFormed();

describe('a letter comes back as it was written', () => {
  it('from a line, from a sink, and from a line that a sink refused', () => {
    fc.assert(
      fc.property(anyLetter, (given) => {
        const line = letterLine(letterOf(given), now);
        expect(line).not.toMatch(/[\r\n]/);
        expect(read(line)).toEqual(expected(given));
        const text = letterEvent(letterOf(given), now);
        expect(read(text)).toEqual(expected(given));
        const by = { component: 'letters', code: 'document_refused', message: given.message };
        const refused = refusedLetterLine(text, by);
        expect(read(refused)).toEqual(expected(given));
        expect(JSON.parse(refused)).toEqual({ ...(JSON.parse(line) as object), refused_by: by });
      }),
      { numRuns: 200 },
    );
  });

  it('and as bytes, which hold any text that is Unicode', () => {
    fc.assert(
      fc.property(
        anyLetter.filter(({ event }) => wellFormed(event.text)),
        (given) => {
          const line = Buffer.from(letterLine(letterOf(given), now)).toString();
          expect(read(line)).toEqual(expected(given));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('and makes the batch that was refused', () => {
    fc.assert(
      fc.property(fc.array(anyLetter, { minLength: 1, maxLength: 5 }), (all) => {
        const letters = all.map((given) => read(letterLine(letterOf(given), now)));
        const batch = letterBatch(letters, (events, columns) => LogBatch.fromSource(events, columns));
        for (const [i, { event }] of all.entries()) {
          const one = batchOfEvent(event);
          expect(batch.text(i)).toBe(one.text(0));
          expect([batch.id(i), batch.time(i)]).toEqual([one.id(0), one.time(0)]);
          expect([batch.hasOwnTime(i), batch.indexSeconds(i)]).toEqual([one.hasOwnTime(0), one.indexSeconds(0)]);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('with the time at which its own stream was first seen, also when another letter of the same id has another', () => {
    const streams = [1000, 2000].map((firstSeen) => ({ ...givenLetter('{}').event.stream, firstSeen }));
    const letters = streams.map((stream) => read(letterLine(letterOf(givenLetter('{}', { stream, own: false })), now)));
    const batch = letterBatch(letters, (events, columns) => LogBatch.fromSource(events, columns));
    expect([batch.indexSeconds(0), batch.indexSeconds(1)]).toEqual([1000, 2000]);
  });

  it('of any size', () => {
    const text = `{"log":${JSON.stringify('x"\\\u2028é😀'.repeat(400_000))},"n":1.0}`;
    expect(read(letterLine(letterOf(givenLetter(text)), now)).event).toBe(text);
    expect(read(letterEvent(letterOf(givenLetter(text)), now)).event).toBe(text);
  });

  it('also when its event is laid out over several lines, which become spaces', () => {
    const given = givenLetter('{\r\n  "a": "\\n",\n  "b": 1.50\n}');
    expect(read(letterLine(letterOf(given), now)).event).toBe('{   "a": "\\n",   "b": 1.50 }');
  });
});

describe('a line of version 1', () => {
  const old = {
    time: '2026-11-20T10:00:00.500Z',
    component: 'out',
    code: 'document_refused',
    message: 'no',
    signal: 'logs',
    position: { source: 'in', label: 'a.log', stream: 'AAAAAAAAAAAAAAAA', offset: 16, end: 20, sub: 0 },
    _id: 'AAAAAAAAAAAAAAAA-000000000010',
  };
  const batchOf = (event: object) =>
    letterBatch([read(JSON.stringify({ ...old, event }))], (events, columns) => LogBatch.fromSource(events, columns));

  it('is read: the time of the event is that in the event', () => {
    const batch = batchOf({ '@timestamp': '2026-01-02T03:04:05.000000006Z', n: 1 });
    expect(batch.id(0)).toBe(old._id);
    expect(batch.time(0)).toBe(BigInt(Date.UTC(2026, 0, 2, 3, 4, 5)) * 1_000_000n + 6n);
    expect(batch.hasOwnTime(0)).toBe(true);
    expect(JSON.parse(batch.text(0))).toEqual({ '@timestamp': '2026-01-02T03:04:05.000000006Z', n: 1 });
  });

  it('or else that of the letter, the same at each reading', () => {
    const batch = batchOf({ n: 1 });
    const seconds = Date.UTC(2026, 10, 20, 10) / 1000;
    expect([batch.time(0), batch.hasOwnTime(0)]).toEqual([BigInt(seconds) * 1_000_000_000n, false]);
    expect(batch.indexSeconds(0)).toBe(seconds);
  });
});

describe('what is no letter is said to be none', () => {
  const good = JSON.parse(letterLine(letterOf(givenLetter('{"n":1}')), now)) as Record<string, unknown>;
  const damage = (line: string): string => {
    const parsed = parseLetter(line);
    expect(parsed.letter).toBeUndefined();
    return 'damage' in parsed ? parsed.damage : '';
  };

  it.each([
    ['{"format":2,', /^no JSON: /],
    ['', /^no JSON: /],
    ['[]', /^no JSON object$/],
    ['null', /^no JSON object$/],
    ['{}', /"component", "code" or "message" is missing/],
  ])('%s', (line, what) => {
    expect(damage(line)).toMatch(what);
  });

  it.each([
    [{ format: 3 }, 'format 3 was written by a newer tailrace; this one reads up to 2'],
    [{ format: '2' }, '"format" is no number'],
    [{ component: '' }, 'no dead letter: "component", "code" or "message" is missing'],
    [{ time: 'yesterday' }, 'no dead letter: "time" is no time'],
    [{ signal: 'smoke' }, 'signal "smoke" is unknown'],
    [{ position: null }, 'no dead letter: "position" is missing or damaged'],
    [
      { position: { ...(good['position'] as object), stream: 'short' } },
      'no dead letter: "position" is missing or damaged',
    ],
    [{ position: { ...(good['position'] as object), offset: -1 } }, 'no dead letter: "position" is missing or damaged'],
    [
      { position: { ...(good['position'] as object), sub: 2 ** 32 } },
      'no dead letter: "position" is missing or damaged',
    ],
    [{ event: [1] }, 'no dead letter: "event" is no object'],
    [{ event: 'text' }, 'no dead letter: "event" is no object'],
  ])('%j', (change, what) => {
    expect(damage(JSON.stringify({ ...good, ...change }))).toBe(what);
  });

  it('whatever stands there', () => {
    const line = JSON.stringify(good);
    fc.assert(
      fc.property(fc.nat(line.length), fc.string({ unit: 'binary', maxLength: 3 }), fc.nat(5), (at, put, cut) => {
        const { letter, ...rest } = parseLetter(line.slice(0, at) + put + line.slice(at + cut));
        expect(letter !== undefined || 'damage' in rest).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
