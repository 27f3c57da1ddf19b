import type { Clicked } from '../panel-contract.ts';

/** A table as it is shown. */
export interface TableData {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly TableCell[])[];
}

export interface TableColumn {
  readonly name: string;
  readonly numeric: boolean;
  /** Text that is never cut, such as a time. */
  readonly whole?: boolean;
}

export interface TableCell {
  readonly text: string;
  /** All of it, where the text is not all. */
  readonly title?: string;
  /** What rows are sorted by; null comes last. */
  readonly value: number | string | null;
  /** What the events behind it are, where it links to them. */
  readonly clicked?: Clicked | undefined;
}

/** Which column a table is sorted by. */
export interface Sorting {
  readonly column: number;
  readonly descending: boolean;
}

/** Rows in the order of one column; equal ones stay in their order, and cells without a value come last. */
export function sortRows(rows: TableData['rows'], sorting: Sorting | null): TableData['rows'] {
  if (sorting === null) return rows;
  const { column, descending } = sorting;
  return [...rows].sort((one, other) => {
    const [left, right] = [one[column]?.value ?? null, other[column]?.value ?? null];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return descending ? compare(right, left) : compare(left, right);
  });
}

/** Numbers by size and before text, text with its digits by size: `port 80` before `port 8080`. */
function compare(one: number | string, other: number | string): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one === 'number' || typeof other === 'number') return typeof one === 'number' ? -1 : 1;
  return one.localeCompare(other, undefined, { numeric: true, sensitivity: 'base' });
}

/** What a click on the head of a column makes of the sorting: largest first of numbers, then the other way, then as it came. */
export function nextSorting(sorting: Sorting | null, column: number, numeric: boolean): Sorting | null {
  if (sorting?.column !== column) return { column, descending: numeric };
  return sorting.descending === numeric ? { column, descending: !numeric } : null;
}
