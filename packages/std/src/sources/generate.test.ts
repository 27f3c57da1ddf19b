import { ConfigError, resolveConfig } from '@tailrace/core';
import { memoryCheckpoints, sourceContext, sourceRun } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import { drawClients } from '../generators/mirrord/cast.ts';
import { mirrordAnswers, mirrordLines } from '../generators/mirrord.ts';
import { createRandom } from '../generators/random.ts';
import { generate } from './generate.ts';

async function create(options: object) {
  const { context, said } = sourceContext();
  return { source: await generate.create({ config: resolveConfig(generate.config, options), context }), said };
}

async function run(options: object) {
  const { source, said } = await create(options);
  const sink = sourceRun();
  await source.run(sink.io);
  return { ...sink, said, events: sink.events() as Record<string, unknown>[] };
}

const problemOf = async (options: object) => {
  const error: unknown = await create(options).catch((thrown: unknown) => thrown);
  return error instanceof ConfigError ? [error.at, error.message] : error;
};

test('a template gives JSON lines, deterministic by seed', async () => {
  const options = { template: '{"n":{{seq}},"roll":{{int 1 6}}}', lines: 3, seed: 7 };
  const first = await run(options);
  expect(first.events.map((event) => event['n'])).toEqual([0, 1, 2]);
  const rolls = (events: Record<string, unknown>[]) => events.map((event) => event['roll']);
  expect(rolls((await run(options)).events)).toEqual(rolls(first.events));
  expect(first.isReady()).toBe(true);
});

test('templates that are no JSON give text', async () => {
  const { events } = await run({ template: ['line {{seq}}'], lines: 2 });
  expect(events).toMatchObject([{ log: 'line 0' }, { log: 'line 1' }]);
});

test('a template can be written as a runtime writes it', async () => {
  for (const format of ['docker', 'cri']) {
    const { events } = await run({ template: '{"n":{{seq}}}', lines: 2, format });
    expect(events).toEqual([
      { '@timestamp': '2026-11-02T06:00:00Z', stream: 'stdout', log: '{"n":0}' },
      { '@timestamp': '2026-11-02T06:00:01Z', stream: 'stdout', log: '{"n":1}' },
    ]);
  }
});

