import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ByteWriter,
  ConfigError,
  type EncodedBatch,
  type LogBatch,
  resolveConfig,
  type Sink,
  type Verdict,
} from '@tailrace/core';
import { batchOf, pluginContext } from '@tailrace/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { file } from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tailrace-file-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function create(options: object) {
  const { context, said } = pluginContext(folder);
  const sink = await file.create({ config: resolveConfig(file.config, options), context });
  onTestFinished(() => sink.close?.());
  return { sink, said };
}

/** What the runner does with a batch, in one body. */
function bodyOf(sink: Sink, batch: LogBatch): EncodedBatch {
  const writer = new ByteWriter(1_000_000, 1000);
  expect(sink.encode(batch, 0, batch.length, writer)).toBe(batch.length);
  const bytes = writer.bytes.slice(0, writer.used);
  const end = (entry: number) => writer.marks[entry]!;
  const { entries } = writer;
  return { signal: 'logs', bytes, entries, end, position: (entry) => batch.position(entry), tried: () => false };
}

const send = (sink: Sink, batch: LogBatch): Promise<Verdict> =>
  sink.send(bodyOf(sink, batch), new AbortController().signal);
const read = (name: string) => readFile(join(folder, name), 'utf8');
const DONE = { kind: 'done', refused: [] };

test('appends to one file; mode 0640', async () => {
  const { sink } = await create({ path: 'logs/out.ndjson' });
  expect(await send(sink, batchOf([{ a: 1 }, { b: 'é' }]))).toEqual(DONE);
  expect(await send(sink, batchOf([{ c: 3 }]))).toEqual(DONE);
  expect(await read('logs/out.ndjson')).toBe('{"a":1}\n{"b":"é"}\n{"c":3}\n');
  const { mode } = await stat(join(folder, 'logs/out.ndjson'));
  expect((mode & 0o777 & ~process.umask()).toString(8)).toBe((0o640 & ~process.umask()).toString(8));
  await sink.close?.();
});

test('dates and members in the path', async () => {
  const { sink } = await create({
    path: '{{ YYYY-MM-DD }}/{{ YYYY.MM.DD-HHmm }}_{{ ns.name }}.ndjson',
    fsync: 'batch',
  });
  const events = [
    { '@timestamp': '2026-11-02T23:59:59.9Z', ns: { name: 'a' } },
    { '@timestamp': '2026-11-03T00:00:00Z', ns: { name: 'b' } },
    { '@timestamp': '2026-11-02T23:59:59Z', ns: { name: 'a' }, n: 2 },
    { '@timestamp': '2026-11-03T00:00:00Z' },
  ];
  expect(await send(sink, batchOf(events))).toEqual(DONE);
  const line = (i: number) => `${JSON.stringify(events[i])}\n`;
  expect(await read('2026-11-02/2026.11.02-2359_a.ndjson')).toBe(line(0) + line(2));
  expect(await read('2026-11-03/2026.11.03-0000_b.ndjson')).toBe(line(1));
  expect(await read('2026-11-03/2026.11.03-0000_none.ndjson')).toBe(line(3));
});

test('an event without a time of its own goes where its stream was first seen', async () => {
  const { sink } = await create({ path: '{{ YYYY-MM-DD }}' });
  await send(sink, batchOf([{ a: 1 }], { firstSeen: Date.parse('2026-02-03T00:00:00Z') / 1000 }));
  expect(await readdir(folder)).toEqual(['2026-02-03']);
});

test('no value leaves the folder', async () => {
  const { sink } = await create({ path: 'out/{{ name }}' });
  const names = ['../../etc/passwd', '..', '.', '.hidden', '/abs', 'a\u0000b\nc\td', 'x'.repeat(500), 'ü', ''];
  expect(await send(sink, batchOf([...names, 7, { a: 1 }, null].map((name) => ({ name }))))).toEqual(DONE);
  expect((await readdir(folder)).sort()).toEqual(['out']);
  expect((await readdir(join(folder, 'out'))).sort()).toEqual(
    ['7', '_', '__', '___.._etc_passwd', '__a__1_', '_abs', '_hidden', 'a_b_c_d', 'none', 'x'.repeat(100)].sort(),
  );
});

