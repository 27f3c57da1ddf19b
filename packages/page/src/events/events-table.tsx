import type { CellValue } from '@tailrace/dashboards';
import type { EventRow } from '@tailrace/local';
import { formatTime } from '../format/time.ts';
import { columnTitle, insteadOfBlank } from './columns.ts';

interface EventsTableProps {
  readonly events: readonly EventRow[];
  /** Of the cells. */
  readonly columns: readonly string[];
  /** Those of them that have a column here. */
  readonly shown: readonly string[];
  readonly openKey: string | null;
  hrefOf(key: string): string;
  onOpen(key: string): void;
}

/** A row per event; the time is the link that opens it, and a click anywhere in the row does so, too. */
export function EventsTable({ events, columns, shown, openKey, hrefOf, onOpen }: EventsTableProps) {
  const fields = shown.filter((column) => column !== '@timestamp');
  const clicked = (event: MouseEvent, key: string) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    // Text that was marked is to be copied.
    if (!isPlain || getSelection()?.isCollapsed === false) return;
    event.preventDefault();
    onOpen(key);
  };
  return (
    <table class="events-list">
      <caption class="sr-only">Events, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {fields.map((field) => (
            <th key={field} scope="col" title={field}>
              {columnTitle(field, fields)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {events.map(({ key, time, cells }) => (
          <tr key={key} class={key === openKey ? 'is-open' : undefined} onClick={(event) => clicked(event, key)}>
            <th scope="row">
              <a href={hrefOf(key)}>{formatTime(time)}</a>
            </th>
            <Cells {...{ fields, columns, cells }} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellsProps {
  readonly fields: readonly string[];
  readonly columns: readonly string[];
  readonly cells: readonly CellValue[];
}

function Cells({ fields, columns, cells }: CellsProps) {
  const instead = insteadOfBlank(fields, columns, cells);
  if (instead !== null) {
    return (
      <td class="muted" colSpan={fields.length} title={instead}>
        {instead}
      </td>
    );
  }
  return (
    <>
      {fields.map((field) => (
        <Cell key={field} field={field} value={cells[columns.indexOf(field)] ?? null} />
      ))}
    </>
  );
}

const LEVELS: Readonly<Record<string, string>> = {
  ERROR: 'bad',
  FATAL: 'bad',
  WARN: 'warning',
  WARNING: 'warning',
};

function Cell({ field, value }: { field: string; value: CellValue }) {
  const text = value === null ? '' : String(value);
  const level = /(^|\.)level$/.test(field) ? LEVELS[text.toUpperCase()] : undefined;
  return (
    <td title={text} class={typeof value === 'number' ? 'number' : undefined}>
      {level === undefined ? text : <span class={`badge ${level}`}>{text}</span>}
    </td>
  );
}
