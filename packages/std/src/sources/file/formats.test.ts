import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { ConfigError } from '@tailrace/core';
import { expect, onTestFinished, test } from 'vitest';
import { type Place, readOnce, type SeenEvent, type State } from './harness.ts';
import { testSources } from './test-place.fixture.ts';

const { testPlace, running } = testSources(onTestFinished);

const numbers = (events: readonly SeenEvent[]): unknown[] => events.map(({ event }) => event['n']);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const JSON_FORMAT = { format: 'json' };

/** An array of pretty-printed objects, with numbers that no double can hold. */
const arrayOf = (from: number, to: number, pad: string): string =>
  `[\n${upTo(to - from)
    .map((i) => JSON.stringify({ n: from + i, pad }, null, 2).replace('{', '{"id": 90071992547409931234,'))
    .join(',\n')}\n]\n`;

/** Reads a file of `count` events with all batches held back, settles some, and is killed: what is left is the state of that moment. */
async function killedAfter(
  place: Place,
  config: object,
  count: number,
  settled: readonly number[],
): Promise<[SeenEvent[], State]> {
  const run = running(place, { config, hold: true });
  await run.until(() => run.events.length === count, 'all events');
  for (const batch of settled) run.settle(batch);
  await new Promise((resolve) => setImmediate(resolve));
  const state: State = structuredClone(place.state);
  for (let batch = 0; batch < run.received.length; batch++) if (!settled.includes(batch)) run.settle(batch, 'errored');
  await run.stop();
  return [run.events, state];
}

test('documents over lines, side by side and in arrays, with the places of their first and last bytes', async () => {
  const place = await testPlace();
  const text = '{\n "n": 0\n}{"n":1}\n[ {"n":2},\n{"n": 3 } ] "four"\n';
  await place.append('a.log', text);
  const { events } = await readOnce(place, { config: JSON_FORMAT });
  expect(numbers(events)).toEqual([0, 1, 2, 3, undefined]);
  expect(events[4]?.event).toMatchObject({ log: '"four"' });
  expect(events.map(({ offset, end }) => text.slice(offset, end))).toEqual([
    '{\n "n": 0\n}',
    '{"n":1}',
    '{"n":2}',
    '{"n": 3 }',
    '"four"',
  ]);
});

test('an array that is still being written: every item comes as it is complete, over restarts too', async () => {
  const place = await testPlace();
  await place.append('a.log', '[{"n":0}, {"n":1');
  const first = running(place, { config: JSON_FORMAT });
  await first.until(() => first.events.length === 1, 'the first item');
  await place.append('a.log', '1}');
  await first.until(() => first.events.length === 2, 'the second item');
  await first.stop();
  await place.append('a.log', ' ,\n7, {"n":');
  const second = running(place, { config: JSON_FORMAT });
  await second.until(() => second.events.length === 1, 'the third item');
  await second.stop();
  await place.append('a.log', '3} ]\n[{"n":4}]{');
  const third = await readOnce(place, { config: JSON_FORMAT });
  expect(numbers([...first.events, ...second.events, ...third.events])).toEqual([0, 11, undefined, 3, 4, undefined]);
  expect(second.events[0]?.event).toMatchObject({ log: '7' });
  // What has no end when everything is read is kept as text.
  expect(third.events.at(-1)?.event).toMatchObject({ log: '{' });
  expect(third.errors.get('line_misfit')).toBe(1);
});

test('a kill in the middle of a huge array loses nothing and doubles nothing that was settled', async () => {
  const place = await testPlace();
  const count = 4000;
  await place.append('a.log', arrayOf(0, count, 'x'.repeat(600)));
  const whole = await readOnce(place, { config: JSON_FORMAT, state: new Map() });
  expect(numbers(whole.events)).toEqual(upTo(count));
  for (const settled of [[0], [0, 1], [0, 1, 3]]) {
    place.state.clear();
    const [first, state] = await killedAfter(place, JSON_FORMAT, count, settled);
    const second = await readOnce(place, { config: JSON_FORMAT, state });
    const begin = second.events[0]!.event['n'] as number;
    expect(begin).toBeGreaterThan(0);
    expect(numbers(second.events)).toEqual(upTo(count).slice(begin));
    const ids = new Set([...first, ...second.events].map(({ id }) => id));
    expect(ids.size).toBe(count);
    expect([...ids]).toEqual(whole.events.map(({ id }) => id));
  }
});

