import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changed, cwd, edit, GOOD, load, print, problemsOf, tail } from './load.fixture.ts';
import { printProblem } from './problem.ts';

describe('a good pipeline', () => {
  test('comes out resolved', async () => {
    const { config, problems } = await load({
      'conf/p.yaml': `data_dir: data\nshutdown_timeout: 5s\n${changed('inputs: [edited]', 'inputs: [edited]\n    queue: { max_bytes: 1MiB }\n    password: hush')}`,
    });
    expect(problems.map(printProblem)).toEqual([]);
    expect(config?.dataDir).toBe(path.join(cwd, 'conf/data'));
    expect(config?.settings).toMatchObject({ shutdown_timeout: 5000, metrics: { enabled: true } });
    expect(config?.components).toMatchObject([
      {
        id: 'app',
        declaration: tail,
        inputs: [],
        config: { include: ['a.log'], every: 1000, max: 1_048_576 },
        sink: null,
      },
      { id: 'edited', declaration: edit, inputs: ['app'], config: { field: 'log', mode: 'keep' }, sink: null },
      {
        id: 'out',
        declaration: print,
        inputs: ['edited'],
        sink: { queue: { max_bytes: 1_048_576 }, request_timeout: 30_000, retry: { initial: 500 } },
        folder: path.join(cwd, 'conf'),
      },
    ]);
    expect(config?.components[0]?.place(['include', 0])).toEqual({ file: 'conf/p.yaml', line: 5, column: 32 });
    expect(config?.components[0]?.place([])).toEqual({ file: 'conf/p.yaml', line: 5, column: 3 });
    expect(JSON.stringify(config)).not.toContain('hush');
  });
});

describe('several files', () => {
  const [sources, rest] = [GOOD.slice(0, GOOD.indexOf('transforms:')), GOOD.slice(GOOD.indexOf('transforms:'))];

  test('are one pipeline; paths start from the file they stand in', async () => {
    const { config, problems } = await load({ 'in/a.yaml': sources, 'out/b.yaml': rest });
    expect(problems.map(printProblem)).toEqual([]);
    const folders = config?.components.map(({ id, folder }) => [id, path.relative(cwd, folder)]);
    expect(folders).toEqual([
      ['app', 'in'],
      ['edited', 'out'],
      ['out', 'out'],
    ]);
    expect(config?.dataDir).toBe(path.join(cwd, 'in/.tailrace'));
  });

  test('the same id twice names both places', async () => {
    expect(await problemsOf({ 'a.yaml': sources, 'b.yaml': `${sources}${rest}` })).toEqual([
      'b.yaml:3:3 sources.app: the id "app" is taken by sources.app at a.yaml:3:3',
    ]);
  });

  test('a setting stands in one of them', async () => {
    expect(await problemsOf({ 'a.yaml': `data_dir: a\n${sources}`, 'b.yaml': `data_dir: a\n${rest}` })).toEqual([
      'b.yaml:1:1 data_dir: is set already at a.yaml:1:1',
    ]);
  });
});

describe('variables', () => {
  async function option(text: string, env: Record<string, string> = {}, key = 'include'): Promise<unknown> {
    const { config, problems } = await load({ 'v.yaml': changed('[a.log]', text) }, env);
    expect(problems.map(printProblem)).toEqual([]);
    return (config!.components[0]!.config as Record<string, unknown>)[key];
  }

  test('are filled in, with defaults', async () => {
    const text = `["\${A}/\${B:-b}", "\${C:-}x", "\${D:?needed}", "$\${A} $A"]`;
    expect(await option(text, { A: 'a', D: 'd' })).toEqual(['a/b', 'x', 'd', `\${A} $A`]);
  });

  test('a default stands in for an empty value, a bare variable does not', async () => {
    expect(await option(`["\${A:-b}", "\${A}"]`, { A: '' })).toEqual(['b', '']);
  });

  test('stand in defaults, which are filled in when they are used', async () => {
    const text = `["\${A:-\${B:-b}}x", "\${A:-$$}", "\${C:-\${NONE}}}"]`;
    expect(await option(text, { C: 'c' })).toEqual(['bx', '$', 'c}']);
    expect(await option(text, { A: 'a', C: 'c' })).toEqual(['ax', 'a', 'c}']);
    expect(await problemsOf(changed('a.log', `"\${A:-\${B}}"`))).toEqual([
      'p.yaml:3:32 sources.app.include[0]: variable B is not set',
    ]);
  });

  test('come out as they are, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (value) => {
        expect(await option(`["\${A}"]`, { A: value })).toEqual([value]);
      }),
      { numRuns: 50 },
    );
  });

  test('cannot alter the structure', async () => {
    expect(await option(`["\${A}"]`, { A: 'x", "y\n- z: [' })).toEqual(['x", "y\n- z: [']);
  });

  test('unquoted, take the type that is wanted', async () => {
    const block = GOOD.replace(
      '{ type: tail, include: [a.log] }',
      `\n    type: tail\n    include:\n      - \${TEXT}\n    port: \${PORT}`,
    );
    const { config, problems } = await load({ 'v.yaml': block }, { TEXT: '007', PORT: '8080' });
    expect(problems.map(printProblem)).toEqual([]);
    expect(config?.components[0]?.config).toMatchObject({ include: ['007'], port: 8080 });
  });

  test('from a file lose one newline and are never shown', async () => {
    const files = {
      'secret.txt': 'hush hush\n',
      'v.yaml': changed('type: edit', `type: edit\n    labels: { bad: "\${file:secret.txt}" }`),
    };
    expect(await problemsOf(files)).toEqual(['v.yaml:7:20 transforms.edited.labels.bad: must not be ***']);
    expect(await option(`["\${file:secret.txt}"]`)).toEqual(['hush hush']);
  });

  test('are left alone in tests, where texts are data', async () => {
    const { tests } = await load({
      'v.yaml': `${GOOD}tests: [{ name: a, input: { raw: "\${X}" }, expect: { events: [] } }]\n`,
    });
    expect(tests?.[0]?.test.input.raw).toBe(`\${X}`);
  });
});

