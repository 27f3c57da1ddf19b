import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { cutRequest, requestFromJson } from '@tailrace/telemetry';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { root } from '../repository/workspace.ts';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

/** A stored letter as a line. */
function letter(n: number, change: object = {}, event = `{"n":${n}}`): string {
  const head = {
    format: 2,
    time: new Date(Date.UTC(2025, 10, 21, 10, 0, n)).toISOString(),
    component: 'out',
    code: 'document_refused',
    message: `mapper_parsing_exception: n is ${n}`,
    signal: 'logs',
    event_time: '2025-11-21T09:59:59.000000001Z',
    own_time: true,
    position: {
      source: 'in',
      label: '/var/log/a.log',
      stream: 'k3J9xQ0aPz81LmNo',
      first_seen: 1,
      offset: n,
      end: n + 1,
      sub: 0,
    },
    ...change,
  };
  return `${JSON.stringify(head).slice(0, -1)},"_id":"${idOf(n)}","event":${event}}`;
}
const idOf = (n: number): string => `k3J9xQ0aPz81LmNo-${n.toString(16).padStart(12, '0')}`;
const file = (...lines: string[]): string => lines.map((line) => `${line}\n`).join('');
const letters = (commandLine: string[], files: Record<string, string>) =>
  runTailrace(['dead-letters', ...commandLine], { files });

