import { ConfigError } from '@tailrace/core';
import { batchOf, transformHarness } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unpack } from '../unpack.ts';
import { merge } from './merge.ts';
import { parse } from './parse.ts';

/** What comes out of one event. */
async function parsed(config: object, event: object | string): Promise<unknown> {
  return (await transformHarness(parse, config)).run([event]).events[0];
}

/** A copy in which no two places share an object, as in parsed text. */
const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

test.each(parse.examples)('example: $title', async ({ config, input, output }) => {
  expect((await transformHarness(parse, config)).run(input).events).toEqual(output);
});

test('every option is in an example', () => {
  const used = new Set(parse.examples.flatMap(({ config }) => Object.keys(config as object)));
  expect(Object.keys(parse.config.json.properties!).filter((name) => !used.has(name))).toEqual([]);
});

test('events without the text pass with their bytes', async () => {
  const { run } = await transformHarness(parse, { format: 'logfmt' });
  const texts = ['{"a": 1.50}', '{"log":null}', '{"log": {"x":1}}', '{"log":7}', '{}'];
  expect(run(texts)).toMatchObject({ texts, errors: {}, rejected: [] });
});

test('what is not touched keeps its bytes, also where keys meet', async () => {
  const { run } = await transformHarness(parse, { format: 'logfmt' });
  const texts = [
    '{ "n": 12345678901234567890.10 , "log":"a=1 b=\\"x\\\\\\"\\"\\n" ,"é":"\\u00e9"}',
    '{ "n": 12345678901234567890.10 , "log":"n=1" ,"é":"\\u00e9"}',
  ];
  expect(run(texts).texts).toEqual([
    '{ "n": 12345678901234567890.10 , "a":"1","b":"x\\"" ,"é":"\\u00e9"}',
    '{ "n": "1" , "é":"\\u00e9"}',
  ]);
});

test.each([
  [{}, { log: 'a=1', a: 'x', b: 2 }, { a: '1', b: 2 }],
  [{ on_conflict: 'outer_wins' }, { log: 'a=1 c=3', a: 'x' }, { a: 'x', c: '3' }],
  [
    { on_conflict: 'rename' },
    { log: 'a=1 kubernetes=2', a: 'x', kubernetes: {} },
    { a: 'x', log_a: '1', kubernetes: {}, log_kubernetes: '2' },
  ],
  [{ on_conflict: 'rename' }, { log: 'a=1', a: 'x', log_a: 'y' }, { a: 'x', log_a: 'y', log_log_a: '1' }],
  [{ on_conflict: 'rename' }, { log: 'log_a=1 a=2', a: 'x' }, { a: 'x', log_a: '1', log_log_a: '2' }],
  [{ on_conflict: 'rename' }, { log: 'a=2 log_a=1', a: 'x' }, { a: 'x', log_a: '1', log_log_a: '2' }],
  [
    { on_conflict: 'rename', into: 'd' },
    { log: 'a=2 log_a=1', d: { a: 'x', log_log_a: 'y' } },
    { d: { a: 'x', log_a: '1', log_log_a: 'y', log_log_log_a: '2' } },
  ],
  [
    { on_conflict: 'rename', time_field: 'ts' },
    { log: '@timestamp=x ts=2023-05-06T07:08:09Z', '@timestamp': '2024-01-01T00:00:00Z' },
    { '@timestamp': '2023-05-06T07:08:09Z', 'log_@timestamp': 'x' },
  ],
  [
    { on_conflict: 'rename', time_field: 'ts' },
    { log: '@timestamp=x ts=2023-05-06T07:08:09Z' },
    { '@timestamp': '2023-05-06T07:08:09Z', 'log_@timestamp': 'x' },
  ],
  [
    { protect: [], time_field: 'ts' },
    { log: '@timestamp=x ts=2023-05-06T07:08:09Z' },
    { '@timestamp': '2023-05-06T07:08:09Z' },
  ],
  [{}, { log: 'a=1 kubernetes=2', kubernetes: {} }, { a: '1', kubernetes: {} }],
  [{ protect: [] }, { log: 'kubernetes=2', kubernetes: {} }, { kubernetes: '2' }],
  [{}, { log: 'log=1 a=2' }, { log: '1', a: '2' }],
  [{ keep_original: 'always' }, { log: 'log=1 a=2' }, { log: '1', a: '2' }],
  [{ keep_original: 'always', on_conflict: 'outer_wins' }, { log: 'log=1 a=2' }, { log: 'log=1 a=2', a: '2' }],
  [{ keep_original: 'always' }, { log: 'a=2' }, { log: 'a=2', a: '2' }],
  [{ field: 'x.y' }, { x: { y: 'a=1', z: 2 } }, { x: { z: 2 }, a: '1' }],
  [{ field: 'x.y', keep_original: 'always' }, { x: { y: 'a=1' } }, { x: { y: 'a=1' }, a: '1' }],
  [{ field: 'x.y', into: 'x' }, { x: { y: 'y=1', z: 2 } }, { x: { y: '1', z: 2 } }],
  [{ into: 'd' }, { log: 'a=1' }, { d: { a: '1' } }],
  [
    { into: 'd' },
    { log: 'a=1 kubernetes=x', d: { a: 0, b: 2, kubernetes: 1 } },
    { d: { a: '1', b: 2, kubernetes: 'x' } },
  ],
  [{ into: 'd' }, { log: 'a=1', d: 'text' }, { d: { a: '1' } }],
  [{ into: 'd', on_conflict: 'outer_wins' }, { log: 'a=1', d: 'text' }, { d: 'text' }],
  [{ into: 'd.e' }, { log: 'a=1', d: { f: 1 } }, { d: { f: 1, e: { a: '1' } } }],
  [{ into: 'log' }, { log: 'a=1' }, { log: { a: '1' } }],
])('%j on %j', async (config, event, expected) => {
  expect(await parsed({ format: 'logfmt', ...config }, event)).toEqual(expected);
});

