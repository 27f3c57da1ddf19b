import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConfigError, resolveConfig } from '@tailrace/core';
import { sourceContext, sourceRun } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stdin, stdinSource } from './stdin.ts';

const TIME = '2026-11-02T06:00:00.5Z';

async function read(input: Iterable<string | Uint8Array>, options: object = {}) {
  const { context, said } = sourceContext();
  const run = sourceRun();
  const chunks = [...input].map((chunk) => Buffer.from(chunk));
  const source = stdinSource(
    () => Readable.from(chunks, { objectMode: true }),
    resolveConfig(stdin.config, options),
    context,
  );
  await source.run(run.io);
  const positions = run.batches.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => batch.position(i)));
  return { ...run, events: run.events() as Record<string, unknown>[], said, positions };
}

test.each([
  [
    'docker',
    `{"log":"hi\\n","stream":"stderr","time":"${TIME}"}\n`,
    { '@timestamp': TIME, stream: 'stderr', log: 'hi' },
  ],
  ['cri', `${TIME} stdout F hi\n`, { '@timestamp': TIME, stream: 'stdout', log: 'hi' }],
  ['ndjson', '{"a":1}\n', { a: 1 }],
  ['text', 'hi there\n', { log: 'hi there' }],
  ['text', '[2026-11-02] {hi}\n', { log: '[2026-11-02] {hi}' }],
  ['json', '{\n"a":1\n}', { a: 1 }],
  ['json', '[{"a":1}]', { a: 1 }],
])('auto knows %s', async (_format, text, event) => {
  const { events } = await read([text]);
  expect(events).toMatchObject([event]);
});

test('auto decides alike however the input is cut, with a byte order mark and without', async () => {
  for (const text of ['[\n{"a":1},{"b":2}]\n', `\n${TIME} stdout F hi\n`, '{"a":1}\n{"b":2}\n', '{', '[  INFO ] x\n']) {
    const whole = await read([text]);
    const bytewise = await read(
      Buffer.from(`\ufeff${text}`)
        .toString('latin1')
        .split('')
        .map((c) => Buffer.from(c, 'latin1')),
    );
    const plain = (events: Record<string, unknown>[]) => events.map((event) => ({ ...event, '@timestamp': '' }));
    expect(plain(bytewise.events)).toEqual(plain(whole.events));
  }
});

test('a last line without a newline counts, an empty input gives nothing', async () => {
  expect((await read(['a\nb'])).events).toMatchObject([{ log: 'a' }, { log: 'b' }]);
  expect((await read([])).events).toEqual([]);
});

test.each(['auto', 'docker', 'cri', 'ndjson', 'text'])(
  '%s: a byte order mark is no part of the first line',
  async (format) => {
    const line = {
      docker: `{"log":"hi\\n","stream":"stderr","time":"${TIME}"}\n`,
      cri: `${TIME} stderr F hi\n`,
      ndjson: `{"@timestamp":"${TIME}","log":"hi","stream":"stderr"}\n`,
      text: 'hi\n',
    };
    for (const [written, text] of Object.entries(line)) {
      if (format !== 'auto' && format !== written) continue;
      const { events, said, positions } = await read([`\ufeff${text}`, text], { format });
      const event = written === 'text' ? { log: 'hi' } : { '@timestamp': TIME, stream: 'stderr', log: 'hi' };
      expect(events).toMatchObject([event, event]);
      expect(said.errors).toEqual({});
      const size = text.length;
      expect(positions).toMatchObject([
        { offset: 0, end: size + 3 },
        { offset: size + 3, end: 2 * size + 3 },
      ]);
    }
  },
);

test('auto: a first line longer than an event may be tells the format by its beginning', async () => {
  const long = 'x'.repeat(300_000);
  const { events, said } = await read([`{"pad":"${long}`, `"}\n{"a":1}\n`], { max_event_bytes: '100KB' });
  expect(events).toMatchObject([{ log: expect.stringContaining('{"pad":"xxx') }, { a: 1 }]);
  expect(said.errors).toEqual({ line_truncated: 1, line_misfit: 1 });
});

test('json: the events keep their numbers and know their place in the input', async () => {
  const text = '[{"n":12345678901234567890},\n{"m":1.50}]';
  const { batches, positions, received } = await read([text.slice(0, 12), text.slice(12)], { format: 'json' });
  const texts = batches.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => batch.text(i)));
  expect(texts[0]).toContain('"n":12345678901234567890');
  expect(texts[1]).toContain('"m":1.50');
  expect(positions.map(({ offset, end }) => text.slice(offset, end))).toEqual([
    '{"n":12345678901234567890}',
    '{"m":1.50}',
  ]);
  expect(received.reduce((sum, one) => sum + one.bytes, 0)).toBe(text.length);
});

test('json: what is no object is kept as text and counted', async () => {
  const { events, said } = await read(['[1,{"a":1},{"b":}]'], { format: 'json' });
  expect(events).toMatchObject([{ log: '1' }, { a: 1 }, { log: '{"b":}' }]);
  expect(said.errors).toEqual({ line_misfit: 2 });
});