describe('dead-letters list', () => {
  const three = { 'x.ndjson': file(letter(1), letter(2, { component: 'record', code: 'not_json' }), letter(3)) };

  test('prints a line per letter', async () => {
    expect(await letters(['list', 'x.ndjson'], three)).toEqual({
      code: 0,
      signal: null,
      stderr: '',
      stdout: `refused                   component       code                id                             message
2025-11-21T10:00:01.000Z  out             document_refused    k3J9xQ0aPz81LmNo-000000000001  mapper_parsing_exception: n is 1
2025-11-21T10:00:02.000Z  record          not_json            k3J9xQ0aPz81LmNo-000000000002  mapper_parsing_exception: n is 2
2025-11-21T10:00:03.000Z  out             document_refused    k3J9xQ0aPz81LmNo-000000000003  mapper_parsing_exception: n is 3
`,
    });
  });

  test('chooses by component, code and time', async () => {
    const all = three['x.ndjson'].split('\n');
    const chosen = async (...options: string[]) => {
      const { code, stdout } = await letters(['list', '--json', ...options, 'x.ndjson'], three);
      expect(code).toBe(0);
      return stdout.split('\n').flatMap((line) => (line === '' ? [] : [all.indexOf(line) + 1]));
    };
    const [at, before] = ['2025-11-21T10:00:02Z', '2025-11-21T11:00:03+01:00'];
    expect(
      await Promise.all([
        chosen('--component', 'out'),
        chosen('--component', 'out', '--component', 'record', '--until', at),
        chosen('--code', 'not_json', '--component', 'out'),
        chosen('--since', at),
        chosen('--since', '2025-11-21', '--until', before, '--code', 'not_json'),
        chosen('--since', '7d'),
      ]),
    ).toEqual([[1, 3], [1], [], [2, 3], [2], []]);
  });

  test('reads back what was written, whatever it is', async () => {
    const messages = fc.sample(fc.string({ unit: 'binary', maxLength: 30 }), { numRuns: 150, seed: 7 });
    const lines = messages.map((message, n) =>
      letter(n, { message }, `{ "a":${JSON.stringify(message)},"big":123456789012345678901,"f":1.0 }`),
    );
    const { code, stdout } = await letters(['list', '--json', 'x.ndjson'], { 'x.ndjson': file(...lines) });
    expect([code, stdout]).toEqual([0, file(...lines)]);
  });

  test('shows no control character of a message, and no line break', async () => {
    const message = 'a\u001b[31m\u009b1m\u202egnp\r\nnext\u2028\u0000';
    const { stdout } = await letters(['list', 'x.ndjson'], { 'x.ndjson': file(letter(1, { message })) });
    expect(stdout.split('\n')[1]).toMatch(/ a\\u001b\[31m\\u009b1m\\u202egnp\\r\\nnext\\u2028\\u0000$/);
  });

  test('names damaged lines and goes on', async () => {
    const damaged = `${file(letter(1), '{"format":2,', letter(9, { format: 3 }), letter(2))}{"format"`;
    const { code, stdout, stderr } = await runTailrace(['dead-letters', 'list', 'data'], {
      files: { 'data/dead-letters.ndjson': damaged },
    });
    expect(code).toBe(1);
    expect(stdout.match(/n is \d/g)).toEqual(['n is 1', 'n is 2']);
    expect(stderr.replaceAll(/\/\S*\/data/g, 'data').split('\n')).toEqual([
      expect.stringMatching(/^data\/dead-letters\.ndjson:2: no JSON: /),
      'data/dead-letters.ndjson:3: format 3 was written by a newer tailrace; this one reads up to 2',
      'data/dead-letters.ndjson:5: unfinished: it has no end',
      '3 damaged lines were skipped',
      '',
    ]);
  });

  test('finds the files of a pipeline or a data_dir, the oldest first', async () => {
    const files = {
      'p.yaml': `
data_dir: d
dead_letters: { path: refused.ndjson }
sources: { in: { type: stdin } }
sinks:
  out: { type: stdout, inputs: in }
  letters: { type: stdout, inputs: dead_letters }
`,
      'd/refused.ndjson': file(letter(3)),
      'd/refused.000002.ndjson': file(letter(2)),
      'd/refused.000001.ndjson': file(letter(1)),
      'd/dead-letters.ndjson': file(letter(7)),
    };
    const ofPipeline = await letters(['list', 'p.yaml'], files);
    expect(ofPipeline.stdout.match(/n is \d/g)).toEqual(['n is 1', 'n is 2', 'n is 3']);
    expect(ofPipeline.stderr).toBe('letters takes the dead letters; only what it refuses is in files\n');
    expect((await letters(['list', 'd'], files)).stdout.match(/n is \d/g)).toEqual(['n is 7']);
    expect((await letters(['list', 'd', 'd/refused.000002.ndjson'], files)).stdout.match(/n is \d/g)).toEqual([
      'n is 7',
      'n is 2',
    ]);
  });

  test('says that there is nothing, or no such place', async () => {
    expect(await letters(['list', 'd'], { 'd/x': '' })).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'no dead letters in d\n',
    });
    expect(await letters(['list', 'nowhere'], {})).toMatchObject({
      code: 64,
      stdout: '',
      stderr: 'nowhere: there is no such file or folder\n',
    });
    const wrong = await letters(['list', 'p.yaml'], { 'p.yaml': 'sinks: 7' });
    expect([wrong.code, wrong.stderr]).toEqual([78, expect.stringContaining('data_dir can be given instead')]);
    const newer = await letters(['stats', 'd'], { 'd/dead-letters.replayed.json': '{"format":9}' });
    expect([newer.code, newer.stdout]).toEqual([75, '']);
    expect(newer.stderr).toMatch(
      /^tailrace: cannot read the dead letters: .*replayed\.json: format 9 was written by a newer/,
    );
    const since = await letters(['list', '--since', 'tuesday', 'd'], {});
    expect([since.code, since.stderr]).toEqual([64, expect.stringContaining('It has to be a time')]);
  });

  test('needs memory for one line, and stops when nobody reads on', async () => {
    const running = await startTailrace(['--version']);
    await running.exit();
    const path = join(running.folder, 'x.ndjson');
    const output = createWriteStream(path);
    const pad = `{"n":1,"pad":"${'x'.repeat(20_000)}"}`;
    for (let n = 0; n < 4000; n++) if (!output.write(`${letter(n, {}, pad)}\n`)) await once(output, 'drain');
    output.end();
    await finished(output);
    const options = { folder: running.folder, env: { NODE_OPTIONS: '--max-old-space-size=40' } };
    const { code, stdout } = await runTailrace(['dead-letters', 'stats', '--json', 'x.ndjson'], options);
    expect([code, JSON.parse(stdout).letters]).toEqual([0, 4000]);

    const main = join(root, 'packages/cli/src/main.ts');
    const child = spawn(process.execPath, ['--conditions=source', main, 'dead-letters', 'list', '--json', path]);
    const said = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect([await once(child, 'exit'), await said]).toEqual([[0, null], '']);
  });
});

test('dead-letters show prints a data point as OTLP says it, and list --json its exact bytes', async () => {
  const point = { timeUnixNano: '1700000000000000007', asInt: '1234567890123456789' };
  const request = {
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'visits', gauge: { dataPoints: [point] } }] }] }],
  };
  const cut = cutRequest('metrics', requestFromJson('metrics', new TextEncoder().encode(JSON.stringify(request))));
  const [envelope, record] = [cut.envelopes[0]!, cut.text.subarray(cut.start[0], cut.end[0])];
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const event = JSON.stringify({ envelope: base64(envelope), record: base64(record) });
  const files = { 'x.ndjson': file(letter(1, { signal: 'metrics' }, event)) };
  const { code, stdout, stderr } = await letters(['show', idOf(1), 'x.ndjson'], files);
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout.slice(stdout.indexOf('{')))).toEqual(request);
  expect((await letters(['list', '--json', 'x.ndjson'], files)).stdout).toContain(event);
});

