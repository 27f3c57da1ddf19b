import { ConfigError } from '@tailrace/core';
import { transformHarness } from '@tailrace/testkit';
import { expect, test } from 'vitest';
import type { Entry } from './modify.fixture.ts';
import { modify } from './modify.ts';

const lower: Entry = { lower: { fields: ['a'] } };

test.each<[readonly Entry[], (string | number)[], string]>([
  [[{}], ['operations', 0], 'names no operation: it needs one of set, default, rename,'],
  [[{ when: 'a' }], ['operations', 0], 'names no operation'],
  [
    [{ lower: { fields: ['a'] }, upper: { fields: ['a'] } }],
    ['operations', 0],
    'names two operations, lower and upper',
  ],
  [[{ ...lower }, { ...lower, when: 'a ==' }], ['operations', 1, 'when'], 'is no valid condition'],
  [[{ set: { field: 'a[0]', value: 1 } }], ['operations', 0, 'set', 'field'], 'leads through an item of a list'],
  [[{ rename: { from: 'a', to: 'b[1].c' } }], ['operations', 0, 'rename', 'to'], 'leads through an item of a list'],
  [[{ copy: { from: 'a', to: '"a"' } }], ['operations', 0, 'copy', 'to'], 'is the same field as from: a'],
  [[{ remove: { fields: ['a', 'b.'] } }], ['operations', 0, 'remove', 'fields', 1], 'expected a key'],
  [[{ hash: { fields: ['a'], key: 'short' } }], ['operations', 0, 'hash', 'key'], 'must have at least 16 bytes'],
  [
    [{ mask: { fields: ['a'], character: '**' } }],
    ['operations', 0, 'mask', 'character'],
    'must be one character, is **',
  ],
  [[{ mask: { fields: ['a'], pattern: '(a' } }], ['operations', 0, 'mask', 'pattern'], 'column'],
  [[{ mask: { fields: ['a'], pattern: '(a)\\1' } }], ['operations', 0, 'mask', 'pattern'], 'column'],
  [
    [{ truncate: { fields: ['a'], limit: 2, unit: 'bytes' } }],
    ['operations', 0, 'truncate', 'limit'],
    'must leave room for the marker, which has 3 bytes',
  ],
  [
    [{ parse_timestamp: { field: 'a', timezone: 'Mars/Olympus' } }],
    ['operations', 0, 'parse_timestamp', 'timezone'],
    'is no time zone',
  ],
  [
    [{ parse_timestamp: { field: 'a', formats: ['rfc3339', 'rfc1123'] } }],
    ['operations', 0, 'parse_timestamp', 'formats', 1],
    'rfc1123 is neither one of rfc3339, epoch,',
  ],
])('%j is refused at set-up', async (operations, at, message) => {
  const error = await transformHarness(modify, { operations }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).at).toEqual(at);
  expect((error as ConfigError).message).toContain(message);
});
