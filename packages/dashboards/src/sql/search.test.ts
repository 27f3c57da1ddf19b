import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseEventKey, printEventKey } from '../event-key.ts';
import { NASTY } from '../log-query.fixture.ts';
import { meets } from '../log-query.twin.ts';
import type { Condition } from '../model.ts';
import { eventSqlOf, readEvent } from './event.ts';
import { type FoundEvent, readFound } from './found.ts';
import { type EventSearch, foundSqlOf, searchSqlOf } from './search.ts';
import { LOG_STORE, openLogs, STREAM_IDS, type StoredLog } from './stored-logs.fixture.ts';

let database: Awaited<ReturnType<typeof openLogs>>;
beforeAll(async () => {
  database = await openLogs();
});
afterAll(() => database.close());

const START = Date.parse('2026-03-01T00:00:00Z');
const SEARCH: EventSearch = { from: START, to: START + 1000, where: [], text: '', columns: [], limit: 50 };

/** An event of the drawn kind, and what is in it by path. */
interface Drawn {
  readonly log: StoredLog;
  readonly flat: Readonly<Record<string, string | number>>;
}

const words = fc.constantFrom(
  ...NASTY,
  'Port Steal',
  'PORT',
  'steal',
  'Ärger',
  'ärger',
  'Ä"',
  'ä"',
  '50%',
  'a_b',
  'aXb',
);
const drawn: fc.Arbitrary<Drawn[]> = fc
  .array(
    fc.record({
      millis: fc.integer({ min: -2, max: 8 }),
      stream: fc.nat(1),
      user: fc.option(words, { nil: undefined }),
      port: fc.option(fc.constantFrom(80, 443), { nil: undefined }),
      other: fc.option(words, { nil: undefined }),
      isBroken: fc.boolean(),
      isAscii: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((parts) =>
    parts.map(({ millis, stream, user, port, other, isBroken, isAscii }, at) => {
      const flat = {
        ...(user !== undefined && { 'fields.user': user }),
        ...(port !== undefined && { 'fields.port': port }),
      };
      const json = JSON.stringify({ fields: { user, port }, ...(isBroken ? {} : { other: { 'a/~b': other } }) });
      const written = isAscii ? json.replace(/[\u0080-\uffff]/g, asciiOf) : json;
      // Halves of lines can share their first byte.
      const place = { micros: (START + millis) * 1000 + (at % 2), stream, offset: at >> 1, sub: at & 1 };
      return {
        log: { ...place, text: isBroken ? `${written} and no JSON any more {` : written, user, port },
        flat: { ...flat, ...(!isBroken && other !== undefined && { 'other.a/~b': other }) },
      };
    }),
  );

function asciiOf(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}

const keyword = fc.constantFrom('fields.user', 'other.a/~b');
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ field: keyword, is: fc.oneof(words, fc.array(words, { minLength: 1, maxLength: 3 })) }),
  fc.record({ field: keyword, isNot: words }),
  fc.record({ field: fc.constantFrom('fields.user', 'fields.port', 'other.a/~b', 'nowhere'), exists: fc.boolean() }),
  fc.record({ field: keyword, startsWith: words }),
  fc.record({ field: fc.constant('fields.port'), is: fc.constantFrom(80, 443, 1) }),
  fc.record({ field: fc.constant('fields.port'), atLeast: fc.constantFrom(80, 81) }),
);
const searches: fc.Arbitrary<EventSearch> = fc.record({
  from: fc.integer({ min: -3, max: 3 }).map((millis) => START + millis),
  to: fc.integer({ min: 4, max: 9 }).map((millis) => START + millis),
  where: fc.array(condition, { maxLength: 2 }),
  text: fc.array(words, { maxLength: 2 }).map((some) => some.join(' ')),
  columns: fc.constant(['fields.user', 'other.a/~b', 'fields.port', '@timestamp']),
  limit: fc.integer({ min: 1, max: 12 }),
});

