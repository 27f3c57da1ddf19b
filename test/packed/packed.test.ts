import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Manifest, packages, root } from '../repository/workspace.ts';
import { type Finished, filesOf, finish, installInto, packAll, readFrom, tarballName } from './tarballs.ts';

/** What a package may weigh unpacked in KB, dependencies apart, and take to import in ms with everything it loads. */
const budgets: Record<string, { kilobytes: number; milliseconds: number }> = {
  '@tailrace/core': { kilobytes: 400, milliseconds: 400 },
  '@tailrace/dashboards': { kilobytes: 600, milliseconds: 500 },
  '@tailrace/datadog': { kilobytes: 400, milliseconds: 1000 },
  '@tailrace/elasticsearch': { kilobytes: 300, milliseconds: 1500 },
  '@tailrace/http': { kilobytes: 100, milliseconds: 500 },
  '@tailrace/kernel': { kilobytes: 400, milliseconds: 300 },
  '@tailrace/local': { kilobytes: 800, milliseconds: 1000 },
  '@tailrace/otlp': { kilobytes: 400, milliseconds: 1000 },
  '@tailrace/runner': { kilobytes: 500, milliseconds: 1000 },
  '@tailrace/std': { kilobytes: 900, milliseconds: 1000 },
  '@tailrace/telemetry': { kilobytes: 400, milliseconds: 400 },
  '@tailrace/testkit': { kilobytes: 300, milliseconds: 1000 },
  tailrace: { kilobytes: 400, milliseconds: 1500 },
};

