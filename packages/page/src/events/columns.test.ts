import type { EventRow } from '@tailrace/local';
import { describe, expect, it } from 'vitest';
import { columnTitle, insteadOfBlank, usualColumns, worthShowing } from './columns.ts';
import { valuesSql } from './values-sql.ts';

const list = (...paths: string[]) => ({ fields: paths.map((path) => ({ path, type: 'keyword' })) });
const row = (...cells: EventRow['cells']): EventRow => ({ key: 'k', time: 0, cells });

describe('columns that nobody chose', () => {
  it('are those that tell much', () => {
    const names = ['@timestamp', 'stream', 'log', 'level', 'threadId', 'fields.message', 'fields.client_user'];
    expect(usualColumns(list(...names)).slice(0, 4)).toEqual(['level', 'fields.message', 'fields.client_user', 'log']);
  });

  it('are the first that are declared where no name tells anything', () => {
    expect(usualColumns(list('@timestamp', 'a', 'b', 'c', 'd', 'e', 'f'))).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(usualColumns(list())).toEqual([]);
  });

  it('are shown when enough events have them', () => {
    const events = [row('INFO', null, 'x'), row('WARN', null, '')];
    expect(worthShowing(['level', 'reason', 'user'], events)).toEqual(['level', 'user']);
    expect(worthShowing(['a', 'b'], [])).toEqual(['a', 'b']);
  });

  it('give way to another value in an event that has none of them', () => {
    expect(insteadOfBlank(['level'], ['level', 'log'], [null, 'a line'])).toBe('a line');
    expect(insteadOfBlank(['level'], ['level', 'log'], ['INFO', 'a line'])).toBeNull();
    expect(insteadOfBlank(['level'], ['level', 'log'], [null, null])).toBeNull();
  });
});

it('a column is called by the end of its path, unless two would be called alike', () => {
  expect(columnTitle('fields.user', ['fields.user', 'level'])).toBe('user');
  expect(columnTitle('fields.user', ['fields.user', 'user'])).toBe('fields.user');
});

it('values are asked for with the field as a name, whatever is in it', () => {
  expect(valuesSql('a"; DROP TABLE logs; --', { from: 1, to: 2 })).toContain(
    'CAST("a""; DROP TABLE logs; --" AS VARCHAR)',
  );
  expect(valuesSql('a', { from: 1, to: 2 })).toContain('make_timestamp(1000) AND "@timestamp" < make_timestamp(2000)');
});