test('finds what a search means, page by page and each event once', async () => {
  await fc.assert(
    fc.asyncProperty(drawn, fc.array(searches, { minLength: 3, maxLength: 3 }), async (events, some) => {
      await database.fill(events.map(({ log }) => log));
      for (const search of some) {
        const expected = events.filter((event) => isFound(event, search)).toSorted(newestFirst);
        expect(await allPages(search)).toEqual(expected.map(shown));
        expect(await database.ask(foundSqlOf(search, LOG_STORE))).toEqual([[BigInt(expected.length)]]);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

function isFound({ log, flat }: Drawn, { from, to, where, text }: EventSearch): boolean {
  const isInTime = log.micros >= from * 1000 && log.micros < to * 1000;
  // Escapes of JSON are undone: as it is written, and as it is read.
  const read = [
    log.text,
    log.text.replaceAll(/\\u([0-9A-F]{4})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
  ];
  const spelled = (word: string) => [word, JSON.stringify(word).slice(1, -1)].map((one) => one.toLowerCase());
  const hasWord = (word: string) => spelled(word).some((one) => read.some((each) => each.toLowerCase().includes(one)));
  return isInTime && meets(flat, where) && text.split(/\s+/).every((word) => word === '' || hasWord(word));
}

function newestFirst({ log: a }: Drawn, { log: b }: Drawn): number {
  return b.micros - a.micros || b.stream - a.stream || b.offset - a.offset || b.sub - a.sub;
}

function shown({ log: { micros, stream, offset, sub }, flat }: Drawn) {
  const time = Math.floor(micros / 1000);
  return {
    key: printEventKey({ stream: STREAM_IDS[stream]!, offset, sub }),
    time,
    cells: [flat['fields.user'] ?? null, flat['other.a/~b'] ?? null, flat['fields.port'] ?? null, time],
  };
}

async function allPages(search: EventSearch) {
  const found: FoundEvent[] = [];
  let before: string | null | undefined;
  while (before !== null) {
    const asked = { ...search, ...(before !== undefined && { before }) };
    const page = readFound(search, await database.ask(searchSqlOf(asked, LOG_STORE)));
    found.push(...page.events);
    before = page.next;
  }
  return found;
}

test('an event is opened by its key, and says where it came from', async () => {
  await database.fill([{ micros: START * 1000 + 7, stream: 0, offset: 6_741_234, sub: 18, text: '{"a":1}' }]);
  const [found] = await allPages({ ...SEARCH, columns: ['fields.since', 'a'] });
  expect(found).toEqual({
    ...{ key: 'k3J9-a_b-00000066dcf2.12', time: START },
    cells: ['2026-03-01T00:00:00.000Z', '1'],
  });
  const key = parseEventKey(found!.key)!;
  expect(readEvent(await database.ask(eventSqlOf(key)))).toEqual({
    ...{ time: START, text: '{"a":1}' },
    source: {
      ...{ component: 'in', label: '/var/log/0', stream: 'k3J9-a_b', offset: 6_741_234, end: 6_741_244, sub: 18 },
    },
  });
  expect(readEvent(await database.ask(eventSqlOf({ ...key, sub: 0 })))).toBeUndefined();
  for (const text of ['', 'x', `k3J9-a_b-0`, 'a-000000000000.0', 'a-00000000000G', `a-${'f'.repeat(14)}`])
    expect(parseEventKey(text), text).toBeUndefined();
});

test('times are found however they are written', async () => {
  const log = (millis: number) => ({
    micros: (START + millis) * 1000 + 5,
    stream: 0,
    offset: millis,
    sub: 0,
    text: '{}',
  });
  await database.fill([log(0), log(500), log(750)]);
  const found = async (...where: Condition[]) => {
    const events = await allPages({ ...SEARCH, where, columns: ['@timestamp'] });
    return events.map(({ time }) => time - START);
  };
  const [field, half] = ['fields.since', '2026-03-01T01:00:00.500+01:00'];
  expect(await found({ field, is: half })).toEqual([500]);
  expect(await found({ field, is: [half, START, 'never'] })).toEqual([500, 0]);
  expect(await found({ field, isNot: half })).toEqual([750, 0]);
  expect(await found({ field, is: 'yesterday' })).toEqual([]);
  expect(await found({ field: '@timestamp', atLeast: START + 500 }, { field, below: START + 750 })).toEqual([500]);
});

test('searches that are too large, and cursors that are none, are refused', () => {
  const refused = (change: Partial<EventSearch>) => {
    expect(() => foundSqlOf({ ...SEARCH, ...change }, LOG_STORE)).toThrow(RangeError);
    return expect(() => searchSqlOf({ ...SEARCH, ...change }, LOG_STORE));
  };
  refused({ text: 'x'.repeat(1001) }).toThrow('text: longer than 1000 characters');
  refused({ text: Array.from({ length: 21 }, (_, k) => `w${k}`).join(' ') }).toThrow('text: more than 20 words');
  refused({ limit: 1001 }).toThrow('limit: must be 1 to 1000, is 1001');
  refused({ limit: 0.5 }).toThrow('limit');
  refused({ columns: Array.from({ length: 101 }, () => 'a') }).toThrow('columns: more than 100');
  refused({ columns: ['x'.repeat(1001)] }).toThrow('a name of more than 1000 characters');
  refused({ where: Array.from({ length: 101 }, () => ({ field: 'a', is: 'b' })) }).toThrow('more than 100 conditions');
  refused({ where: [{ field: 'a', is: Array.from({ length: 1001 }, () => 'b') }] }).toThrow(
    'a has more than 1000 values',
  );
  for (const before of ['', 'x', '1.2.3', "1.2.3.4'; --", '1.2.3.4.5', `${'9'.repeat(19)}.1.1.1`])
    expect(() => searchSqlOf({ ...SEARCH, before }, LOG_STORE)).toThrow('before: must be the `next`');
});
