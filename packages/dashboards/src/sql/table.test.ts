import { expect, test } from 'vitest';
import { readRows } from './rows.ts';
import { eventsTable } from './table.ts';

test('a column per declared field, by its path', () => {
  expect(eventsTable('events', { '@timestamp': 'date', 'fields.port': 'long', 'a"b': 'flattened' })).toBe(
    'CREATE TABLE "events" ("@timestamp" TIMESTAMP, "fields.port" BIGINT, "a""b" JSON)',
  );
  expect(() => eventsTable('events', { at: 'geo_point' })).toThrow('at: there is no column type for geo_point');
});

test('rows of another form are refused', () => {
  const query = { source: 'logs', where: [], agg: [{ op: 'count', name: 'all' }] } as const;
  expect(readRows(query, [[3]])).toEqual([{ groups: [], columns: [3] }]);
  expect(() => readRows(query, [['a', 3]])).toThrow('expected 1 columns, not 2');
});