test.each(['docker', 'cri'] as const)(
  'mirrord in %s: every log event once, as if read from its file',
  async (format) => {
    const { events, batches, said, received } = await run({ system: 'mirrord', lines: 2000, seed: 3, format });
    expect(events).toHaveLength(mirrordAnswers({ lines: 2000, seed: 3, format }).events);
    expect(events[0]).toMatchObject({
      kubernetes: {
        namespace_name: 'mirrord',
        pod_name: 'mirrord-operator-7d9c5b7f4-x2k8q',
        container_name: 'mirrord-operator',
      },
      docker: { container_id: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      log: expect.any(String) as string,
    });
    const text = Buffer.concat([...mirrordLines({ lines: 2000, seed: 3, format })]);
    expect(received.reduce((sum, one) => sum + one.bytes, 0)).toBe(text.length);
    expect(received.reduce((sum, one) => sum + (one.merged ?? 0), 0)).toBeGreaterThan(0);
    const { offset, end, stream } = batches[0]!.position(1);
    expect(text.subarray(offset, end).toString()).toMatch(/\n$/);
    expect(stream).toMatchObject({ source: 'tested', label: 'mirrord', replayBelow: 0 });
    expect(said.errors).toEqual({});
  },
);

test('mirrord bare: JSON lines have their members at the root', async () => {
  const { events } = await run({ system: 'mirrord', lines: 50, format: 'plain' });
  expect(events[0]).toMatchObject({ level: 'INFO', kubernetes: { namespace_name: 'mirrord' } });
});

test('ids differ from run to run although the lines are equal', async () => {
  const [first, second] = [await run({ system: 'mirrord', lines: 5 }), await run({ system: 'mirrord', lines: 5 })];
  expect(first.events).toEqual(second.events);
  expect(first.batches[0]!.id(0)).not.toBe(second.batches[0]!.id(0));
});

test('a rate is kept', async () => {
  const began = performance.now();
  const { events, batches } = await run({ template: 'x', lines: 21, rate: 50 });
  expect(events).toHaveLength(21);
  expect(performance.now() - began).toBeGreaterThan(380);
  expect(batches.length).toBeGreaterThan(3);
});

const BEGIN = Date.parse('2026-11-20T10:00:00Z');
const BACKFILL = { system: 'mirrord', rate: 2, seed: 5, start: '2026-11-20T11:00:00Z', backfill: '1h' };
const timesOf = (events: readonly Record<string, unknown>[]) =>
  events.map((event) => Date.parse(String(event['@timestamp'])));
const membersOf = (events: readonly Record<string, unknown>[], name: string) =>
  new Set(events.flatMap((event) => new RegExp(`"${name}":"(.*?)"`).exec(String(event['log']))?.[1] ?? []));

test('a back-fill is the log of the time before its start, the same in every run', async () => {
  const { events } = await run(BACKFILL);
  const times = timesOf(events);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(BEGIN);
  expect(Math.max(...times)).toBeLessThanOrEqual(BEGIN + 3_600_000);
  const start = new Date(BEGIN).toISOString();
  const known = { lines: 1e6, seed: 5, rate: 2, start, until: 3600 };
  expect(events).toHaveLength(mirrordAnswers(known).events);
  expect((await run(BACKFILL)).events).toEqual(events);
});

test('from now on, a run goes on where the one before ended: the same people, other sessions, no time twice', async () => {
  const options = { ...BACKFILL, rate: 20, start: 'now', backfill: '10m' };
  const checkpoints = memoryCheckpoints();
  const { source, said } = await create(options);
  const before = Date.now();
  const first = sourceRun({ checkpoints });
  await source.run(first.io);
  const one = first.events() as Record<string, unknown>[];
  const [oldest, newest] = [Math.min(...timesOf(one)), Math.max(...timesOf(one))];
  expect(oldest).toBeGreaterThanOrEqual(before - 600_000);
  expect(newest).toBeLessThanOrEqual(Date.now());
  expect(said.records.map(({ message }) => message)).toEqual(['generates the past at once']);

  const live = sourceRun({ checkpoints, once: false, onBatch: () => live.batches.length === 2 && live.abort.abort() });
  await (await create(options)).source.run(live.io);
  const two = live.events() as Record<string, unknown>[];
  expect(Math.min(...timesOf(two))).toBeGreaterThanOrEqual(newest);
  expect(two.length).toBeLessThan(one.length / 2);
  const people = new Set(drawClients(createRandom(5), 150).map(({ id }) => id));
  for (const events of [one, two])
    expect([...people]).toEqual(expect.arrayContaining([...membersOf(events, 'client_id')]));
  const sessions = membersOf(one, 'session_id');
  expect([...membersOf(two, 'session_id')].filter((id) => sessions.has(id))).toEqual([]);
});

test('what did not arrive comes again in the next run', async () => {
  const options = { ...BACKFILL, rate: 20, start: 'now', backfill: '10m' };
  const checkpoints = memoryCheckpoints();
  const { source } = await create(options);
  await source.run(sourceRun({ checkpoints, outcome: () => 'errored' }).io);
  expect([...checkpoints.entries()]).toEqual([]);
});

test('after a back-fill lines come at their times', async () => {
  const options = { template: '{"n":{{seq}}}', rate: 100, start: 'now', backfill: '2s', lines: 240, format: 'docker' };
  const began = Date.now();
  const { source } = await create(options);
  const sink = sourceRun({ once: false });
  await source.run(sink.io);
  expect(sink.events()).toHaveLength(240);
  expect(sink.batches[0]!.length).toBeGreaterThanOrEqual(200);
  expect(Date.now() - began).toBeGreaterThan(380);
  const last = timesOf(sink.events() as Record<string, unknown>[]).at(-1)!;
  expect(last).toBeLessThanOrEqual(Date.now());
  expect(last).toBeGreaterThanOrEqual(began + 380);
});

test('without an end it runs until it is stopped', async () => {
  for (const rate of [0, 1000]) {
    const { source } = await create({ system: 'mirrord', rate });
    const sink = sourceRun({ once: false, onBatch: () => sink.batches.length === 3 && sink.abort.abort() });
    await source.run(sink.io);
    expect(sink.batches).toHaveLength(3);
  }
});

test('without an end it cannot run once', async () => {
  const { source } = await create({ template: 'x' });
  await expect(source.run(sourceRun({ once: true }).io)).rejects.toThrow(
    'must be set when the pipeline runs once: without it there is no end',
  );
});

test('what cannot be generated is a configuration error at its place', async () => {
  expect(await problemOf({})).toEqual([[], 'needs `template`, the text of a line, or `system: mirrord`']);
  expect(await problemOf({ template: 'x', system: 'mirrord' })).toEqual([
    ['template'],
    'cannot stand beside `system`: give one of them',
  ]);
  expect(await problemOf({ template: ['x', '{{sq}}'] })).toEqual([
    ['template', 1],
    expect.stringMatching(/^template: column 1: \{\{sq\}\}: unknown placeholder "sq", expected one of seq, /) as string,
  ]);
  expect(await problemOf({ template: 'x', backfill: '2h' })).toEqual([
    ['backfill'],
    'needs a `rate`: how many lines per second there were',
  ]);
  expect(await problemOf({ template: 'x', start: 'soon' })).toEqual([
    ['start'],
    'must be `now` or a time like 2026-11-02T06:00:00Z, is "soon"',
  ]);
});
