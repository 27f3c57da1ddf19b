import type { CellValue } from '@tailrace/dashboards';
import type { EventRow } from '@tailrace/local';
import { formatTime } from '../format/time.ts';
import { columnTitle } from './columns.ts';

interface EventsTableProps {
  readonly events: readonly EventRow[];
  readonly columns: readonly string[];
  readonly openKey: string | null;
  hrefOf(key: string): string;
  onOpen(key: string): void;
}

/** A row per event; the time is the link that opens it, and a click anywhere in the row does so, too. */
export function EventsTable({ events, columns, openKey, hrefOf, onOpen }: EventsTableProps) {
  const fields = columns.filter((column) => column !== '@timestamp');
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
            {fields.map((field) => (
              <Cell key={field} field={field} value={cells[columns.indexOf(field)] ?? null} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
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
