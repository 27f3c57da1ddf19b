import { randomBytes } from 'node:crypto';
import { mkdir, stat, symlink } from 'node:fs/promises';
import { resolveConfig } from '@tailrace/core';
import { expect, onTestFinished, test } from 'vitest';
import { readOnce, start } from './harness.ts';
import { config, optionsOf } from './options.ts';
import { testSources } from './test-place.fixture.ts';

const { testPlace, running } = testSources(onTestFinished);

const docker = (log: string, stream = 'stdout') =>
  `${JSON.stringify({ log, stream, time: '2024-01-01T00:00:00.123456789Z' })}\n`;

test('reads lines of each format, decided per file', async () => {
  const at = await testPlace();
  await at.append('a.log', docker('hello\n'));
  await at.append('b.log', '2024-01-01T00:00:00.5Z stderr P hel\n2024-01-01T00:00:01Z stderr F lo\n');
  await at.append('c.log', '\n{"level":"info"}\n');
  await at.append('d.log', 'plain\n');
  const run = await readOnce(at);
  const time = expect.any(String);
  expect(run.events.map(({ event }) => event)).toEqual([
    { '@timestamp': '2024-01-01T00:00:00.123456789Z', stream: 'stdout', log: 'hello' },
    { '@timestamp': '2024-01-01T00:00:00.5Z', stream: 'stderr', log: 'hello' },
    { '@timestamp': time, level: 'info' },
    { '@timestamp': time, log: 'plain' },
  ]);
  expect(run.received.map(({ merged }) => merged)).toEqual([0, 1, 0, 0]);
  expect(run.received.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(
    (await Promise.all(['a', 'b', 'c', 'd'].map((name) => stat(at.path(`${name}.log`))))).reduce(
      (sum, { size }) => sum + size,
      0,
    ),
  );
});

test('follows what is written, and files that come later', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\ntw');
  const run = running(at);
  await run.until(() => run.logs.length === 1, 'the first line');
  await at.append('a.log', 'o\n');
  await at.append('b.log', 'new\n');
  await run.until(() => run.logs.length === 3, 'the others');
  expect(run.logs.toSorted()).toEqual(['new', 'one', 'two']);
});

test('is told of changes by the system, without a scan', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = running(at, { config: { scan_interval: '1h' } });
  await run.until(() => run.logs.length === 1, 'the first line');
  await at.append('a.log', 'two\n');
  await run.until(() => run.logs.length === 2, 'the second line');
  await at.append('b.log', 'three\n');
  await run.until(() => run.logs.length === 3, 'the line of another file');
});

test('waiting for room longer than a scan is due leaves the event loop free with --once', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  const run = start(at, { once: true });
  // The timer fires only if the wait does not spin.
  run.gate = new Promise((resolve) => setTimeout(resolve, 200));
  await run.finished;
  expect(run.events.map(({ event }) => event['log'])).toEqual(['one']);
});

test('an unterminated last line counts with --once, and waits without', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\ntwo');
  expect((await readOnce(at, { state: new Map() })).logs).toEqual(['one', 'two']);
  const run = running(at);
  await run.until(() => run.logs.length === 1, 'the first line');
  await at.append('a.log', '!\n');
  await run.until(() => run.logs.length === 2, 'the second line');
  expect(run.logs).toEqual(['one', 'two!']);
});

