import type { EventsPanel } from '@tailrace/dashboards';
import type { EventsAnswer } from '@tailrace/local';
import { useMemo } from 'preact/hooks';
import type { PanelBodyProps } from '../panel-contract.ts';
import { Columns } from './columns.tsx';
import { eventsTableOf } from './events-table.ts';
import { Name } from './name.tsx';
import type { TableCell } from './table-data.ts';

interface EventsProps extends Omit<PanelBodyProps, 'panel' | 'answer'> {
  readonly panel: EventsPanel;
  readonly answer: EventsAnswer;
}

/** What scrolls must be reached by keys. */
const FOCUSABLE = { tabIndex: 0 };

/** The newest events; a click on one opens it. */
export function EventsBody({ panel, answer, width, height }: EventsProps) {
  const table = useMemo(() => eventsTableOf(panel, answer), [panel, answer]);
  return (
    <section class="table-scroll" style={{ height: `${height}px` }} aria-label={`Table: ${panel.title}`} {...FOCUSABLE}>
      <table class="data-table events-table">
        <Columns table={table} width={width} />
        <thead>
          <tr>
            {panel.columns.map(({ field, name }) => (
              <th key={field} scope="col" title={field}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((cells, at) => (
            <Event key={answer.events[at]?.key} address={answer.events[at]?.key ?? ''} cells={cells} panel={panel} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface EventProps {
  readonly address: string;
  readonly cells: readonly TableCell[];
  readonly panel: EventsPanel;
}

function Event({ address, cells, panel }: EventProps) {
  const href = `#/event/${encodeURIComponent(address)}`;
  return (
    <tr>
      {cells.map(({ text }, at) => (
        <td key={panel.columns[at]?.field} title={text}>
          {at === 0 ? <a href={href}>{text}</a> : <Text field={panel.columns[at]?.field ?? ''} text={text} />}
        </td>
      ))}
    </tr>
  );
}

const LEVELS: Readonly<Record<string, string>> = { ERROR: 'bad', FATAL: 'bad', WARN: 'warning', WARNING: 'warning' };

function Text({ field, text }: { field: string; text: string }) {
  const level = field === 'level' ? LEVELS[text.toUpperCase()] : undefined;
  return level === undefined ? <Name text={text} /> : <span class={`level is-${level}`}>{text}</span>;
}