test('the numbers of a document keep their digits', async () => {
  const place = await testPlace();
  await place.append('a.log', '[{"id": 12345678901234567890, "x": 1.10E+2}]');
  const run = await readOnce(place, { config: JSON_FORMAT });
  expect(run.events).toHaveLength(1);
  // The harness parses; the bytes are in the batch.
  expect(run.received).toEqual([{ bytes: 44, merged: 0 }]);
});

test('with read_from: end only what comes then is read, in the middle of an array as well', async () => {
  const place = await testPlace();
  await place.append('a.log', `${arrayOf(0, 500, 'x'.repeat(300)).trimEnd().slice(0, -1)}, {"n": 50`);
  const run = running(place, { config: { ...JSON_FORMAT, read_from: 'end' } });
  await run.until(() => place.state.size > 1, 'the file');
  await place.append('a.log', '0}, {"n": 501}] {"n": 502}');
  await run.until(() => run.events.length === 3, 'the new items');
  expect(numbers(run.events)).toEqual([500, 501, 502]);
});

test('a document that is too long is cut, or a dead letter, and the next one comes whole', async () => {
  const place = await testPlace();
  await place.append('a.log', `{"n":0}{"pad":"${'x'.repeat(3_000_000)}"}{"n":2}`);
  const cut = await readOnce(place, { config: { ...JSON_FORMAT, max_event_bytes: '10KB' }, state: new Map() });
  expect([numbers(cut.events), cut.errors.get('line_truncated')]).toEqual([[0, undefined, 2], 1]);
  const letters = { ...JSON_FORMAT, max_event_bytes: '10KB', oversize: 'dead_letter' };
  const refused = await readOnce(place, { config: letters, state: new Map() });
  expect(refused.rejected.map(({ code }) => code)).toEqual(['line_oversize']);
});

const UTF16 = {
  'utf-16le': (text: string) => Buffer.from(text, 'utf16le'),
  'utf-16be': (text: string) => Buffer.from(text, 'utf16le').swap16(),
};

test.each(['utf-16le', 'utf-16be'] as const)('%s, in pieces that cut characters, over restarts', async (encoding) => {
  const place = await testPlace();
  const lines = ['first é', '漢字 𝄞', '', 'third'];
  const bytes = UTF16[encoding](`\ufeff${lines.join('\r\n')}\r\n`);
  // The mark decides, whatever was asked for.
  const config = { encoding: 'utf-16le' };
  const logs: string[] = [];
  for (let at = 0; at < bytes.length; at += 5) {
    await place.append('a.log', bytes.subarray(at, at + 5));
    const run = running(place, { config });
    await run.until(() => place.state.size > 1, 'the file');
    await run.stop();
  }
  const all = await readOnce(place, { config, state: new Map() });
  logs.push(...all.logs);
  expect(logs).toEqual(lines.filter((line) => line !== ''));
  for (const { event, offset, end } of all.events) {
    expect(bytes.subarray(offset, end)).toEqual(UTF16[encoding](`${String(event['log'])}\r\n`));
  }
});

test('lines of every encoding come once each when killed in between, with the same ids', async () => {
  for (const encoding of ['utf-16be', 'shift_jis', 'latin1']) {
    const place = await testPlace();
    const count = 9000;
    const text = upTo(count)
      .map((n) => `${JSON.stringify({ n, pad: 'y'.repeat(160) })}\n`)
      .join('');
    await writeFile(place.path('a.log'), encoding === 'utf-16be' ? UTF16['utf-16be'](text) : text);
    const config = { encoding };
    const whole = await readOnce(place, { config, state: new Map() });
    expect(numbers(whole.events)).toEqual(upTo(count));
    const [first, state] = await killedAfter(place, config, count, [0, 1]);
    const second = await readOnce(place, { config, state });
    expect(second.events.length).toBeLessThan(count);
    expect([...new Set([...first, ...second.events].map(({ id }) => id))]).toEqual(whole.events.map(({ id }) => id));
  }
});

const TIME = '2024-01-01T00:00:00Z';
const docker = (log: string) => `${JSON.stringify({ log: `${log}\n`, stream: 'stderr', time: TIME })}\n`;
const MARK = '\ufeff';

