import { useMemo, useState } from 'preact/hooks';
import type { PanelBodyProps } from '../panel-contract.ts';
import { Columns } from './columns.tsx';
import { Name } from './name.tsx';
import { nextSorting, type Sorting, sortRows, type TableCell, type TableData } from './table-data.ts';

/** Rows drawn at once; thousands of them would hold the page up. */
const PAGE = 100;

interface DataTableProps {
  readonly title: string;
  readonly table: TableData;
  readonly onEvents: PanelBodyProps['onEvents'];
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** A table with a head that stays, sorted by clicks on it; what does not fit scrolls inside. */
export function DataTable({ title, table, onEvents, width, height }: DataTableProps) {
  const [sorting, sort] = useState<Sorting | null>(null);
  const [shown, show] = useState(PAGE);
  const rows = useMemo(() => sortRows(table.rows, sorting), [table, sorting]);
  const more = rows.length - shown;
  return (
    <section class="table-scroll" style={{ height: `${height}px` }} aria-label={`Table: ${title}`} {...FOCUSABLE}>
      <table class="data-table">
        <Columns table={table} width={width} />
        <Head columns={table.columns} sorting={sorting} onSort={sort} />
        <tbody>
          {rows.slice(0, shown).map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, at) => (
                <td
                  key={at}
                  class={table.columns[at]?.numeric === true ? 'numeric' : ''}
                  title={cell.title ?? cell.text}
                >
                  <Cell cell={cell} onEvents={onEvents} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {more > 0 && (
        <button type="button" class="more-rows" onClick={() => show(shown + PAGE)}>
          {more} more rows – show {Math.min(PAGE, more)} of them
        </button>
      )}
    </section>
  );
}

/** What scrolls must be reached by keys. */
const FOCUSABLE = { tabIndex: 0 };

interface HeadProps {
  readonly columns: TableData['columns'];
  readonly sorting: Sorting | null;
  onSort(sorting: Sorting | null): void;
}

function Head({ columns, sorting, onSort }: HeadProps) {
  return (
    <thead>
      <tr>
        {columns.map(({ name, numeric }, at) => (
          <th key={name} scope="col" class={numeric ? 'numeric' : ''} aria-sort={sortWord(sorting, at)}>
            <button
              {...{ type: 'button', title: `${name} – click: sort` }}
              onClick={() => onSort(nextSorting(sorting, at, numeric))}
            >
              {name}
              {sorting?.column === at && <span aria-hidden="true"> {sorting.descending ? '↓' : '↑'}</span>}
            </button>
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Cell({ cell: { text, clicked }, onEvents }: { cell: TableCell; onEvents: PanelBodyProps['onEvents'] }) {
  if (clicked === undefined || onEvents === undefined) return <Name text={text} />;
  return (
    <button type="button" class="cell-link" title={`Show the events of ${text}`} onClick={() => onEvents(clicked)}>
      <Name text={text} />
    </button>
  );
}

function sortWord(sorting: Sorting | null, column: number): 'ascending' | 'descending' | 'none' {
  if (sorting?.column !== column) return 'none';
  return sorting.descending ? 'descending' : 'ascending';
}