let folder: string;
let user: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tailrace-packed-'));
  user = path.join(folder, 'user');
  await packAll(folder);
  await installInto(
    user,
    packages.map((each) => path.join(folder, tarballName(each))),
  );
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(packages.map((each) => [each.manifest.name, each] as const))('%s', (name, each) => {
  const tarball = () => path.join(folder, tarballName(each));

  test('publint finds nothing', async () => {
    const bytes = await readFile(tarball());
    const { messages, pkg } = await publint({
      pack: { tarball: new Uint8Array(bytes).buffer },
      strict: true,
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('the types are right for ESM', async () => {
    const { status, stdout } = await finish(
      'attw',
      [tarball(), '--profile', 'esm-only', '--no-definitely-typed'],
      folder,
    );
    expect(status, stdout).toBe(0);
  });

  test('its package.json means the same outside the workspace', async () => {
    const text = await readFrom(tarball(), 'package.json');
    expect(text).not.toMatch(/workspace:|catalog:|"source"/);
    const packed = JSON.parse(text) as Manifest;
    expect(packed.exports).toEqual(each.manifest.publishConfig?.exports);
    expect(Object.keys(packed.dependencies ?? {}).sort()).toEqual(Object.keys(each.manifest.dependencies ?? {}).sort());
  });

  test('it holds the build, the licence and the README, and no test', async () => {
    const files = await filesOf(tarball());
    expect(files).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/index.d.ts']),
    );
    expect(files.filter((file) => /\.test\.|(?<!\.d)\.ts$|tsconfig|tsup/.test(file))).toEqual([]);
  });

  test('it keeps to its budget of size and import time', async () => {
    const budget = budgets[name];
    if (budget === undefined) throw new Error(`${name} has no budget yet: give it one in this file`);

    const files = (await filesOf(tarball())).filter((file) => !file.endsWith('.map'));
    const sizes = await Promise.all(files.map(async (file) => Buffer.byteLength(await readFrom(tarball(), file))));
    expect(sizes.reduce((sum, size) => sum + size, 0) / 1024).toBeLessThan(budget.kilobytes);

    const source = `const began = performance.now(); await import('${name}'); console.log(performance.now() - began)`;
    const { status, stdout, stderr } = await finish(process.execPath, ['--input-type=module', '-e', source], user);
    expect(status, stderr).toBe(0);
    expect(Number(stdout)).toBeLessThan(budget.milliseconds);
  });
});

describe('a user’s own TypeScript', () => {
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--skipLibCheck',
    '--types',
    '',
  ];

  test('sees the types', async () => {
    const wrong =
      "import { path } from '@tailrace/core';\nexport const wrong: number = path('fields.client_id').text;\n";
    await writeFile(path.join(user, 'wrong.ts'), wrong);
    const { stdout } = await finish('tsc', [...options, 'wrong.ts'], user);
    expect(stdout).toBe("wrong.ts(2,14): error TS2322: Type 'string' is not assignable to type 'number'.\n");
  });

  test('the plugin of CONTRIBUTING.md compiles against the packages', async () => {
    const text = await readFile(path.join(root, 'CONTRIBUTING.md'), 'utf8');
    await writeFile(path.join(user, 'mask.ts'), /```ts\n(.*?)```/s.exec(text)?.[1] ?? 'no plugin there');
    expect(await finish('tsc', [...options, 'mask.ts'], user)).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

describe('the command, installed by npm', () => {
  const tailrace = (...args: string[]): Promise<Finished> =>
    finish(path.join(user, 'node_modules/.bin/tailrace'), args, user);

  beforeAll(async () => {
    const inner = JSON.stringify({ level: 'INFO', fields: { message: 'Port Steal', port: 8080 } });
    const line = JSON.stringify({ log: `${inner}\n`, stream: 'stdout', time: '2026-11-20T10:00:00.123456789Z' });
    await writeFile(path.join(user, 'operator.log'), `${line}\n`);
    await writeFile(path.join(user, 'good.yaml'), pipeline('unpack'));
    await writeFile(path.join(user, 'bad.yaml'), pipeline('unpak'));
  });

  test('--version is the package’s', async () => {
    const cli = packages.find((each) => each.manifest.name === 'tailrace');
    expect(await tailrace('--version')).toEqual({ status: 0, stdout: `${cli?.manifest.version}\n`, stderr: '' });
  });

  test('validate accepts a good pipeline', async () => {
    expect(await tailrace('validate', 'good.yaml')).toMatchObject({ status: 0 });
  });

  test('validate accepts the pipeline of its README', async () => {
    const readme = await readFile(path.join(user, 'node_modules/tailrace/README.md'), 'utf8');
    await writeFile(path.join(user, 'readme.yaml'), /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? '');
    expect(await tailrace('validate', 'readme.yaml')).toMatchObject({ status: 0 });
  });

  test('validate refuses a bad one, says where and names the nearest', async () => {
    const { status, stdout, stderr } = await tailrace('validate', 'bad.yaml');
    expect(status).toBe(78);
    expect(stdout + stderr).toMatch(/bad\.yaml:\d+:\d+ .*unpack/);
  });

  test('run --once reads the file, unpacks it and writes the event', async () => {
    const { status, stdout, stderr } = await tailrace('run', '--once', 'good.yaml');
    expect(status, stderr).toBe(0);
    const events = stdout.split('\n').filter((text) => text.startsWith('{"'));
    expect(events.map((text) => JSON.parse(text) as unknown)).toEqual([
      expect.objectContaining({
        '@timestamp': '2026-11-20T10:00:00.123456789Z',
        level: 'INFO',
        fields: { message: 'Port Steal', port: 8080 },
      }),
    ]);
  });

  test('dashboards are in it: built without the repository, and a push says which package Datadog needs', async () => {
    const { status, stdout, stderr } = await tailrace('dashboards', 'build', '--out', 'dashboards');
    expect(status, stderr).toBe(0);
    const built = stdout.split('\n').flatMap((line) => /^wrote dashboards\/(\S+?),?(?: |$)/.exec(line)?.[1] ?? []);
    expect(built.length).toBeGreaterThanOrEqual(6);
    for (const file of built) {
      const shipped = await readFile(path.join(root, 'dashboards', file), 'utf8');
      expect(await readFile(path.join(user, 'dashboards', file), 'utf8')).toBe(shipped);
    }
    expect(await tailrace('dashboards', 'check')).toMatchObject({ status: 0, stderr: '' });
    const push = await finish(
      'env',
      ['DD_API_KEY=a', 'DD_APP_KEY=b', path.join(user, 'node_modules/.bin/tailrace'), 'dashboards', 'push', 'datadog'],
      user,
    );
    expect([push.status, push.stderr]).toEqual([
      1,
      expect.stringContaining(
        'the package @datadog/datadog-api-client is missing: npm install @datadog/datadog-api-client',
      ),
    ]);
  });
});

/** A pipeline from a docker log file to standard output. */
function pipeline(transform: string): string {
  return `
data_dir: ./data
metrics:
  enabled: false
sources:
  operator:
    type: file
    include: [operator.log]
    read_from: beginning
transforms:
  unpacked:
    type: ${transform}
    inputs: [operator]
sinks:
  printed:
    type: stdout
    inputs: [unpacked]
    format: json
`;
}