test.each([
  [{}, '{"log":"token=s","n":1,"log":"y=2"}', '{"y":"2","n":1}'],
  [{}, '{"l\\u006fg":"token=s","log":{"token":"s"},"log":"y=2"}', '{"y":"2"}'],
  [{}, '{"log":"token=s","log":"log=1"}', '{"log":"1"}'],
  [{}, '{"log":"token=s","log":"no"}', '{"log":"token=s","log":"no"}'],
  [{ keep_original: 'never' }, '{"log":"token=s","log":"no"}', '{}'],
  [{ keep_original: 'always' }, '{"log":"x=1","log":"y=2"}', '{"log":"x=1","log":"y=2","y":"2"}'],
  [{ field: 'x.y' }, '{"x":{"y":"token=s"},"x":{"y":"b=2","n":1.0}}', '{"b":"2","x":{"n":1.0}}'],
  [{ field: 'x.y', into: 'x' }, '{"x":{"y":"token=s","y":"y=2"}}', '{"x":{"y":"2"}}'],
  [{ field: 'x.y', keep_original: 'never' }, '{"x":{"y":"token=s"},"x":{"y":"no"}}', '{"x":{}}'],
])('a text that is there twice goes as one does: %j on %s', async (config, event, expected) => {
  const { run } = await transformHarness(parse, { format: 'logfmt', ...config });
  expect(run([event]).texts).toEqual([expected]);
});

test('a key such as __proto__ is an ordinary one, also where keys meet', async () => {
  const { run } = await transformHarness(parse, { format: 'logfmt' });
  expect(run(['{"log":"__proto__=x constructor=y"}', '{"log":"__proto__=x a=2","a":1}']).texts).toEqual([
    '{"__proto__":"x","constructor":"y"}',
    '{"__proto__":"x","a":"2"}',
  ]);
});