test('dead-letters show prints all about a letter, its event with all digits', async () => {
  const event = '{"a":{"b":[1.0,12345678901234567890,{}],"c":[]},"d":"x\\u001b\\"y, {z}"}';
  const files = { 'x.ndjson': file(letter(1), letter(2, { message: 'why\nthis' }, event), letter(0x2f)) };
  const { code, stdout, stderr } = await letters(['show', idOf(2), 'x.ndjson'], files);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.replace(/(stored in: +)\/.*\/(?=x)/, '$1')).toBe(`id:         ${idOf(2)}
refused:    2025-11-21T10:00:02.000Z
component:  out
code:       document_refused
message:    why\\nthis
read from:  /var/log/a.log (source in), bytes 2 to 3
event time: 2025-11-21T09:59:59.000000001Z
stored in:  x.ndjson:2
{
  "a": {
    "b": [
      1.0,
      12345678901234567890,
      {}
    ],
    "c": []
  },
  "d": "x\\u001b\\"y, {z}"
}
`);
  const some = await letters(['show', '--json', idOf(2).slice(0, -2), 'x.ndjson'], files);
  expect(some.stdout).toBe(files['x.ndjson']);
  expect(await letters(['show', 'nothing', 'x.ndjson'], files)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'no dead letter has the id nothing\n',
  });
});

test('dead-letters stats counts by component and code', async () => {
  const files = {
    'x.ndjson': file(letter(2), letter(1), letter(5, { component: 'record', code: 'not_json' }), letter(3)),
  };
  const bytes = [letter(1), letter(2), letter(3)].reduce((sum, line) => sum + line.length + 1, 0);
  const { code, stdout } = await letters(['stats', 'x.ndjson'], files);
  expect(code).toBe(0);
  expect(stdout).toBe(`component  code              letters  bytes  first                     last
out        document_refused        3  ${bytes.toLocaleString('en-US')}  2025-11-21T10:00:01.000Z  2025-11-21T10:00:03.000Z
record     not_json                1    ${letter(5, { component: 'record', code: 'not_json' }).length + 1}  2025-11-21T10:00:05.000Z  2025-11-21T10:00:05.000Z
4 dead letters
`);
  const { by } = JSON.parse((await letters(['stats', '--json', '--component', 'out', 'x.ndjson'], files)).stdout);
  expect(by).toEqual([
    {
      component: 'out',
      code: 'document_refused',
      letters: 3,
      bytes,
      first: '2025-11-21T10:00:01.000Z',
      last: '2025-11-21T10:00:03.000Z',
    },
  ]);
});