test('puts the names of the container into each event, and the path where it is wanted', async () => {
  const at = await testPlace();
  const id = '0123456789abcdef'.repeat(4);
  await mkdir(at.path('pods/mirrord_operator-7d_9f-01/operator'), { recursive: true });
  await mkdir(at.path('containers'));
  await at.append('pods/mirrord_operator-7d_9f-01/operator/0.log', '2024-01-01T00:00:00Z stdout F {"a":1}\n');
  const link = at.path(`containers/operator-7d_mirrord_operator-${id}.log`);
  await symlink(at.path('pods/mirrord_operator-7d_9f-01/operator/0.log'), link);
  const kubernetes = {
    namespace_name: 'mirrord',
    pod_name: 'operator-7d',
    container_name: 'operator',
    pod_id: '9f-01',
  };
  const include = [`containers/*_mirrord_operator-*.log`, 'pods/*/*/*.log'];
  const run = await readOnce(at, { config: { include, path_field: 'kubernetes.file' }, state: new Map() });
  const common = { '@timestamp': '2024-01-01T00:00:00Z', stream: 'stdout', log: '{"a":1}' };
  expect(run.events.map(({ event }) => event)).toEqual([
    { ...common, kubernetes: { ...kubernetes, file: link }, docker: { container_id: id } },
  ]);
  const direct = await readOnce(at, { config: { include: ['pods/*/*/*.log'] } });
  expect(direct.events.map(({ event }) => event)).toEqual([{ ...common, kubernetes }]);
});

test.each([
  ['ndjson', '{"log_file":{"y":1,"path":0,"z":1.50},"x":1}', { y: 1, path: '', z: 1.5 }],
  ['ndjson', '{"a":0,"log_file":{}}', { path: '' }],
  ['ndjson', '{"log_file":1,"log_file":{"y":2}}', { y: 2, path: '' }],
  ['ndjson', '{"l\\u006fg_file":{"y":3}}', { y: 3, path: '' }],
  ['ndjson', '{"log_file":"text"}', { path: '' }],
  ['ndjson', '{"other":1}', { path: '' }],
  ['json', '[{\n"log_file":{"y":4}}]', { y: 4, path: '' }],
  ['docker', '{"log":"half","log_file":{"y":5}}\n{"log":" and half\\n"}', { y: 5, path: '' }],
  ['text', '{"log_file":{"y":1}}', { path: '' }],
])('path_field: only that member is set, in %s: %s', async (format, line, wanted) => {
  const at = await testPlace();
  await at.append('a.log', `${line}\n`);
  const run = await readOnce(at, { config: { format, path_field: 'log_file.path' } });
  const path = at.path('a.log');
  expect(run.events.map(({ event }) => event['log_file'])).toEqual([{ ...wanted, path }]);
  expect([...run.errors]).toEqual([]);
});

test('path_field: one name is all there is, and the container’s own objects keep theirs', async () => {
  const at = await testPlace();
  await mkdir(at.path('pods/mirrord_operator_1/operator'), { recursive: true });
  await at.append('pods/mirrord_operator_1/operator/0.log', '{"path":{"y":1},"kubernetes":{"y":1}}\n');
  const include = ['pods/*/*/*.log'];
  const place = at.path('pods/mirrord_operator_1/operator/0.log');
  const names = { namespace_name: 'mirrord', pod_name: 'operator', container_name: 'operator', pod_id: '1' };
  const seen = async (path_field: string) =>
    (await readOnce(at, { config: { include, path_field }, state: new Map() })).events[0]?.event;
  expect(await seen('path')).toMatchObject({ path: place, kubernetes: names });
  expect(await seen('kubernetes')).toMatchObject({ path: { y: 1 }, kubernetes: place });
  expect((await seen('kubernetes.labels.file'))?.['kubernetes']).toEqual({ ...names, labels: { file: place } });
});

test('path_field: an event that has no room left for the path goes on as it is', async () => {
  const at = await testPlace();
  const y = 'x'.repeat(4_190_000);
  await at.append('a.log', `{"n":1}\n${JSON.stringify({ file: { y } })}\n`);
  const run = await readOnce(at, { config: { path_field: 'file.path', max_event_bytes: '4MiB' } });
  expect(run.events[1]?.event['file']).toEqual({ y });
});

