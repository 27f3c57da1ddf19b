import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const PIPELINE = `
data_dir: data
metrics: { enabled: false }
sources:
  in: { type: stdin }
transforms:
  router:
    type: route
    inputs: in
    mode: all
    outputs: { errors: 'level == "ERROR"', even: 'n % 2 == 0', small: 'n < 3' }
  marked: { type: modify, inputs: router.errors, operations: [{ set: { field: alarm, value: true } }] }
sinks:
  alarms: { type: file, inputs: marked, path: alarms.ndjson }
  both: { type: file, inputs: [router.even, router.errors], path: both.ndjson }
  rest: { type: file, inputs: router.default, path: rest.ndjson }
`;
const EVENTS = Array.from({ length: 12 }, (_, n) => ({ n, level: n % 5 === 0 ? 'ERROR' : 'INFO' }));
const WARNING = 'p.yaml:7:3 transforms.router: no component reads "router.small", so what leaves there is discarded';

/** The numbers of the events in a file, in its order. */
async function numbersIn(folder: string, file: string): Promise<number[]> {
  const lines = (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => (JSON.parse(line) as { n: number }).n);
}

test('each sink gets the events of the outputs that it reads, once and in order; the ledger holds', async () => {
  const child = await startTailrace(['run', '--once', 'p.yaml'], { files: { 'p.yaml': PIPELINE } });
  child.write(EVENTS.map((event) => `${JSON.stringify(event)}\n`).join(''), true);
  const { code, stderr } = await child.exit();
  expect(code).toBe(0);
  expect(await numbersIn(child.folder, 'alarms.ndjson')).toEqual([0, 5, 10]);
  expect(await numbersIn(child.folder, 'both.ndjson')).toEqual([0, 2, 4, 5, 6, 8, 10]);
  expect(await numbersIn(child.folder, 'rest.ndjson')).toEqual([3, 7, 9, 11]);
  expect(stderr).toContain(JSON.stringify(WARNING).slice(1, -1));
  // 1 alone leaves by `small` only.
  expect(stderr).toContain('router discarded 1: unread_output');
  expect(stderr).not.toContain('ledger is off');
});

test('validate warns of two ways into a sink whose target keeps identities, and of no other', async () => {
  const ways = 'inputs: [router.errors, router.default, even, "router.small"]';
  const both = `sinks:
  a: { type: local, ${ways} }
  b: { type: elasticsearch, ${ways} }
  c: { type: elasticsearch, id: none, ${ways} }
  d: { type: file, path: d.ndjson, ${ways} }
`;
  const pipeline = PIPELINE.slice(0, PIPELINE.indexOf('sinks:')).replace('router.errors', 'router.even') + both;
  const text = pipeline.replace('marked:', 'even:');
  const { code, stderr } = await runTailrace(['validate', 'p.yaml'], { files: { 'p.yaml': text } });
  expect(code).toBe(0);
  expect(stderr.match(/sinks\.\w+\.inputs: gets events of "in" by two ways, "[^"]+" and "[^"]+"/g)).toEqual([
    'sinks.a.inputs: gets events of "in" by two ways, "router.even → even" and "router.errors"',
    'sinks.b.inputs: gets events of "in" by two ways, "router.even → even" and "router.errors"',
  ]);
  const first = await runTailrace(['validate', 'p.yaml'], {
    files: { 'p.yaml': text.replace('mode: all', 'mode: first') },
  });
  expect([first.code, first.stderr]).toEqual([0, '']);
});

test('tailrace test sees what leaves by each output, and what by none', async () => {
  const input = { events: EVENTS.slice(0, 4) };
  const [zero, one, two, three] = EVENTS;
  const tests = [
    { name: 'all', component: 'router', input, expect: { events: [zero, one, two, three] } },
    { name: 'one', component: 'router.even', input, expect: { events: [zero, two], discarded: [] } },
    { name: 'a reader', sink: 'both', input, expect: { events: [zero, two] } },
    { name: 'behind', sink: 'alarms', input, expect: { events: [{ ...zero, alarm: true }] } },
    {
      name: 'nobody',
      sink: 'rest',
      input,
      expect: { events: [three], discarded: [{ component: 'router', reason: 'unread_output', event: one }] },
    },
  ];
  const files = { 'p.yaml': PIPELINE, 'p.test.yaml': JSON.stringify({ tests }) };
  const { code, stdout } = await runTailrace(['test', 'p.yaml'], { files });
  expect([code, stdout]).toEqual([0, `${tests.map(({ name }) => `ok   ${name}\n`).join('')}5 passed, 0 failed\n`]);
});

test('dead letters of the router take all its ways anew when they are replayed', async () => {
  const strict = PIPELINE.replace("even: 'n % 2 == 0'", 'even: \'n % 2 == 0 || level.startsWith("W")\'').replace(
    'mode: all',
    'mode: all\n    on_error: dead_letter',
  );
  const first = await startTailrace(['run', '--once', 'p.yaml'], { files: { 'p.yaml': strict } });
  first.write('{"n":1,"level":7}\n{"n":2,"level":"WARN"}\n', true);
  expect(await first.exit()).toMatchObject({ code: 0 });
  expect(await numbersIn(first.folder, 'both.ndjson')).toEqual([2]);
  const { folder } = first;
  const replayed = await runTailrace(['dead-letters', 'replay', 'q.yaml'], { folder, files: { 'q.yaml': PIPELINE } });
  expect(replayed.stderr).toContain('replayed 1 of 1 dead letters');
  expect(replayed.stderr).toContain('router discarded 1: unread_output');
});
