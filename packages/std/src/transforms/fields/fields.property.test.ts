import { fileURLToPath } from 'node:url';
import { fieldsFrom } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadFieldFile } from '../../field-file/parse.ts';
import { mirrordEvents } from '../../generators/mirrord.ts';
import { createConformer } from './conform.ts';
import { faults } from './faults.fixture.ts';
import { fields } from './fields.ts';
import { planOf } from './plan.ts';

const declared = fieldsFrom({
  n: { type: 'long' },
  'o.d': { type: 'double', aliases: ['o.old', 'older'] },
  'o.k': { type: 'keyword', values: { A: { aliases: ['a', 'aa'] } } },
  'o.s': { type: 'keyword', split: { separator: '/', into: ['o.k', 'n'] } },
  b: { type: 'boolean' },
  t: { type: 'date' },
  tn: { type: 'date_nanos' },
  i: { type: 'ip' },
  f: { type: 'flattened' },
  p: { type: 'object' },
  'p.q.r': { type: 'text' },
}).fields;
const inline = Object.fromEntries(
  declared.map(({ path, type, aliases, values, split }) => [
    path.text,
    {
      type,
      aliases: aliases.map(({ text }) => text),
      ...(values.length > 0 && {
        values: Object.fromEntries(values.map((value) => [value.value, { aliases: value.aliases }])),
      }),
      ...(split && { split: { separator: split.separator, into: split.into.map(({ text }) => text) } }),
    },
  ]),
);

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    'a',
    'aa',
    'A',
    '8080',
    '1.5',
    'true',
    'x/7',
    'a/b',
    '::1',
    '2024-01-01',
    '2024-01-01 10:00:00',
    'é"\n',
    '',
  ),
  fc.constantFrom<unknown>(0, -1, 1.5, 1e300, 1704067200, 1704067200123, true, false, null),
);
const keys = fc.constantFrom(
  'n',
  'o',
  'd',
  'k',
  's',
  'b',
  't',
  'tn',
  'i',
  'f',
  'p',
  'q',
  'r',
  'old',
  'older',
  'x',
  'o.d',
  'p.q',
  'q.r',
  'x.y',
  'x_y',
  'q_r',
  ' ',
  'n_text',
  '_overflow',
  '@timestamp',
);
const { value: anyValue } = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(keys, tie('value'), { maxKeys: 5, noNullPrototype: true }),
}));
// The shape that most values find a place in.
const likely = fc.record(
  {
    '@timestamp': scalar,
    n: scalar,
    o: fc.record({ d: scalar, k: scalar, s: scalar, old: scalar, z: scalar }, { requiredKeys: [] }),
    older: scalar,
    b: scalar,
    t: scalar,
    tn: scalar,
    i: scalar,
    f: anyValue,
    p: fc.record({ q: fc.record({ r: anyValue }, { requiredKeys: [] }), y: anyValue }, { requiredKeys: [] }),
    'o.d': scalar,
    x: anyValue,
  },
  { requiredKeys: [] },
);
const events = fc.array(fc.oneof(likely, fc.dictionary(keys, anyValue, { noNullPrototype: true })), {
  minLength: 1,
  maxLength: 6,
});

test.each([
  ['stringify', 'keep', 500],
  ['rename', 'keep', 5],
  ['stringify', 'flatten', 0],
  ['stringify', 'drop', 0],
] as const)('any event gets declared types and safe keys (%s, %s, %i)', async (on_conflict, unknown, max_fields) => {
  const { run } = await transformHarness(fields, { fields: inline, on_conflict, unknown, max_fields });
  fc.assert(
    fc.property(events, (batch) => {
      const done = run(batch);
      expect(done.events.flatMap((event) => faults(event, declared))).toEqual([]);
      expect(done.events.length).toBe(batch.length);
    }),
    { numRuns: 150 },
  );
});