test('a name that would be too long is cut between its texts, with a hash; one that fits is as it is', async () => {
  const { sink } = await create({ path: 'ü/{{ a }}_{{ YYYY }}{{ b }}_{{ c }}é.ndjson' });
  const [x, y] = ['x'.repeat(100), 'y'.repeat(100)];
  // `_`, `_`, `é.ndjson` and the year take 15 bytes.
  const events = [
    { a: x, b: x, c: x },
    { a: x, b: x, c: `${x.slice(1)}y` },
    { a: x, b: x, c: 'y'.repeat(40) },
    { a: x, b: x, c: 'y'.repeat(41) },
    { a: 's', b: y, c: 'ü'.repeat(99) },
  ];
  expect(await send(sink, batchOf(events, { firstSeen: 0 }))).toEqual(DONE);
  const names = await readdir(join(folder, 'ü'));
  expect(names).toHaveLength(5);
  expect(names).toContain(`${x}_1970${x}_${'y'.repeat(40)}é.ndjson`);
  expect(names).toContain(`s_1970${y}_${'_'.repeat(99)}é.ndjson`);
  const cut = /^x{77}_1970x{77}_(x{77}|y{41})-[0-9a-f]{8}é\.ndjson$/;
  expect(names.filter((name) => cut.test(name))).toHaveLength(3);
});

test('whatever its members hold, each path has a file of its own whose name is not too long', async () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom('x', 'y', '='), minLength: 1, maxLength: 100 }),
    fc.integer({ min: 90, max: 100 }).map((length) => 'x'.repeat(length)),
  );
  const property = fc.asyncProperty(
    fc.uniqueArray(fc.record({ a: text, b: text, c: text }), {
      maxLength: 5,
      selector: (event) => JSON.stringify(event),
    }),
    fc.integer({ min: 0, max: 60 }),
    fc.boolean(),
    async (events, more, rotates) => {
      await rm(join(folder, 'out'), { recursive: true, force: true });
      const path = `out/{{ a }}ü{{ b }}ü{{ c }}/{{ b }}ü{{ a }}ü{{ c }}${'é'.repeat(more)}`;
      const { sink, said } = await create({ path, ...(rotates && { rotate: { max_bytes: '1KB', gzip: true } }) });
      const lines = events.flatMap((event) => [1, 2].map((n) => ({ ...event, n, pad: 'p'.repeat(700) })));
      expect(await send(sink, batchOf(lines))).toEqual(DONE);
      await sink.close?.();
      expect(said.records).toEqual([]);
      const found = await readdir(join(folder, 'out'), { recursive: true, withFileTypes: true }).catch(() => []);
      const names = found.filter((entry) => entry.isFile()).map(({ name }) => name);
      expect(names.filter((name) => !name.endsWith('Z.gz'))).toHaveLength(events.length);
      expect(names.filter((name) => name.endsWith('Z.gz'))).toHaveLength(rotates ? events.length : 0);
    },
  );
  await fc.assert(property, { numRuns: 40 });
});

test('more files than may be open', async () => {
  const { sink } = await create({ path: '{{ n }}.ndjson', max_open_files: 3 });
  const events = Array.from({ length: 60 }, (_, i) => ({ n: i % 20, i }));
  expect(await send(sink, batchOf(events))).toEqual(DONE);
  const open = (await readdir('/proc/self/fd')).length;
  expect(await send(sink, batchOf(events))).toEqual(DONE);
  expect((await readdir('/proc/self/fd')).length).toBeLessThanOrEqual(open + 1);
  const lines = (await read('7.ndjson'))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { i: number }).i);
  expect(lines).toEqual([7, 27, 47, 7, 27, 47]);
});

test('a file that was rotated away is made anew', async () => {
  const { sink } = await create({ path: 'a' });
  await send(sink, batchOf([{ n: 1 }]));
  await rename(join(folder, 'a'), join(folder, 'a.1'));
  await send(sink, batchOf([{ n: 2 }]));
  await rm(join(folder, 'a'));
  await send(sink, batchOf([{ n: 3 }]));
  expect([await read('a.1'), await read('a')]).toEqual(['{"n":1}\n', '{"n":3}\n']);
});