test('json: a document above the cap is cut and counted', async () => {
  const { events, said } = await read([`{"a":"${'x'.repeat(5000)}"}{"b":1}`], {
    format: 'json',
    max_event_bytes: 1000,
  });
  expect(events).toMatchObject([{ log: `{"a":"${'x'.repeat(991)}` }, { b: 1 }]);
  expect(said.errors['line_truncated']).toBe(1);
});

test('any bytes in any format: the same events however the input is cut', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
    fc
      .array(
        fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', '1', 'a', ' ', '\n', '\r', 'é', '\ufeff', '{"a":1}'),
        {
          maxLength: 40,
        },
      )
      .map((parts) => Buffer.from(parts.join(''))),
  );
  const format = fc.constantFrom('auto', 'docker', 'cri', 'ndjson', 'text', 'json');
  const size = fc.integer({ min: 1, max: 9 });
  await fc.assert(
    fc.asyncProperty(bytes, format, size, async (input, name, step) => {
      const parts = Array.from({ length: Math.ceil(input.length / step) }, (_, i) =>
        input.subarray(i * step, (i + 1) * step),
      );
      const [whole, cut] = [await read([input], { format: name }), await read(parts, { format: name })];
      const plain = ({ events, positions }: typeof whole) =>
        events.map((event, i) => [{ ...event, '@timestamp': '' }, positions[i]!.offset, positions[i]!.end]);
      expect(plain(cut)).toEqual(plain(whole));
      expect(cut.said.errors).toEqual(whole.said.errors);
    }),
    { numRuns: 200 },
  );
});

test('two runs over the same bytes are two streams', async () => {
  const [first, second] = [await read(['a\n']), await read(['a\n'])];
  expect(first.batches[0]!.id(0)).not.toBe(second.batches[0]!.id(0));
  expect(first.batches[0]!.id(0)).toMatch(/^[\w-]{16}-0{12}$/);
});

test('it returns only when everything has settled', async () => {
  const { context } = sourceContext();
  const settle = Promise.withResolvers<'delivered'>();
  const run = sourceRun({ outcome: () => settle.promise });
  let ended = false;
  const source = stdinSource(() => Readable.from([Buffer.from('a\n')]), resolveConfig(stdin.config, {}), context);
  const running = source.run(run.io).then(() => {
    ended = true;
  });
  await sleep(20);
  expect([run.batches.length, run.isReady(), ended]).toEqual([1, true, false]);
  settle.resolve('delivered');
  await running;
});

test('a stop ends the reading of an input that stays open', async () => {
  const { context } = sourceContext();
  const run = sourceRun();
  const input = new Readable({ read() {} });
  input.push('a\nunfinished');
  const running = stdinSource(() => input, resolveConfig(stdin.config, {}), context).run(run.io);
  await expect.poll(() => run.batches.length).toBe(1);
  run.abort.abort();
  await running;
  expect(run.events()).toMatchObject([{ log: 'a' }]);
});

test('an impossible cap is a configuration error at its place', () => {
  const { context } = sourceContext();
  const create = () =>
    stdinSource(() => process.stdin, resolveConfig(stdin.config, { max_event_bytes: 5_000_000 }), context);
  expect(create).toThrow('must be from 1 byte to 4MiB, is 5000000 bytes');
  try {
    create();
  } catch (error) {
    expect((error as ConfigError).at).toEqual(['max_event_bytes']);
  }
});

test('multiline: lines join, whatever chunks they come in; the last event ends with the input', async () => {
  const text = 'one\n two\n\n three\nfour\n five';
  for (const input of [[text], text]) {
    const { events, positions, received } = await read(input, { multiline: { continue: '^\\s|^$' } });
    expect(events.map(({ log }) => log)).toEqual(['one\n two\n\n three', 'four\n five']);
    expect(positions.map(({ offset, end }) => [offset, end])).toEqual([
      [0, 17],
      [17, 27],
    ]);
    expect(received.reduce((sum, { merged = 0 }) => sum + merged, 0)).toBe(3);
  }
});

test('multiline: an event is given out when no line came in time', async () => {
  const { context, said } = sourceContext();
  const run = sourceRun();
  const input = new PassThrough();
  const config = resolveConfig(stdin.config, { multiline: { start: '^S', timeout: '30ms', max_lines: 2 } });
  const ended = stdinSource(() => input, config, context).run(run.io);
  input.write('S one\n two\n');
  await expect.poll(() => run.events()).toMatchObject([{ log: 'S one\n two' }]);
  input.write(' three\n four\n five\n');
  await expect.poll(() => run.events()).toMatchObject([{}, { log: ' three\n four' }, { log: ' five' }]);
  input.end('S end');
  await ended;
  expect(run.events()).toMatchObject([{}, {}, {}, { log: 'S end' }]);
  expect(said.errors).toEqual({ multiline_split: 1 });
});

test('multiline: documents have no lines to join', () => {
  const { context } = sourceContext();
  const config = resolveConfig(stdin.config, { format: 'json', multiline: { start: 'x' } });
  expect(() => stdinSource(() => Readable.from([]), config, context)).toThrow(
    'joins lines, and `format: json` has none',
  );
});
