import { DuckDBInstance } from '@duckdb/node-api';
import { expect, onTestFinished, test } from 'vitest';
import { queryAnswer } from '../query/answer.ts';
import { lockDown } from './lock-down.ts';
import { createReads } from './read.ts';

const PROTO = '{"__proto__":1,"b":{"0":2,"a":3,"__proto__":[4]}}';

/** Each expression with what a read makes of it, and what those see who asked. */
const VALUES: readonly (readonly [sql: string, cell: unknown, seen?: unknown])[] = [
  ['NULL', null],
  ['true', true],
  ["'ä🦆'", 'ä🦆'],
  ["''", ''],
  ['42', 42],
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', '9007199254740992'],
  ['-9223372036854775808', '-9223372036854775808'],
  ['18446744073709551615::UBIGINT', '18446744073709551615'],
  ['170141183460469231731687303715884105727::HUGEINT', '170141183460469231731687303715884105727'],
  ['sum(7::BIGINT)', 7],
  ['1.5::DOUBLE', 1.5],
  ['0.1::FLOAT::DOUBLE', 0.10000000149011612],
  ["'NaN'::DOUBLE", 'NaN'],
  ["'-inf'::DOUBLE", '-Infinity'],
  ['1.50', 1.5],
  ['-0.001', -0.001],
  ['123456789012.345', 123456789012.345],
  ['1234567890123456.78', '1234567890123456.78'],
  ["TIMESTAMP '2026-11-21 10:00:00'", '2026-11-21T10:00:00Z'],
  ["TIMESTAMP '2026-11-21 10:00:00.000001'", '2026-11-21T10:00:00.000001Z'],
  ["TIMESTAMPTZ '2026-11-21 10:00:00+02:00'", '2026-11-21T08:00:00Z'],
  ["'2026-11-21 10:00:00.123456789'::TIMESTAMP_NS", '2026-11-21T10:00:00.123456789Z'],
  ["'2026-11-21 10:00:00'::TIMESTAMP_S", '2026-11-21T10:00:00Z'],
  ["'2026-11-21 10:00:00.5'::TIMESTAMP_MS", '2026-11-21T10:00:00.5Z'],
  ["'infinity'::TIMESTAMP", 'infinity'],
  ["'0044-03-15 (BC) 12:00:00'::TIMESTAMP", '0044-03-15 (BC) 12:00:00'],
  ["date_trunc('day', now()) = today()", true],
  ["DATE '2026-11-21'", '2026-11-21'],
  ["TIME '10:00:00.5'", '10:00:00.5'],
  ['INTERVAL 90 MINUTE', '01:30:00'],
  ["'\\xAB\\x00'::BLOB", 'qwA='],
  ["'0d5a4a0e-0000-4000-8000-000000000001'::UUID", '0d5a4a0e-0000-4000-8000-000000000001'],
  ["'101'::BIT", '101'],
  ["'b'::ENUM('a', 'b')", 'b'],
  ['\'{"a": [1]}\'::JSON', '{"a": [1]}'],
  ['[1, NULL, 9007199254740993]', '[1,null,"9007199254740993"]', [1, null, '9007199254740993']],
  ["['a', 'b']::VARCHAR[2]", '["a","b"]', ['a', 'b']],
  ['[]', '[]', []],
  ["{a: 1, b: {c: DATE '2026-11-21'}}", '{"a":1,"b":{"c":"2026-11-21"}}', { a: 1, b: { c: '2026-11-21' } }],
  ['(1, 2)', '[1,2]', [1, 2]],
  ["[(1, ('a', NULL)), NULL]", '[[1,["a",null]],null]', [[1, ['a', null]], null]],
  ["map {('k', 1): (1, 2)}", '{"[\\"k\\",1]":[1,2]}', { '["k",1]': [1, 2] }],
  ['[(1, 2)]::STRUCT(a INT, b INT)[1]', '[{"a":1,"b":2}]', [{ a: 1, b: 2 }]],
  ['(1, 2)::UNION(pair STRUCT(a INT, "1" INT))', '{"1":2,"a":1}', { a: 1, 1: 2 }],
  ['struct_pack("__proto__" := 1, b := {"0": 2, a: 3, "__proto__": [4]})', PROTO, JSON.parse(PROTO)],
  ["map {'k': 'v', '__proto__': 'x'}", '{"k":"v","__proto__":"x"}', JSON.parse('{"k":"v","__proto__":"x"}')],
  ['map {1: [2]}', '{"1":[2]}', { 1: [2] }],
  ["union_value(name := 'Frank')", 'Frank'],
];

test('values are safe for JSON, and none loses a digit', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  onTestFinished(() => instance.closeSync());
  const connection = await instance.connect();
  await lockDown(connection);
  connection.closeSync();
  const reads = createReads(instance);
  const found: unknown[][] = [];
  for (const [sql] of VALUES) {
    const answer = await reads.read(`SELECT ${sql}`, { rows: 1, milliseconds: 10_000 });
    found.push([sql, answer.rows[0]?.[0], queryAnswer(answer).rows[0]?.[0]]);
  }
  expect(found).toEqual(VALUES.map(([sql, cell, seen = cell]) => [sql, cell, seen]));
});

test('no value of any type that DuckDB has breaks JSON', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  onTestFinished(() => instance.closeSync());
  const answer = queryAnswer(
    await createReads(instance).read('SELECT * FROM test_all_types()', { rows: 9, milliseconds: 10_000 }),
  );
  expect(answer.rows).toHaveLength(3);
  expect(JSON.parse(JSON.stringify(answer.rows))).toEqual(answer.rows);
  const columns = answer.columns.map(({ name }) => name);
  expect(columns.filter((_, i) => answer.rows[2]?.[i] !== null)).toEqual([]);
});
