import type { EventsPanel } from '@tailrace/dashboards';
import type { EventsAnswer } from '@tailrace/local';
import { formatTime } from '../format/time.ts';
import type { TableData } from './table-data.ts';

/** The newest events as a table, in their order. */
export function eventsTableOf({ columns }: EventsPanel, { events }: EventsAnswer): TableData {
  return {
    columns: columns.map(({ field, name }) => ({ name, numeric: false, whole: field === '@timestamp' })),
    rows: events.map(({ time, cells }) =>
      columns.map(({ field }, at) => {
        if (field === '@timestamp') return { value: time, text: formatTime(time) };
        const value = cells[at] ?? null;
        return { value: typeof value === 'boolean' ? String(value) : value, text: value === null ? '' : String(value) };
      }),
    ),
  };
}