test.each([500, 40, 3])('the short way gives what the long way gives, with a budget of %i', async (maxFields) => {
  const { run } = await transformHarness(fields, { fields: inline, max_fields: maxFields });
  const conform = createConformer(planOf(declared, '_overflow'), {
    onConflict: 'stringify',
    unknown: 'keep',
    maxFields,
    overflow: '_overflow',
  });
  fc.assert(
    fc.property(events, (batch) => {
      const long = batch.map((event) => {
        const text = JSON.stringify(event);
        return JSON.parse(conform(text, null).text ?? text) as unknown;
      });
      expect(run(batch).events).toEqual(long);
    }),
    { numRuns: 300 },
  );
});

/** What plain code makes of an event that has no conflicts: the twin. */
function twin(event: { [key: string]: unknown }): object {
  const out = structuredClone(event) as { n?: unknown; b?: unknown; t?: unknown; o?: Record<string, unknown> };
  const number = (value: unknown): unknown => (typeof value === 'string' ? Number(value) : value);
  const text = (value: unknown): unknown => (value === null || value === undefined ? value : String(value));
  if (out.o && !('d' in out.o) && 'old' in out.o) {
    const { old, ...others } = out.o;
    out.o = { ...others, d: old };
  }
  if (out.o && typeof out.o['s'] === 'string') {
    const [kind, size] = out.o['s'].split('/');
    if (kind && !('k' in out.o)) out.o['k'] = kind;
    if (size && !('n' in out)) out.n = size;
  }
  if (out.o) {
    const { o } = out;
    if ('d' in o) o['d'] = number(o['d']);
    if ('k' in o) o['k'] = o['k'] === 'a' || o['k'] === 'aa' ? 'A' : text(o['k']);
    if ('s' in o) o['s'] = text(o['s']);
  }
  if ('n' in out) out.n = number(out.n);
  if (typeof out.b === 'string') out.b = out.b === 'true';
  if (typeof out.t === 'number') out.t = new Date(out.t * 1000).toISOString().replace('.000Z', 'Z');
  return out;
}

test('coercion, names, values and pieces equal plain code over objects', async () => {
  const { run } = await transformHarness(fields, { fields: inline });
  const digits = fc.oneof(fc.integer(), fc.integer().map(String), fc.constant(null));
  const good = fc.record(
    {
      n: digits,
      b: fc.oneof(fc.boolean(), fc.boolean().map(String)),
      t: fc.oneof(fc.integer({ min: 0, max: 4e9 }), fc.constant('2024-01-01T00:00:00Z')),
      o: fc.record(
        {
          d: fc.oneof(digits, fc.constantFrom(1.25, '1.25')),
          old: fc.oneof(digits, fc.constantFrom(1.25, '1.25')),
          k: fc.oneof(fc.constantFrom<unknown>('a', 'aa', 'A', 'b"', 'é', true, 7), fc.integer()),
          s: fc.constantFrom<unknown>('a/7', 'x', 'x/8/y', '/9', 5, null),
          free: fc
            .jsonValue()
            .filter((value) => !JSON.stringify(value).includes('":') && !/""|\." *:/.test(JSON.stringify(value))),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(good, { minLength: 1, maxLength: 5 }), (batch) => {
      const wanted = JSON.parse(JSON.stringify(batch.map(twin))) as unknown;
      expect(run(batch).events).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});

test('mirrord’s field file over generated events: every field has its type, nothing goes astray', async () => {
  const file = fileURLToPath(new URL('../../../../../pipelines/mirrord/fields.yaml', import.meta.url));
  const { run } = await transformHarness(fields, { file });
  const records: object[] = [];
  for (const { text } of mirrordEvents({ lines: 2000, shares: { mistyped: 0.1 } })) {
    if (text.startsWith('{') && text.endsWith('}')) records.push(JSON.parse(text) as object);
  }
  const done = run(records);
  expect(records.length).toBeGreaterThan(1500);
  const types = loadFieldFile(file).fields;
  expect(done.events.flatMap((event) => faults(event, types))).toEqual([]);
  expect(done.errors.type_conflict).toBeGreaterThan(0);
  expect(done.errors.field_budget).toBeUndefined();
});
