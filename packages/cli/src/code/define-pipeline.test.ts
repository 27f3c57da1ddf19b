import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../../..');

/** A pipeline around a piece, which begins in line 3; or a whole file. */
const pipeline = (piece: string): string =>
  piece.startsWith('import')
    ? piece
    : `import { definePipeline } from 'tailrace';
export default definePipeline({
${piece}
});
`;
const SOURCES = "sources: { app: { type: 'file', include: ['a.log'] } },";

/** Pieces that are right. */
const right: Record<string, string> = {
  'a whole pipeline': `${SOURCES}
  data_dir: 'data', metrics: { enabled: false }, shutdown_timeout: '5s',
  transforms: {
    unpacked: { type: 'unpack', inputs: 'app', on_error: 'drop' },
    typed: { type: 'fields', inputs: ['unpacked'], file: 'fields.yaml' },
  },
  sinks: {
    es: {
      type: 'elasticsearch', inputs: ['typed', 'dead_letters'], nodes: ['http://127.0.0.1:9200'], max_bytes: '5MB',
      queue: { type: 'disk', max_bytes: 1_000_000, when_full: 'block' }, retry: { max_age: '2h' },
    },
  },
  tests: [{ name: 'it', input: { raw: 'x' }, expect: { events: [{ a: 1 }] } }],`,
  'an option that may be undefined': `${SOURCES} sinks: { out: { type: 'file', inputs: 'app', path: 'x', fsync: process.env['F'] ? 'batch' : undefined } },`,
  'functions as transforms': `${SOURCES}
  transforms: {
    loud: { inputs: 'app', run: (event) => ({ ...event, level: String(event['level']).toUpperCase() }), on_error: 'keep' },
    known: { inputs: 'loud', run(event, { id, time }) { return event['drop'] ? null : [{ ...event, id, at: String(time) }]; } },
    parsed: { inputs: 'loud', run: (event) => JSON.parse(String(event['message'])) as object },
    anything: { inputs: 'loud', run: (event) => JSON.parse(String(event['message'])) },
    some: { inputs: 'loud', run: (event) => event['list'] as object[] },
    typed: { inputs: 'loud', run: (event: { level: string }) => { event.level = event.level.trim(); return event; } },
  },`,
  'plugins by their modules': `${SOURCES}
  transforms: { a: { type: './a.ts', inputs: 'app', any: { thing: 1 } }, b: { type: 'shop-plugins/b', inputs: 'a' } },
  sinks: { c: { type: '@shop/plugins/c', inputs: ['b'] } },`,
};

/** Pieces that are wrong, and what the compiler says of them in which line. */
const wrong: Record<string, readonly [piece: string, line: number, message: RegExp]> = {
  'an unknown option': [
    "sources: { app: { type: 'file',\n include: [], pathh_field: 'x' } },",
    4,
    /'pathh_field' does not exist in type 'FileSource'/,
  ],
  'a word that is none of those': [
    `${SOURCES}\n sinks: { out: { type: 'stdout', inputs: 'app', format: 'jsn' } },`,
    4,
    /'"jsn"' is not assignable to type '"auto"/,
  ],
  'a missing option': ["sources: { app: { type: 'file' } },", 3, /'include' is missing/],
  'missing inputs': [`${SOURCES}\n transforms: { a: { type: 'unpack' } },`, 4, /'inputs' is missing/],
  'an unknown type': ["sources: { app: { type: 'fil', include: [] } },", 3, /"fil"/],
  'a duration without its unit': [`${SOURCES}\n shutdown_timeout: '5',`, 4, /'"5"' is not assignable to type/],
  'a size with a unit that is none': [
    `${SOURCES}\n sinks: { out: { type: 'blackhole', inputs: 'app', queue: { max_bytes: '5M' } } },`,
    4,
    /"5M"/,
  ],
  'an option of another plugin': [
    `${SOURCES}\n sinks: { out: { type: 'stdout', inputs: 'app', nodes: [] } },`,
    4,
    /'nodes' does not exist/,
  ],
  'a transform among the sinks': [`${SOURCES}\n sinks: { out: { type: 'unpack', inputs: 'app' } },`, 4, /"unpack"/],
  'a number where text belongs': [
    "sources: { app: { type: 'file', include: [1] } },",
    3,
    /'number' is not assignable to type 'string'/,
  ],
  'an unknown setting': [
    `${SOURCES} data_dirr: 'x',`,
    3,
    /'data_dirr' does not exist|Did you mean to write 'data_dir'/,
  ],
  'an unknown option in a function that says what it gives': [
    `import { definePipeline, type Pipeline } from 'tailrace';
export default definePipeline(async ({ env }): Promise<Pipeline> => ({
  ${SOURCES} sinks: { out: { type: 'stdout', inputs: env['IN'] ?? 'app', formt: 'json' } },
}));
`,
    3,
    /'formt' does not exist in type 'StdoutSink'/,
  ],
  'an async function over events': [
    `${SOURCES}\n transforms: { a: { inputs: 'app', run: async (event) => event } },`,
    4,
    /not assignable to type/,
  ],
  'a function that gives no event': [
    `${SOURCES}\n transforms: { a: { inputs: 'app', run: () => 5 } },`,
    4,
    /not assignable to type 'TransformComponent'/,
  ],
};

let folder: string;
const errors = new Map<string, string[]>();
const fileOf = (name: string): string => `${name.replaceAll(' ', '-')}.config.ts`;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tailrace-types-'));
  for (const [name, piece] of Object.entries(right)) writeFileSync(path.join(folder, fileOf(name)), pipeline(piece));
  for (const [name, [piece]] of Object.entries(wrong)) writeFileSync(path.join(folder, fileOf(name)), pipeline(piece));
  const options = {
    extends: path.join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: { tailrace: [path.join(root, 'packages/cli/src/index.ts')] },
      typeRoots: [path.join(root, 'node_modules/@types')],
    },
    include: [folder],
    exclude: [],
  };
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
  const { stdout } = await promisify(execFile)(
    path.join(root, 'node_modules/.bin/tsc'),
    ['-p', folder, '--pretty', 'false'],
    {
      cwd: folder,
    },
  ).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? String(error) }));
  for (const entry of stdout.split(/\n(?=\S)/)) {
    const file = /^([^(]+)\(/.exec(entry)?.[1];
    if (file) errors.set(file, [...(errors.get(file) ?? []), entry]);
    else if (entry.trim() !== '') throw new Error(entry);
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(Object.keys(right))('%s compiles', (name) => {
  expect(errors.get(fileOf(name)) ?? []).toEqual([]);
});

describe('the compiler refuses', () => {
  test.each(Object.entries(wrong))('%s', (name, [, line, message]) => {
    const [error = 'it compiles'] = errors.get(fileOf(name)) ?? [];
    expect(error).toMatch(message);
    expect(error).toContain(`${fileOf(name)}(${line},`);
  });
});
