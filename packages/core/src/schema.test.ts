import { inspect } from 'node:util';
import { expect, expectTypeOf, test } from 'vitest';
import {
  anyOf,
  anything,
  boolean,
  bytes,
  duration,
  fieldPath,
  type Infer,
  integer,
  list,
  map,
  number,
  object,
  oneOf,
  parseBytes,
  parseDuration,
  resolveConfig,
  Secret,
  secret,
  string,
} from './schema.ts';

const description = 'A sentence.';
const everything = object({
  text: string({ description }),
  needed: string({ description, required: true }),
  named: string({ description, default: 'log' }),
  count: integer({ description, default: 3, minimum: 1 }),
  share: number({ description }),
  on: boolean({ description, default: false }),
  mode: oneOf(['keep', 'drop'], { description, default: 'keep' }),
  wait: duration({ description, default: '30s' }),
  room: bytes({ description, default: '5MB' }),
  password: secret({ description }),
  field: fieldPath({ description, default: 'log' }),
  names: list(string({ description }), { description, default: ['a'] }),
  waits: list(duration({ description }), { description }),
  headers: map(secret({ description }), { description }),
  either: anyOf([integer({ description }), list(integer({ description }), { description })], { description }),
  free: anything({ description }),
  nested: object({
    wait: duration({ description, default: '1m' }),
    deep: object({ on: boolean({ description, default: true }) }),
  }),
});

test('the type of a resolved configuration follows from its declaration', () => {
  type Config = Infer<typeof everything>;
  expectTypeOf<Config['text']>().toEqualTypeOf<string | undefined>();
  expectTypeOf<Config['needed']>().toEqualTypeOf<string>();
  expectTypeOf<Config['named']>().toEqualTypeOf<string>();
  expectTypeOf<Config['count']>().toEqualTypeOf<number>();
  expectTypeOf<Config['share']>().toEqualTypeOf<number | undefined>();
  expectTypeOf<Config['mode']>().toEqualTypeOf<'keep' | 'drop'>();
  expectTypeOf<Config['wait']>().toEqualTypeOf<number>();
  expectTypeOf<Config['password']>().toEqualTypeOf<Secret | undefined>();
  expectTypeOf<Config['names']>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<Config['waits']>().toEqualTypeOf<readonly number[] | undefined>();
  expectTypeOf<Config['headers']>().toEqualTypeOf<Readonly<Record<string, Secret>> | undefined>();
  expectTypeOf<Config['either']>().toEqualTypeOf<number | readonly number[] | undefined>();
  expectTypeOf<Config['free']>().toEqualTypeOf<unknown>();
  expectTypeOf<Config['nested']['deep']['on']>().toEqualTypeOf<boolean>();
});

test('defaults are filled in, at any depth', () => {
  expect(resolveConfig(everything, { needed: 'x' })).toEqual({
    needed: 'x',
    named: 'log',
    count: 3,
    on: false,
    mode: 'keep',
    wait: 30_000,
    room: 5_000_000,
    field: 'log',
    names: ['a'],
    nested: { wait: 60_000, deep: { on: true } },
  });
});

test('durations, sizes and secrets are converted, at any depth', () => {
  const config = resolveConfig(everything, {
    needed: 'x',
    wait: '1.5h',
    room: 4096,
    waits: ['250ms', '2d'],
    headers: { authorization: 'Bearer x' },
    either: [1, 2],
    nested: { wait: '5m' },
  });
  expect(config).toMatchObject({
    wait: 5_400_000,
    room: 4096,
    waits: [250, 172_800_000],
    either: [1, 2],
    nested: { wait: 300_000, deep: { on: true } },
  });
  expect(config.headers?.['authorization']?.reveal()).toBe('Bearer x');
});

test('sizes are decimal or binary, as written', () => {
  expect(['512', '1B', '64KB', '64 KiB', '1.5MiB', '2GB', '1GiB'].map(parseBytes)).toEqual([
    512, 1, 64_000, 65_536, 1_572_864, 2_000_000_000, 1_073_741_824,
  ]);
  expect(parseBytes(7)).toBe(7);
  for (const text of ['', '5 mb', '-1', '1TB', 'KB']) expect(() => parseBytes(text)).toThrow(`not a size: ${text}`);
  for (const text of ['', '5', '5 s', '-1s', '1w'])
    expect(() => parseDuration(text)).toThrow(`not a duration: ${text}`);
});

test('a secret is never printed', () => {
  const { password } = resolveConfig(everything, { needed: 'x', password: 'hunter2' });
  const told = { password };
  const printed = [
    String(password),
    `${password}`,
    JSON.stringify(told),
    inspect(told, { depth: 9, showHidden: true }),
  ];
  for (const text of [...printed, inspect(password), Object.keys(password!).join()])
    expect(text).not.toContain('hunter2');
  expect(JSON.stringify(told)).toBe('{"password":"***"}');
  expect(inspect(password)).toBe('Secret(***)');
  expect(password?.reveal()).toBe('hunter2');
  expect(password).toBeInstanceOf(Secret);
});

test('of several shapes the first that fits is taken', () => {
  const shapes = object({
    value: anyOf(
      [
        duration({ description }),
        object({ after: duration({ description, required: true }) }),
        oneOf([false], { description }),
      ],
      { description },
    ),
  });
  expect(resolveConfig(shapes, { value: '2s' })).toEqual({ value: 2000 });
  expect(resolveConfig(shapes, { value: { after: '3s' } })).toEqual({ value: { after: 3000 } });
  expect(resolveConfig(shapes, { value: false })).toEqual({ value: false });
  expect(resolveConfig(shapes, {})).toEqual({});
});

test('the JSON Schema says what the declaration says', () => {
  const schema = object({
    mode: oneOf(['keep', 'drop'], { description: 'What to do.', default: 'keep' }),
    wait: duration({ description: 'How long.', examples: ['5s'] }),
    size: integer({ description: 'How much.', minimum: 1, maximum: 9, required: true }),
  });
  expect(schema.json).toEqual({
    type: 'object',
    properties: {
      mode: { enum: ['keep', 'drop'], description: 'What to do.', default: 'keep' },
      wait: {
        type: 'string',
        pattern: '^(\\d+(?:\\.\\d+)?)(ms|s|m|h|d)$',
        'x-kind': 'duration',
        description: 'How long.',
        examples: ['5s'],
      },
      size: { type: 'integer', minimum: 1, maximum: 9, description: 'How much.' },
    },
    additionalProperties: false,
    required: ['size'],
  });
});