test('one path that cannot be a file ends in the dead letters, and does not hold up the others', async () => {
  const { sink, said } = await create({ path: 'out/{{ a }}/{{ b }}' });
  await mkdir(join(folder, 'out/good/folder'), { recursive: true });
  await writeFile(join(folder, 'out/plain'), 'in the way');
  await symlink('loop', join(folder, 'out/loop'));
  const events = [
    { a: 'plain', b: 'x' },
    { a: 'good', b: 'x' },
    { a: 'good', b: 'folder' },
    { a: 'loop', b: 'x' },
    { a: 'good', b: 'x', n: 2 },
  ];
  const refused = (index: number, message: RegExp) => ({
    index,
    retry: false,
    code: 'path_refused',
    message: expect.stringMatching(message) as string,
  });
  expect(await send(sink, batchOf(events))).toEqual({
    kind: 'done',
    refused: [refused(0, /^EEXIST/), refused(2, /^EISDIR/), refused(3, /^ELOOP/)],
  });
  expect(await read('out/good/x')).toBe('{"a":"good","b":"x"}\n{"a":"good","b":"x","n":2}\n');
  expect(await send(sink, batchOf([events[0]!]))).toEqual({ kind: 'done', refused: [refused(0, /^EEXIST/)] });
  expect([...said.notReady]).toEqual([]);
});

test('a path below a file in the way ends in the dead letters; a folder that is not there yet is waited for', async () => {
  const { sink, said } = await create({ path: 'out/{{ a }}/{{ b }}/x' });
  await mkdir(join(folder, 'out'));
  await writeFile(join(folder, 'out/plain'), 'in the way');
  await symlink(join(folder, 'mount'), join(folder, 'out/link'));
  const batch = batchOf([
    { a: 'plain', b: 1 },
    { a: 'link', b: 1 },
    { a: 'good', b: 1 },
  ]);
  expect(await send(sink, batch)).toMatchObject({
    kind: 'done',
    refused: [
      { index: 0, retry: false, code: 'path_refused' },
      { index: 1, retry: true, code: 'write_failed', subject: 'out/link/1/x' },
    ],
  });
  // Alone in its request it says nothing about the target either.
  const alone = await send(sink, batchOf([{ a: 'link', b: 1 }]));
  expect(alone).toMatchObject({ kind: 'done', refused: [{ index: 0, retry: true, code: 'write_failed' }] });
  expect([...said.notReady.keys()]).toEqual(['out/link/1/x']);
  await mkdir(join(folder, 'mount'));
  expect(await send(sink, batchOf([{ a: 'link', b: 1 }]))).toEqual(DONE);
  expect([...said.notReady]).toEqual([]);
});

test.each(['{{ f }}', 'x'])('what is in the way of all paths (out/%s) is waited for', async (name) => {
  const { sink, said } = await create({ path: `out/${name}` });
  await writeFile(join(folder, 'out'), 'in the way');
  const batch = batchOf([{ f: 'x' }]);
  const message = expect.stringMatching(/^(EEXIST|ENOTDIR): /) as string;
  expect(await send(sink, batch)).toEqual({ kind: 'retry', code: 'write_failed', message });
  expect([...said.notReady]).toEqual([['out/x', message]]);
  await rm(join(folder, 'out'));
  expect(await send(sink, batch)).toEqual(DONE);
  expect([...said.notReady]).toEqual([]);
});

test('a path that is too long as a whole ends in the dead letters', async () => {
  const { sink } = await create({ path: `${'{{ a }}/'.repeat(50)}x` });
  const verdict = await send(sink, batchOf([{ a: 'y'.repeat(100) }, { a: 'z' }]));
  expect(verdict).toMatchObject({ kind: 'done', refused: [{ index: 0, retry: false, code: 'path_refused' }] });
  expect(await read(`${'z/'.repeat(50)}x`)).toBe('{"a":"z"}\n');
});

test('a full disk is tried again', async () => {
  const { sink, said } = await create({ path: '/dev/full' });
  const verdict = await send(sink, batchOf([{ n: 1 }]));
  expect(verdict).toMatchObject({ kind: 'retry', code: 'write_failed' });
  expect(said.notReady.get('/dev/full')).toMatch(/^ENOSPC/);
});