test.each([
  ['ndjson', '{"n":1}\n{"n":2}\n', [{ n: 1 }, { n: 2 }]],
  [
    'docker',
    docker('one') + docker('two'),
    ['one', 'two'].map((log) => ({ '@timestamp': TIME, stream: 'stderr', log })),
  ],
  [
    'cri',
    `${TIME} stdout P o\n${TIME} stdout F ne\n${TIME} stdout F two\n`,
    ['one', 'two'].map((log) => ({ '@timestamp': TIME, stream: 'stdout', log })),
  ],
  ['text', 'one\r\ntwo', [{ log: 'one' }, { log: 'two' }]],
  ['text', '\none\n', [{ log: 'one' }]],
])('%s: a byte order mark is no part of the first line, whose place it shares', async (_, text, wanted) => {
  const place = await testPlace();
  const bytes = Buffer.from(MARK + text);
  await writeFile(place.path('a.log'), bytes);
  await writeFile(place.path('b.log.gz'), gzipSync(bytes));
  for (const include of ['a.log', '*.gz']) {
    const { events, errors } = await readOnce(place, { config: { include: [include] }, state: new Map() });
    expect(events.map(({ event }) => event)).toMatchObject(wanted);
    expect([...errors]).toEqual([]);
    expect(events[0]?.offset).toBe(text.startsWith('\n') ? 4 : 0);
    expect(events.map(({ end }) => end).at(-1)).toBe(bytes.length);
  }
});

test('a mark is read anew with what follows it: in pieces, after a stop in the first event, and after a truncation', async () => {
  const place = await testPlace();
  const config = { multiline: { start: '^\\d', timeout: '1h' } };
  for (const piece of [Buffer.of(0xef, 0xbb), Buffer.from([0xbf, 0x31]), ' one\n more\n']) {
    await place.append('a.log', piece);
    const run = running(place, { config });
    await run.until(() => place.state.size > 1, 'the file');
    await run.stop();
  }
  await place.append('a.log', '2 two\n3');
  const run = running(place, { config });
  await run.until(() => run.logs.length === 1, 'the first event');
  await run.stop();
  expect([run.logs, run.events[0]?.offset]).toEqual([['1 one\n more'], 0]);
  await writeFile(place.path('a.log'), `${MARK}4 four\n`);
  expect((await readOnce(place, { config })).logs).toEqual(['4 four']);
});

const LONG = 'x'.repeat(1_300_000);

test.each([
  ['docker', docker(LONG) + docker('hi'), { '@timestamp': TIME, stream: 'stderr', log: 'hi' }],
  ['docker', `{"log":"\\\\\\"${LONG}\n${docker('hi')}`, { '@timestamp': TIME, stream: 'stderr', log: 'hi' }],
  ['ndjson', `{"pad":"${LONG}"}\n{"n":1}\n`, { n: 1 }],
  ['ndjson', `{"log":"\\\\","pad":"${LONG}"}\n{"n":1}\n`, { n: 1 }],
  ['text', `{${LONG}}\n{"n":1}\n`, { log: '{"n":1}' }],
])('auto: a first line longer than is read at once tells %s by its beginning', async (_, text, next) => {
  const place = await testPlace();
  await place.append('a.log', text);
  const config = { max_event_bytes: '100KB' };
  const cut = await readOnce(place, { config, state: new Map() });
  expect(cut.events.map(({ event }) => event)).toMatchObject([{ log: expect.stringContaining('xxx') }, next]);
  expect(cut.errors.get('line_truncated')).toBe(1);
  const refused = await readOnce(place, { config: { ...config, oversize: 'dead_letter' }, state: new Map() });
  expect(refused.rejected.map(({ code }) => code)).toEqual(['line_oversize']);
});

test('what an encoding does not know is replaced and counted', async () => {
  const place = await testPlace();
  await place.append('a.log', Buffer.of(0x82, 0xa0, 0x81, 0x0a, 0x95, 0x5c, 0x0a));
  const run = await readOnce(place, { config: { encoding: 'shift_jis' } });
  expect([run.logs, run.errors.get('invalid_utf8_replaced')]).toEqual([['あ\ufffd', '表'], 1]);
});

test('with read_from: end, the line that is being written is read as a whole in UTF-16 too', async () => {
  const place = await testPlace();
  await place.append('a.log', UTF16['utf-16le']('old\nha\u0a0alf'));
  const run = running(place, { config: { encoding: 'utf-16le', read_from: 'end' } });
  await run.until(() => place.state.size > 1, 'the file');
  await place.append('a.log', UTF16['utf-16le'](' line\n'));
  await run.until(() => run.logs.length === 1, 'the line');
  expect(run.logs).toEqual(['ha\u0a0alf line']);
});

test.each([
  [{ format: 'cri', encoding: 'latin1' }, ['encoding'], /must be utf-8 with `format: cri`/],
  [{ format: 'json', multiline: { presets: ['java'] } }, ['multiline'], /has none/],
])('%j is refused', async (config, at, message) => {
  const error: unknown = await readOnce(await testPlace(), { config }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).at).toEqual(at);
  expect((error as ConfigError).message).toMatch(message);
});
