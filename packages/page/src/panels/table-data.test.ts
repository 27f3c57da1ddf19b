import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnWidths } from './column-widths.ts';
import { nextSorting, sortRows, type TableData } from './table-data.ts';

const rowsOf = (...values: (number | string | null)[]) => values.map((value) => [{ value, text: String(value) }]);
const sorted = (descending: boolean, ...values: (number | string | null)[]) =>
  sortRows(rowsOf(...values), { column: 0, descending }).map(([cell]) => cell?.value);

test('numbers by size, text with its numbers by size, and what is unknown last both ways', () => {
  expect(sorted(false, 10, null, 9, -1)).toEqual([-1, 9, 10, null]);
  expect(sorted(true, 10, null, 9, -1)).toEqual([10, 9, -1, null]);
  expect(sorted(false, 'v10', 'v9', 'V1')).toEqual(['V1', 'v9', 'v10']);
  expect(sorted(false, 'a', 3)).toEqual([3, 'a']);
});

test('equal rows stay as they came, and no sorting changes nothing', () => {
  const rows = [1, 0, 1, 0].map((value, at) => [
    { value, text: '' },
    { value: at, text: '' },
  ]);
  const order = sortRows(rows, { column: 0, descending: true }).map((cells) => cells[1]?.value);
  expect(order).toEqual([0, 2, 1, 3]);
  expect(sortRows(rows, null)).toBe(rows);
});

test('clicks on a head: the largest numbers or the first names first, the other way, as it came', () => {
  const first = nextSorting(null, 2, true);
  expect(first).toEqual({ column: 2, descending: true });
  expect(nextSorting(first, 2, true)).toEqual({ column: 2, descending: false });
  expect(nextSorting({ column: 2, descending: false }, 2, true)).toBeNull();
  expect(nextSorting(first, 0, false)).toEqual({ column: 0, descending: false });
});

const table = (columns: TableData['columns'], ...texts: string[][]): TableData => ({
  columns,
  rows: texts.map((row) => row.map((text) => ({ text, value: text }))),
});

test('the widest text is cut first, numbers and times never', () => {
  const columns = [
    { name: 'A', numeric: false },
    { name: 'B', numeric: false },
    { name: 'Time', numeric: false, whole: true },
    { name: 'N', numeric: true },
  ];
  const [a = 0, b = 0, time = 0, n = 0] = columnWidths(
    table(columns, ['x'.repeat(200), 'short', '2026-03-01 09:05:07', '1,234']),
    600,
  );
  expect(a + b + time + n).toBeCloseTo(600, 6);
  expect(b).toBeLessThan(a);
  expect(time).toBeGreaterThan(19 * 7);
  expect(n).toBeGreaterThan(5 * 7);
});

test('columns fill the room, and go beyond it only when nothing can be cut any more', () => {
  const column = fc.record({ name: fc.string({ maxLength: 12 }), numeric: fc.boolean() });
  const texts = fc.array(fc.array(fc.string({ maxLength: 60 }), { minLength: 6, maxLength: 6 }), { maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(column, { minLength: 1, maxLength: 6 }),
      texts,
      fc.integer({ min: 50, max: 1500 }),
      (columns, rows, width) => {
        const widths = columnWidths(table(columns, ...rows), width);
        const sum = widths.reduce((total, each) => total + each, 0);
        expect(widths.every((each) => each > 0 && Number.isFinite(each))).toBe(true);
        expect(sum).toBeGreaterThan(width - 1);
        const cut = widths.filter((each, at) => columns[at]?.numeric === false && each > 100.01).length;
        if (sum > width + 1) expect(cut).toBe(0);
      },
    ),
    { numRuns: 100 },
  );
});