test('half a line that a crash left is cut off, a whole one gets its newline', async () => {
  await writeFile(join(folder, 'half'), '{"a":1}\n{"b":"x');
  await writeFile(join(folder, 'whole'), '{"a":1}\n{"b":2}');
  await writeFile(join(folder, 'only'), '{"a":');
  const { sink, said } = await create({ path: '{{ f }}' });
  await send(sink, batchOf([{ f: 'half' }, { f: 'whole' }, { f: 'only' }]));
  expect(await read('half')).toBe('{"a":1}\n{"f":"half"}\n');
  expect(await read('whole')).toBe('{"a":1}\n{"b":2}\n{"f":"whole"}\n');
  expect(await read('only')).toBe('{"f":"only"}\n');
  expect(said.records.map(({ level, details }) => [level, details])).toEqual([
    ['warn', { path: join(folder, 'half'), bytes: 7 }],
    ['warn', { path: join(folder, 'only'), bytes: 5 }],
  ]);
});

test.each([
  [
    'a/{{ b..c }}',
    'column 3: field path "b..c", column 3: expected a key (quote one that holds . " [ ] or white space)',
  ],
  ['a/{{ b', 'column 3: {{ without }}'],
  ['a/', 'must name a file, not a folder'],
  ['a\nb', 'must not hold control characters'],
  [`a/${'é'.repeat(128)}`, `"${'é'.repeat(40)}…" is too long for a name: 256 bytes, at most 255`],
  [
    `${'y'.repeat(100)}/${'y'.repeat(246)}{{ a }}/x`,
    `"${'y'.repeat(40)}…" is too long for a name: 246 bytes, at most 245 beside what comes from an event`,
  ],
])('the path %j is refused', async (path, message) => {
  const error: unknown = await create({ path }).catch((thrown: unknown) => thrown);
  expect(error).toEqual(new ConfigError(['path'], message));
});

test('a quoted name is a member, not a date', async () => {
  const { sink } = await create({ path: '{{ "YYYY" }}' });
  await send(sink, batchOf([{ YYYY: 'year' }]));
  expect(await readdir(folder)).toEqual(['year']);
});

test('the probe makes the folder or says why not', async () => {
  const { sink } = await create({ path: 'deep/er/{{ YYYY }}-x' });
  await sink.probe?.(new AbortController().signal);
  expect((await stat(join(folder, 'deep/er'))).isDirectory()).toBe(true);
  await writeFile(join(folder, 'plain'), '');
  const blocked = await create({ path: 'plain/x' });
  await expect(blocked.sink.probe?.(new AbortController().signal)).rejects.toMatchObject({ code: 'write_failed' });
});

test('a write that fails in the middle leaves no half line', async () => {
  const module = fileURLToPath(new URL('./index.ts', import.meta.url));
  const program = `
    const { file } = await import(${JSON.stringify(module)});
    const said = [];
    const context = { resolvePath: (path) => path, log: {}, notReady: (subject, reason) => said.push(reason) };
    const path = ${JSON.stringify(join(folder, 'small'))};
    const config = { path, rotate: { gzip: false }, fsync: 'never', fsync_interval: 1000, max_open_files: 1 };
    const sink = await file.create({ config, context });
    const body = { bytes: Buffer.from('x'.repeat(2999) + '\\n'), entries: 1, end: () => 3000 };
    const verdicts = [];
    for (let i = 0; i < 3; i++) verdicts.push((await sink.send(body, new AbortController().signal)).kind);
    console.log(JSON.stringify([verdicts, said]));
  `;
  // The shell counts in blocks of 512 or of 1,024 bytes: room for 4,096 or 8,192.
  const { stdout } = spawnSync(
    'sh',
    ['-c', 'ulimit -f 8; exec "$0" --conditions=source --input-type=module -e "$1"', process.execPath, program],
    { encoding: 'utf8' },
  );
  const [verdicts, said] = JSON.parse(stdout) as [string[], (string | null)[]];
  expect([verdicts[0], verdicts[2]]).toEqual(['done', 'retry']);
  expect(said[2]).toMatch(/^EFBIG/);
  expect((await stat(join(folder, 'small'))).size).toBe(3000 * verdicts.filter((kind) => kind === 'done').length);
});
