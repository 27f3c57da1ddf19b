import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askStore, type ReadError } from '@tailrace/local';
import { startProcess } from '@tailrace/testkit';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { root } from '../repository/workspace.ts';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const PIPELINE = `
metrics: { enabled: false }
sources:
  input: { type: stdin, format: ndjson }
sinks:
  store: { type: local, inputs: input, page: { enabled: false } }
`;

const EVENTS = [
  { user: 'ann', took: 1.5, text: 'a,"b"\n' },
  { user: 'bo', took: null, text: '' },
  { user: 'cäcilie', took: 9007199254740993n, text: '\u001b[2J' },
];
const SQL = `SELECT _text->>'user' AS "user", TRY_CAST(_text->>'took' AS DOUBLE) AS took, _text->>'text' AS text, [1, _sub] AS list
FROM logs ORDER BY _offset`;

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'query-command-'));
  const running = await startTailrace(['run', '--once', 'p.yaml'], {
    folder,
    files: { 'p.yaml': PIPELINE },
    keep: true,
  });
  running.write(EVENTS.map((event) => `${jsonLine(event)}\n`).join(''), true);
  const { code, stderr } = await running.exit();
  expect(code, stderr).toBe(0);
});

afterAll(() => rmSync(folder, { recursive: true }));

function jsonLine({ user, took, text }: (typeof EVENTS)[number]): string {
  return `{"user":${JSON.stringify(user)},"took":${took},"text":${JSON.stringify(text)}}`;
}

async function query(...args: string[]): Promise<[code: number | null, stdout: string, stderr: string]> {
  const { code, stdout, stderr } = await runTailrace(['query', ...args], { folder });
  return [code, stdout, stderr];
}

describe('formats', () => {
  test('ndjson, where no terminal reads', async () => {
    const rows = [
      { user: 'ann', took: 1.5, text: 'a,"b"\n', list: [1, 0] },
      { user: 'bo', took: null, text: '', list: [1, 0] },
      { user: 'cäcilie', took: 9007199254740992, text: '\u001b[2J', list: [1, 0] },
    ];
    expect(await query(SQL)).toEqual([0, rows.map((row) => `${JSON.stringify(row)}\n`).join(''), '']);
  });

  test('json, what the API answers', async () => {
    const [code, stdout, stderr] = await query('--format', 'json', '--limit', '1', SQL);
    expect([code, stderr]).toEqual([0, 'tailrace: the first 1 rows; there are more: raise --limit, or select less\n']);
    expect(JSON.parse(stdout)).toEqual({
      columns: [
        { name: 'user', type: 'VARCHAR' },
        { name: 'took', type: 'DOUBLE' },
        { name: 'text', type: 'VARCHAR' },
        { name: 'list', type: expect.stringMatching(/^\w+\[\]$/) },
      ],
      rows: [['ann', 1.5, 'a,"b"\n', [1, 0]]],
      truncated: true,
      milliseconds: expect.any(Number),
    });
  });

  test('csv', async () => {
    const lines = ['user,took,text', 'ann,1.5,"a,""b""\n"', 'bo,,""', 'cäcilie,9007199254740992,\u001b[2J', ''];
    const sql = SQL.replace(', [1, _sub] AS list', '');
    expect(await query('--format', 'csv', sql)).toEqual([0, lines.join('\r\n'), '']);
  });

  test('table, with the number of rows and the time', async () => {
    const [code, stdout] = await query('--format', 'table', '--limit', '2', SQL);
    expect([code, stdout.replace(/[\d,]+ ms/, '1 ms')]).toEqual([
      0,
      [
        'user  took  text     list',
        '────  ────  ───────  ─────',
        'ann    1.5  a,"b"\\n  [1,0]',
        'bo    NULL           [1,0]',
        '(the first 2 rows; there are more: raise --limit, or select less, 1 ms)',
        '',
      ].join('\n'),
    ]);
  });

  // Others have a `script` with other options.
  test.runIf(process.platform === 'linux')('a terminal gets a table that fits it', async () => {
    const main = join(root, 'packages/cli/src/main.ts');
    const command = `stty cols 40; ${process.execPath} --conditions=source ${main} query "SELECT repeat('x', 200) AS a, repeat('y', 200) AS b"`;
    const running = await startProcess({ command: ['script', '-qec', command, '/dev/null'], folder });
    onTestFinished(() => running.dispose());
    const { stdout } = await running.exit();
    const lines = stdout.replaceAll('\r', '').split('\n');
    expect(lines[2]).toBe(`${'x'.repeat(18)}…  ${'y'.repeat(18)}…`);
    expect(lines[3]).toMatch(/^\(1 row, \d+ ms\)$/);
  });
});