test('inputs may be patterns', async () => {
  const text = changed('transforms:', 'transforms:\n  extra: { type: edit, inputs: "a*" }').replace(
    '[edited]',
    '["e*"]',
  );
  const { config, problems } = await load({ 'p.yaml': text });
  expect(problems.map(printProblem)).toEqual([]);
  expect(config?.components.map(({ inputs }) => inputs)).toEqual([[], ['app'], ['app'], ['extra', 'edited']]);
});

test('<< brings in the members of other maps that a map does not have itself', async () => {
  const text = changed('type: edit', 'type: edit\n    labels: { a: own, <<: [*one, *two] }').replace(
    '[a.log] }',
    '[a.log] }\n  more: { type: tail, include: [b.log], <<: &port { port: 7 } }\n',
  );
  const labels = 'labels: { a: own, <<: [{ a: 1st, b: 1st }, { b: 2nd, c: 2nd }] }';
  const merging = text.replace(/labels: .*/, labels).replace('inputs: app', 'inputs: [app, more]');
  const { config, problems } = await load({ 'p.yaml': merging.replace('[a.log] }', '[a.log], <<: *port }') });
  expect(problems.map(printProblem)).toEqual([
    'p.yaml:3:44 sources.app: there is no anchor "&port" above, expected quotes around a text that begins with *',
    'p.yaml:3:44 sources.app.<<: is no map, expected a map, an alias of one (*name), or a list of them',
  ]);
  expect(config).toBeUndefined();
  const good = await load({ 'p.yaml': merging });
  expect(good.problems.map(printProblem)).toEqual([]);
  expect(good.config?.components.map(({ config }) => config)).toMatchObject([
    { port: 1 },
    { port: 7, include: ['b.log'] },
    { labels: { a: 'own', b: '1st', c: '2nd' } },
    {},
  ]);
});

test('a large integer keeps its digits where any value may stand, and is a number elsewhere', async () => {
  const value = async (text: string, env: Record<string, string> = {}) => {
    const { config, problems } = await load({ 'p.yaml': changed('type: edit', `type: edit\n    value: ${text}`) }, env);
    expect(problems.map(printProblem)).toEqual([]);
    return (config!.components[1]!.config as { value: unknown }).value;
  };
  expect(await value('12345678901234567890')).toBe(12345678901234567890n);
  expect(await value('{ a: [-12345678901234567890] }')).toEqual({ a: [-12345678901234567890n] });
  expect(await value(`\${N}`, { N: '12345678901234567890' })).toBe(12345678901234567890n);
  expect(await value(`\${N}`, { N: '1e400' })).toBe('1e400');
  expect(await problemsOf(changed('[a.log]', '[a.log], port: 12345678901234567890'))).toEqual([
    'p.yaml:3:46 sources.app.port: is the number 12345678901234567000, expected a whole number from 1 to 65535',
  ]);
});

test('anchors repeat a part, but not without end', async () => {
  const anchored = changed('[a.log] }', '&files [a.log] }\n  more: { type: tail, include: *files }').replace(
    'inputs: app',
    'inputs: [app, more]',
  );
  expect(await problemsOf(anchored)).toEqual([]);
  const lines = Array.from({ length: 12 }, (_, i) => `x${i + 1}: &x${i + 1} [${`*x${i}, `.repeat(9)}*x${i}]`);
  const problems = await problemsOf(`x0: &x0 [a]\n${lines.join('\n')}\n`);
  expect(problems.filter((problem) => problem.includes('more than 200000 values'))).toHaveLength(1);
});

test('an anchor that holds itself is refused', async () => {
  expect(await problemsOf(`x: &x [a, *x]\n${GOOD}`)).toContainEqual(
    expect.stringMatching(/^p\.yaml:1:7 x\[1\]\[1\]: nested deeper than 64 levels$/),
  );
});