test.each([
  ['keep', [{ log: 'no' }, { a: '1' }], [], null],
  ['drop', [{ a: '1' }], [], 'not_parsed'],
  ['dead_letter', [{ a: '1' }], [[0, 'not_parsed', 'log: has no pair such as key=value']], null],
])('on_error: %s', async (on_error, events, rejected, reason) => {
  const { run } = await transformHarness(parse, { format: 'logfmt', on_error });
  const done = run([{ log: 'no' }, { log: 'a=1' }]);
  expect([done.events, done.errors, done.reason]).toEqual([events, { not_parsed: 1 }, reason]);
  expect(done.rejected.map(({ i, code, message }) => [i, code, message])).toEqual(rejected);
  expect(run([{ log: 'a=1' }]).errors).toEqual({});
});

test('an event that did not fit may lose its text and gain a word about it', async () => {
  const config = { format: 'logfmt', keep_original: 'never', error_field: 'parse.error', max_bytes: '8' };
  const { run } = await transformHarness(parse, config);
  const done = run([{ log: 'no', n: 1 }, { log: 'a=1234567' }, { log: 'a="\\n"\n' }]);
  expect(done.events).toEqual([
    { n: 1, parse: { error: 'has no pair such as key=value' } },
    { parse: { error: 'is longer than max_bytes, 8' } },
    { a: '\n' },
  ]);
  expect(done.errors).toEqual({ not_parsed: 1, too_large: 1 });
});

test('an event that would become too large stays as it was', async () => {
  const { run } = await transformHarness(parse, { format: 'logfmt', keep_original: 'always', max_bytes: '4MiB' });
  const event = { log: `a=${'x'.repeat(3_000_000)}` };
  const done = run([event, { log: 'a=1' }]);
  expect(done.errors).toEqual({ too_large: 1 });
  expect(done.events).toEqual([event, { log: 'a=1', a: '1' }]);
});

test('the line’s time is the event’s, to the nanosecond, in the text and beside it', async () => {
  const config = { format: 'logfmt', time_field: 'ts' };
  const { runBatch } = await transformHarness(parse, config);
  const { batches, errors, events } = runBatch(
    batchOf([
      { '@timestamp': '2024-01-01T00:00:00Z', log: 'ts=2023-05-06T07:08:09.123456789+02:00 a=1' },
      { log: 'a=1 ts=2023-05-06T07:08:09.5Z' },
      { a: 0, '@timestamp': '2024-01-01T00:00:00Z', log: 'a=1 ts=2023-05-06T07:08:09Z' },
      { log: 'a=1', '@timestamp': '2024-01-01T00:00:00Z' },
      { log: 'a=1 ts=yesterday' },
      { log: '@timestamp=2023-05-06T07:08:09Z' },
      { log: '@timestamp=2022-05-06T07:08:09Z ts=2023-05-06T07:08:09Z' },
    ]),
  );
  expect(events).toEqual([
    { '@timestamp': '2023-05-06T05:08:09.123456789Z', a: '1' },
    { '@timestamp': '2023-05-06T07:08:09.500Z', a: '1' },
    { '@timestamp': '2023-05-06T07:08:09Z', a: '1' },
    { '@timestamp': '2024-01-01T00:00:00Z', a: '1' },
    { ts: 'yesterday', a: '1' },
    { '@timestamp': '2023-05-06T07:08:09Z' },
    { '@timestamp': '2023-05-06T07:08:09Z' },
  ]);
  expect(errors).toEqual({ value_unfit: 1 });
  const [batch] = batches;
  expect([0, 1, 2, 5, 6].map((i) => [batch!.hasOwnTime(i), batch!.time(i)])).toEqual([
    [true, 1683349689_123456789n],
    [true, 1683356889_500000000n],
    [true, 1683356889_000000000n],
    [true, 1683356889_000000000n],
    [true, 1683356889_000000000n],
  ]);
});