test('path_field: objects on the way, among lines that have none', async () => {
  const at = await testPlace();
  const lines = [{ a: { b: { d: 1 } } }, { x: 1 }, { a: { b: 2, e: 3 } }, { a: null }];
  await at.append('a.log', lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const run = await readOnce(at, { config: { path_field: 'a.b.c' } });
  const c = at.path('a.log');
  expect(run.events.map(({ event: { '@timestamp': _, ...rest } }) => rest)).toEqual([
    { a: { b: { c, d: 1 } } },
    { a: { b: { c } }, x: 1 },
    { a: { b: { c }, e: 3 } },
    { a: { b: { c } } },
  ]);
});

test('leaves out what is excluded and its own state', async () => {
  const at = await testPlace();
  await mkdir(at.dataDir);
  for (const name of ['a.log', 'b.log', 'data/c.log', 'd.log.gz']) await at.append(name, `${name}\n`);
  const run = await readOnce(at, { config: { include: ['**/*.log*'], exclude: ['**/b.*', '**/*.gz'] } });
  expect(run.logs).toEqual(['a.log']);
});

test('counts lines that do not fit, and bytes that are not UTF-8', async () => {
  const at = await testPlace();
  await at.append('a.log', docker('fits\n'));
  await at.append('a.log', Buffer.from('misfit \xff\n', 'latin1'));
  const run = await readOnce(at);
  expect(run.logs).toEqual(['fits', 'misfit �']);
  expect(Object.fromEntries(run.errors)).toEqual({ line_misfit: 1, invalid_utf8_replaced: 1 });
});

test('cuts long lines, or sends their beginning to the dead letters', async () => {
  const at = await testPlace();
  await at.append('a.log', `short\n${'x'.repeat(300_000)}\nlast\n`);
  const cut = await readOnce(at, { config: { max_event_bytes: 1000 }, state: new Map() });
  expect(cut.logs).toEqual(['short', 'x'.repeat(1000), 'last']);
  expect(Object.fromEntries(cut.errors)).toEqual({ line_truncated: 1 });
  const refused = await readOnce(at, { config: { max_event_bytes: 1000, oversize: 'dead_letter' } });
  expect(refused.rejected).toEqual([
    { code: 'line_oversize', event: { '@timestamp': expect.any(String), log: 'x'.repeat(1000) } },
  ]);
  expect(refused.errors.get('line_truncated')).toBeUndefined();
});

test('reads lines longer than a chunk as they are', async () => {
  const at = await testPlace();
  const long = randomBytes(1_400_000).toString('hex');
  await at.append('a.log', `${long}\nlast\n`);
  const run = await readOnce(at, { config: { max_event_bytes: '4MiB' } });
  expect(run.logs.map((log) => log.length)).toEqual([2_800_000, 4]);
  expect(run.logs[0]).toBe(long);
});

test('read_from: end begins behind the last whole line, in files that are there at the first start', async () => {
  const at = await testPlace();
  await at.append('a.log', 'old\nbegun');
  const first = running(at, { config: { read_from: 'end' } });
  await first.until(() => first.gauges.get('files followed') === 1, 'the file');
  await at.append('a.log', ' and ended\n');
  await at.append('b.log', 'new file\n');
  await first.until(() => first.logs.length === 2, 'two lines');
  expect(first.logs.toSorted()).toEqual(['begun and ended', 'new file']);
  await first.stop();
  await at.append('c.log', 'came while down\n');
  expect((await readOnce(at, { config: { read_from: 'end' } })).logs).toEqual(['came while down']);
});

test('emits nothing after the signal, also while it waits for room', async () => {
  const at = await testPlace();
  await at.append('a.log', 'one\n');
  await at.append('b.log', 'two\n');
  const run = running(at);
  run.gate = new Promise(() => {});
  await run.until(() => run.begun === 1, 'an emit');
  await run.stop();
  expect(run.logs).toEqual(['one']);
  expect((await readOnce(at)).logs).toEqual(['two']);
});

test('refuses options that make no sense', () => {
  const refused = (written: object) => () =>
    optionsOf(resolveConfig(config, { include: ['x'], ...written }), { resolvePath: (path: string) => path } as never);
  expect(refused({ max_event_bytes: '5MiB' })).toThrow('must be from 1 byte to 4MiB, is 5242880 bytes');
  expect(refused({ path_field: 'log' })).toThrow('must not replace log');
  expect(refused({ path_field: 'a[0]' })).toThrow('must name object members only, without array indices');
  expect(refused({ path_field: 'a..b' })).toThrow('field path "a..b", column 3');
});
