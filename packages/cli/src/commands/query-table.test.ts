import type { QueryAnswer } from '@tailrace/local';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableText } from './query-table.ts';

const answer = (columns: Record<string, string>, ...rows: unknown[][]): QueryAnswer => ({
  columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
  rows,
  truncated: false,
  milliseconds: 1,
});

describe('a table', () => {
  test('aligns text left and numbers right, and shows what is not there', () => {
    const text = tableText(
      answer(
        { user: 'VARCHAR', count: 'BIGINT', last: 'TIMESTAMP' },
        ['ann', 12_345, null],
        ['bo', 7, '2026-11-21T10:00:00Z'],
      ),
      undefined,
    );
    expect(text).toBe(
      [
        'user  count  last',
        '────  ─────  ────────────────────',
        'ann   12345  NULL',
        'bo        7  2026-11-21T10:00:00Z',
        '',
      ].join('\n'),
    );
  });

  test('has its head when there is no row', () => {
    expect(tableText(answer({ a: 'INTEGER', bc: 'VARCHAR' }), 80)).toBe('a  bc\n─  ──\n');
  });

  test('shows lists as JSON, and lets nothing steer the terminal', () => {
    const cells = [[1, 'x'], '\u001b[2J\nnext\t\u202e\u0000\ud800'];
    const [, , line] = tableText(answer({ list: 'VARCHAR[]', text: 'VARCHAR' }, cells), undefined).split('\n');
    expect(line).toBe('[1,"x"]  \\u{1b}[2J\\nnext\\t\\u{202e}\\u{0}\\u{d800}');
  });

  test('counts what is drawn wide twice', () => {
    const lines = tableText(
      answer({ name: 'VARCHAR', n: 'INTEGER' }, ['漢字', 1], ['e\u0301', 2], ['🦆', 3]),
      undefined,
    ).split('\n');
    expect(lines.slice(2, 5)).toEqual(['漢字  1', 'e\u0301     2', '🦆    3']);
  });

  test('cuts wide cells to fit, the widest first', () => {
    const wide = answer({ id: 'INTEGER', a: 'VARCHAR', b: 'VARCHAR' }, [1, 'a'.repeat(300), 'b'.repeat(20)]);
    const lines = tableText(wide, 50).split('\n');
    expect(lines[2]).toBe(` 1  ${'a'.repeat(23)}…  ${'b'.repeat(20)}`);
    expect(tableText(wide, undefined).split('\n')[2]).toBe(` 1  ${'a'.repeat(79)}…  ${'b'.repeat(20)}`);
    expect(tableText(wide, 10).split('\n')[2]).toBe(` 1  ${'a'.repeat(7)}…  ${'b'.repeat(7)}…`);
  });

  test('shows the whole of an only column where there is room', () => {
    const one = answer({ _text: 'VARCHAR' }, ['x'.repeat(300)]);
    expect(tableText(one, undefined).split('\n')[2]).toHaveLength(300);
    expect(tableText(one, 100).split('\n')[2]).toBe(`${'x'.repeat(99)}…`);
  });

  test('prints a plan as it is', () => {
    const plan = answer({ explain_key: 'VARCHAR', explain_value: 'VARCHAR' }, ['physical_plan', '┌──┐\n└──┘\n']);
    expect(tableText(plan, 3)).toBe('┌──┐\n└──┘\n');
  });

  test('is never wider than the terminal while its columns can give way, whatever is in it', () => {
    const cell = fc.oneof(fc.string({ unit: 'binary', maxLength: 120 }), fc.integer(), fc.constant(null));
    const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 28, max: 200 }), (drawn, width) => {
        const lines = tableText(answer({ a: 'VARCHAR', b: 'DOUBLE', c: 'VARCHAR' }, ...drawn), width).split('\n');
        expect(lines).toHaveLength(drawn.length + 3);
        expect(Math.max(...lines.map((line) => [...new Intl.Segmenter().segment(line)].length))).toBeLessThanOrEqual(
          width,
        );
      }),
      { numRuns: 60 },
    );
  });
});