test('a time without a year is the one nearest to the event’s, in the zone that is told', async () => {
  const event = { '@timestamp': '2024-01-01T00:30:00Z', log: 'Dec 31 23:59:59 h a: b' };
  expect(await parsed({ format: 'syslog' }, event)).toMatchObject({ '@timestamp': '2023-12-31T23:59:59Z' });
  const berlin = { format: 'syslog', timezone: 'Europe/Berlin' };
  expect(await parsed(berlin, event)).toMatchObject({ '@timestamp': '2023-12-31T22:59:59Z' });
  const late = { '@timestamp': '2023-12-31T23:59:59Z', log: 'I0101 00:00:01.000000 1 a.go:1] b' };
  expect(await parsed({ format: 'klog' }, late)).toMatchObject({ '@timestamp': '2024-01-01T00:00:01Z' });
});

test('the time may be a nested field, and is left where time_field is empty', async () => {
  const nested = {
    format: 'regex',
    patterns: ['^(?<a.t>\\d+) (?<a.b>.*)$'],
    time_field: 'a.t',
    time_formats: ['epoch'],
  };
  expect(await parsed(nested, { log: '1700000000 x' })).toEqual({
    '@timestamp': '2023-11-14T22:13:20Z',
    a: { b: 'x' },
  });
  const left = { format: 'klog', time_field: '' };
  expect(await parsed(left, { log: 'I0101 00:00:01.000000 1 a.go:1] b' })).toMatchObject({
    timestamp: '0101 00:00:01.000000',
  });
});

test('pairs inside a line of klog are read by a second step', async () => {
  const log = 'I0521 09:45:29.105938       1 httplog.go:132] "HTTP" verb="GET" URI="/readyz" latency="1.2ms"';
  const event = await parsed({ format: 'klog' }, { '@timestamp': '2024-05-21T10:00:00Z', log });
  const second = { field: 'message', format: 'logfmt', bare_words: 'ignore', into: 'values', keep_original: 'always' };
  expect(await parsed(second, event as object)).toMatchObject({
    severity: 'INFO',
    message: '"HTTP" verb="GET" URI="/readyz" latency="1.2ms"',
    values: { verb: 'GET', URI: '/readyz', latency: '1.2ms' },
  });
});

test('a pattern takes whole characters; half of one alone is replaced', async () => {
  for (const pattern of ['^(?<a>.)(?<b>.*)$', '^(?<a>.)(?<b>.{0,30})$']) {
    const config = { format: 'regex', patterns: [pattern] };
    expect(await parsed(config, { log: '😀!' })).toEqual({ a: '😀', b: '!' });
    expect(await parsed(config, { log: '\ude00😀\ud83d' })).toEqual({ a: '\ufffd', b: '😀\ufffd' });
  }
});

test.each([
  [{ format: 'regex' }, [], 'the format regex needs "patterns"'],
  [{ format: 'csv' }, [], 'the format csv needs "columns"'],
  [{ format: 'csv', columns: ['a'], quotes: '""' }, ['quotes'], 'must be one character for the format csv, is ""'],
  [{ format: 'csv', columns: ['a'], delimiter: '"' }, ['delimiter'], 'must not hold the quote'],
  [
    { format: 'csv', columns: ['a', 'b['] },
    ['columns', 1],
    'field path "b[", column 3: expected an array index and "]"',
  ],
  [{ format: 'key_value', key_separator: ' ' }, ['key_separator'], 'must not be that between the pairs too'],
  [
    { format: 'logfmt', patterns: ['a'] },
    ['patterns'],
    'does nothing for the format logfmt: it belongs to regex and grok',
  ],
  [
    { format: 'regex', patterns: ['a', '(?<a>'] },
    ['patterns', 0],
    'has no named group, so it says nothing: write (?<name>…), in grok %{NAME:name}',
  ],
  [
    { format: 'regex', patterns: ['(?<a>(?=b))'] },
    ['patterns', 0],
    'column 6: a look-around (?= cannot be matched in linear time',
  ],
  [{ format: 'logfmt', field: 'a[0]' }, ['field'], 'names an array item, which cannot be made: a[0]'],
  [{ format: 'logfmt', max_bytes: '8MiB' }, ['max_bytes'], 'must be from 1 byte to 4MiB (4194304), is 8388608'],
  [{ format: 'logfmt', time_formats: ['epoch'] }, ['time_formats'], 'does nothing without "time_field"'],
  [{ format: 'klog', time_formats: ['%Q'] }, ['time_formats', 0], /^%Q has %Q, which is no directive/],
  [{ format: 'klog', timezone: 'Mars' }, ['timezone'], /^is no time zone: .*, is Mars$/],
])('%j is refused', async (config, at, message) => {
  const error = await transformHarness(parse, config).then(
    () => null,
    (thrown: unknown) => thrown as ConfigError,
  );
  expect(error).toBeInstanceOf(ConfigError);
  expect([error?.at, error?.message]).toEqual([
    at,
    typeof message === 'string' ? message : expect.stringMatching(message),
  ]);
});

