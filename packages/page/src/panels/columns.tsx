import { useMemo } from 'preact/hooks';
import { columnWidths } from './column-widths.ts';
import type { TableData } from './table-data.ts';

/** Beside the rows, in CSS pixels. */
const SCROLLBAR = 12;

/** Fixed widths, so that a browser need not read all rows before it draws the first. */
export function Columns({ table, width }: { readonly table: TableData; readonly width: number }) {
  const widths = useMemo(() => columnWidths(table, width - SCROLLBAR), [table, width]);
  return (
    <colgroup>
      {widths.map((each, at) => (
        <col key={table.columns[at]?.name} style={{ width: `${each}px` }} />
      ))}
    </colgroup>
  );
}