describe('dead-letters replay', () => {
  const pipeline = (onError: string, sink = 'type: file, path: out.ndjson'): string => `
data_dir: data
metrics: { enabled: false }
log: { level: warn }
sources: { in: { type: file, include: [a.log], format: ndjson } }
transforms: { record: { type: unpack, inputs: in, on_error: ${onError} } }
sinks: { out: { ${sink}, inputs: record } }
`;
  const lines = (count: number): string =>
    file(...Array.from({ length: count }, (_, n) => `{"n":${n},"log":"line ${n}"}`));
  /** Whole lines: a kill may leave half of one. */
  const stored = async (folder: string): Promise<number[]> =>
    (await readFile(join(folder, 'out.ndjson'), 'utf8').catch(() => ''))
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as { n: number }).n);
  const sizeOf = async (path: string): Promise<number> => (await stat(path).catch(() => null))?.size ?? 0;

  test('sends letters through the corrected pipeline', async () => {
    const files = { 'p.yaml': pipeline('dead_letter'), 'fixed.yaml': pipeline('keep'), 'a.log': lines(3) };
    const first = await startTailrace(['run', '--once', 'p.yaml'], { files });
    await first.exit();
    const { folder } = first;
    const again = await runTailrace(['dead-letters', 'replay', 'p.yaml'], { folder });
    expect([again.code, again.stderr]).toEqual([
      0,
      expect.stringContaining('replayed 3 of 3 dead letters\n3 were refused again and are dead letters anew\n'),
    ]);
    expect((await runTailrace(['dead-letters', 'stats', 'p.yaml'], { folder })).stdout).toContain('3 dead letters');
    const fixed = await runTailrace(['dead-letters', 'replay', 'fixed.yaml'], { folder });
    expect([fixed.code, fixed.stdout]).toEqual([0, '']);
    expect(fixed.stderr).toMatch(/^out +file +3 +3 /m);
    expect(fixed.stderr).toContain('replayed 3 of 3 dead letters\nremoved ');
    expect(await stored(folder)).toEqual([0, 1, 2]);
    const nothing = await runTailrace(['dead-letters', 'replay', 'fixed.yaml'], { folder });
    expect([nothing.code, nothing.stderr]).toEqual([0, 'no dead letters to replay\n']);
  });

  test('says what to do while a pipeline runs with the data_dir', async () => {
    const files = { 'p.yaml': pipeline('dead_letter'), 'a.log': lines(2) };
    const running = await startTailrace(['run', 'p.yaml'], { files });
    const { folder } = running;
    await expect
      .poll(() => readFile(join(folder, 'data/dead-letters.ndjson'), 'utf8').catch(() => ''), { timeout: 20_000 })
      .toContain('line 1');
    const { code, stderr } = await runTailrace(['dead-letters', 'replay', 'p.yaml'], { folder });
    expect(code).toBe(75);
    expect(stderr).toMatch(
      /^tailrace: cannot replay: data_dir .*data is in use by process \d+ .*\nStop what runs with this data_dir, replay, and start it again; nothing is lost meanwhile\.\n$/,
    );
    expect((await runTailrace(['dead-letters', 'list', 'p.yaml'], { folder })).stdout).toContain('not_json');
    running.signal('SIGTERM');
    await running.exit();
    expect((await runTailrace(['dead-letters', 'replay', 'p.yaml'], { folder })).code).toBe(0);
  });

  test('of letters from a component that is gone names those that there are', async () => {
    const files = { 'p.yaml': pipeline('keep'), 'data/dead-letters.ndjson': file(letter(1, { component: 'old' })) };
    const { code, stderr } = await letters(['replay', 'p.yaml'], files);
    expect([code, stderr]).toEqual([
      78,
      'tailrace: cannot replay: letters have nowhere to enter (1 to "old"): the pipeline has in, record, out. Choose one with --into, or choose letters with --component.\n',
    ]);
  });

  test('sends each letter once when its file is named twice', async () => {
    const files = { 'p.yaml': pipeline('keep'), 'old/dead-letters.ndjson': file(letter(1), letter(2)) };
    const from = ['--from', 'old', '--from', 'old/dead-letters.ndjson'];
    const running = await startTailrace(['dead-letters', 'replay', 'p.yaml', ...from], { files });
    expect((await running.exit()).stderr).toContain('replayed 2 of 2 dead letters');
    expect(await stored(running.folder)).toEqual([1, 2]);
  });

  test('with damaged lines keeps their file and says where they are', async () => {
    const files = { 'p.yaml': pipeline('keep'), 'data/dead-letters.ndjson': file(letter(1), 'damaged', letter(2)) };
    const running = await startTailrace(['dead-letters', 'replay', 'p.yaml'], { files });
    const { code, stderr } = await running.exit();
    expect(code).toBe(1);
    expect(stderr).toMatch(/dead-letters\.000001\.ndjson:2: no JSON/);
    expect(stderr).toContain('replayed 2 of 2 dead letters\n1 damaged line was skipped; its file is kept\n');
    expect(await stored(running.folder)).toEqual([1, 2]);
    expect(await readdir(join(running.folder, 'data'))).toContain('dead-letters.000001.ndjson');
  });

  test('goes on after a kill, and no letter is missing', async () => {
    const count = 30_000;
    const running = await startTailrace(['--version'], {
      files: { 'p.yaml': pipeline('keep') },
    });
    await running.exit();
    const { folder } = running;
    await mkdir(join(folder, 'data'));
    for (let from = 0; from < count; from += 5000) {
      const some = Array.from({ length: 5000 }, (_, k) => letter(from + k, { time: '2025-11-21T10:00:00Z' }));
      await appendFile(join(folder, 'data/dead-letters.ndjson'), file(...some));
    }
    const killed = await startTailrace(['dead-letters', 'replay', 'p.yaml'], { folder });
    await expect.poll(() => sizeOf(join(folder, 'out.ndjson')), { interval: 1, timeout: 20_000 }).toBeGreaterThan(0);
    await killed.kill();
    expect(new Set(await stored(folder)).size).toBeLessThan(count);
    const { code, stderr } = await runTailrace(['dead-letters', 'replay', 'p.yaml'], { folder });
    expect([code, stderr]).toEqual([0, expect.stringMatching(/replayed ([\d,]+) of \1 dead letters/)]);
    expect(new Set(await stored(folder))).toEqual(new Set(Array.from({ length: count }, (_, n) => n)));
    expect((await runTailrace(['dead-letters', 'list', 'p.yaml'], { folder })).stderr).toBe(
      'no dead letters in p.yaml\n',
    );
  });
});