const key = fc.constantFrom('a', 'b', 'log', 'kubernetes', '@timestamp', 'log_a', 'log_log_a', 'log_log');
const event = fc.dictionary(key, fc.oneof(fc.string(), fc.nat(), fc.constant({ a: 1 })), { noNullPrototype: true });
const pairs = fc.dictionary(key, fc.stringMatching(/^[a-z]{1,5}$/), { minKeys: 1, noNullPrototype: true });
const lineOf = (said: Record<string, string>): string =>
  Object.entries(said)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ');

test('members get the names that unpack would give them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(event, pairs)), fc.boolean(), async (cases, keeps) => {
      const keep_original = keeps ? 'always' : 'on_error';
      const lines = await transformHarness(parse, { format: 'logfmt', on_conflict: 'rename', keep_original });
      const objects = await transformHarness(unpack, { conflict: 'rename', keep_original });
      const log = keeps ? { log: 'kept' } : {};
      const got = lines.run(cases.map(([one, said]) => ({ ...one, log: lineOf(said) }))).events;
      const wanted = objects.run(cases.map(([one, said]) => ({ ...one, log: JSON.stringify(said) }))).events;
      expect(got.map((one) => ({ ...(one as object), ...log }))).toEqual(
        wanted.map((one) => ({ ...(one as object), ...log })),
      );
    }),
    { numRuns: 60 },
  );
});

test('events come out as if the members had been merged into their objects', async () => {
  /** Members with the text's key that stand before it. */
  const twice = fc.constantFrom('', '', '"log":"SECRET=1",', '"l\\u006fg":{"SECRET":1},"log":"SECRET",');
  const policy = fc.record({
    on_conflict: fc.constantFrom('inner_wins', 'outer_wins', 'rename'),
    keep_original: fc.constantFrom('on_error', 'always'),
    into: fc.constantFrom('root', 'a', 'log', 'a.b'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(event, pairs, twice), { maxLength: 4 }), policy, async (cases, config) => {
      const { run } = await transformHarness(parse, { format: 'logfmt', ...config });
      const input = cases.map(([one, said]) => ({ ...one, log: lineOf(said) }));
      const expected = cases.map(([, said], k) => {
        const { log, ...rest } = copyOf(input[k]!);
        const object = config.keep_original === 'always' ? copyOf(input[k]!) : rest;
        const protect = config.on_conflict === 'inner_wins' ? ['kubernetes', 'docker', '@timestamp'] : [];
        const members = { root: said, a: { a: said }, log: { log: said }, 'a.b': { a: { b: said } } }[config.into]!;
        merge(object, copyOf(members) as never, {
          onConflict: config.on_conflict,
          protect: new Set(protect),
          prefix: 'log_',
        });
        return object;
      });
      const { events, texts } = run(
        cases.map(([, , before], k) => JSON.stringify(input[k]).replace('{', `{${before}`)),
      );
      expect(events).toEqual(expected);
      if (config.keep_original !== 'always') expect(texts.join('')).not.toContain('SECRET');
    }),
    { numRuns: 100 },
  );
});