describe('where the statement and the store come from', () => {
  test('standard input', async () => {
    const running = await startTailrace(['query', '-'], { folder });
    running.write('SELECT count(*) AS n\nFROM logs -- all\n', true);
    expect((await running.exit()).stdout).toBe('{"n":3}\n');
  });

  test('a pipeline file, or the path', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'query-elsewhere-'));
    onTestFinished(() => rmSync(elsewhere, { recursive: true }));
    const sql = 'SELECT count(*) AS n FROM logs';
    for (const where of [
      ['--pipeline', join(folder, 'p.yaml')],
      ['--store', join(folder, '.tailrace/store.duckdb')],
    ]) {
      const { stdout } = await runTailrace(['query', ...where, sql], { folder: elsewhere });
      expect(stdout).toBe('{"n":3}\n');
    }
    const { code, stderr } = await runTailrace(['query', sql], { folder: elsewhere });
    expect([code, stderr]).toEqual([
      75,
      `tailrace: there is no store at ${elsewhere}/.tailrace/store.duckdb: run a pipeline with a \`local\` sink first, or say where it is with --store or --pipeline\n`,
    ]);
  });

  test('pipelines without a local sink, with several, and wrong ones', async () => {
    const sinks = (text: string) => PIPELINE.replace(/ {2}store: .*/, text);
    writeFileSync(join(folder, 'none.yaml'), sinks('  out: { type: stdout, inputs: input }'));
    writeFileSync(
      join(folder, 'two.yaml'),
      sinks(
        "  a: { type: local, inputs: input }\n  b: { type: local, inputs: input, path: b.duckdb, page: { address: '127.0.0.1:0' } }",
      ),
    );
    writeFileSync(join(folder, 'wrong.yaml'), 'sources: 1');
    expect(await query('--pipeline', 'none.yaml', 'SELECT 1')).toEqual([
      64,
      '',
      'tailrace: the pipeline has no local sink\n',
    ]);
    expect(await query('--pipeline', 'two.yaml', 'SELECT 1')).toEqual([
      64,
      '',
      `tailrace: the pipeline has 2 local sinks; name the store of one with --store: ${folder}/.tailrace/store.duckdb, ${folder}/b.duckdb\n`,
    ]);
    const [code, , stderr] = await query('--pipeline', 'wrong.yaml', 'SELECT 1');
    expect([code, stderr]).toEqual([78, expect.stringContaining('wrong.yaml:1')]);
  });
});

describe('what goes wrong', () => {
  test.each([
    [['DELETE FROM logs'], 64, 'tailrace: a query is one SELECT, or EXPLAIN of one; this is something else\n'],
    [['SELECT\n nope FROM logs'], 64, /^tailrace: line 2, column 2: Referenced column "nope" not found/],
    [
      ['--timeout', '200ms', 'SELECT count(*) FROM range(10000000) a, range(10000000) b'],
      1,
      /it took longer than 0.2 s/,
    ],
    [['SELECT list(n) FROM range(1000000000) AS t(n)'], 1, /needs more memory than/],
    [['--limit', '0', 'SELECT 1'], 64, /It has to be a number from 1 to 1000000/],
    [['--timeout', '6m', 'SELECT 1'], 64, /It has to be a time from 1ms to 5m/],
    [['--format', 'xml', 'SELECT 1'], 64, /Allowed choices are table, json, ndjson, csv/],
    [['--store', 'a', '--pipeline', 'b', 'SELECT 1'], 64, /cannot be used with/],
    [[], 64, /missing required argument 'statement'/],
  ])('%s', async (args, code, said) => {
    const [ended, stdout, stderr] = await query(...args);
    expect([ended, stdout]).toEqual([code, '']);
    if (typeof said === 'string') expect(stderr).toBe(said);
    else expect(stderr).toMatch(said);
  });

  test('files that are no store, or are damaged', async () => {
    const whole = readFileSync(join(folder, '.tailrace/store.duckdb'));
    const store = join(folder, 'damaged.duckdb');
    const said = async (path: string) => {
      const asked = askStore({ path, sql: 'SELECT count(*) FROM logs', rows: 1, milliseconds: 10_000 });
      return await asked.then(
        JSON.stringify,
        ({ code, message }: ReadError) => `${code}: ${message.replaceAll(path, 'STORE')}`,
      );
    };
    const saidOf = async (bytes: Uint8Array | string) => {
      writeFileSync(store, bytes);
      return await said(store);
    };
    const noStore = 'failed: STORE is no store: name the file that a `local` sink writes';
    expect(await saidOf('a log line\n'.repeat(1000))).toBe(noStore);
    expect(await saidOf('')).toBe(noStore);
    expect(await saidOf(whole.subarray(0, 9000))).toMatch(/^failed: STORE is damaged: go on with a copy/);
    expect(await saidOf(whole.map((byte, i) => (i > 4200 && i < 4300 ? byte ^ 0xff : byte)))).toMatch(
      /^failed: STORE is damaged/,
    );
    expect(await said(folder)).toBe(noStore);
    expect(await said(join(store, 'store.duckdb'))).toMatch(/^failed: there is no store at STORE: run a pipeline/);
    writeFileSync(store, 'a log line');
    expect(await query('--store', store, 'SELECT 1')).toEqual([
      75,
      '',
      `tailrace: ${noStore.slice(8).replace('STORE', store)}\n`,
    ]);
  });

  test('a file that another program has open, which answers no queries', async () => {
    const program = `
import { DuckDBInstance } from ${JSON.stringify(join(root, 'packages/local/node_modules/@duckdb/node-api/lib/index.js'))};
const instance = await DuckDBInstance.create('held.duckdb');
await (await instance.connect()).run('CREATE TABLE logs (a INTEGER)');
console.log('open');
setInterval(() => instance, 1000);
`;
    const holder = await startProcess({
      command: [process.execPath, 'hold.mjs'],
      folder,
      files: { 'hold.mjs': program },
    });
    onTestFinished(() => holder.dispose());
    await holder.line('open');
    const [code, , stderr] = await query('--store', 'held.duckdb', 'SELECT 1');
    expect([code, stderr]).toEqual([75, expect.stringContaining(`held.duckdb is in use by process ${holder.pid} (`)]);
    expect(stderr).toContain('which does not answer queries: stop it');
    await holder.dispose();
    expect(await query('--store', 'held.duckdb', 'SELECT count(*) AS n FROM logs')).toEqual([0, '{"n":0}\n', '']);
  });
});
