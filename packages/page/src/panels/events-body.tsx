import type { EventsPanel } from '@tailrace/dashboards';
import type { EventRow, EventsAnswer } from '@tailrace/local';
import { formatTime } from '../format/time.ts';
import type { PanelBodyProps } from '../panel-contract.ts';

interface EventsProps extends Omit<PanelBodyProps, 'panel' | 'answer'> {
  readonly panel: EventsPanel;
  readonly answer: EventsAnswer;
}

/** The newest events; a click opens one. */
export function EventsBody({ panel, answer, height }: EventsProps) {
  return (
    <section
      class="table-scroll"
      style={{ maxHeight: `${height}px` }}
      aria-label={`Table: ${panel.title}`}
      {...FOCUSABLE}
    >
      <table class="data-table events-table">
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
          {answer.events.map((event) => (
            <Event key={event.key} event={event} panel={panel} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What scrolls must be reached by keys. */
const FOCUSABLE = { tabIndex: 0 };

function Event({ event, panel }: { event: EventRow; panel: EventsPanel }) {
  const href = `#/event/${encodeURIComponent(event.key)}`;
  return (
    <tr>
      {panel.columns.map(({ field }, at) => {
        const text = textOf(event, field, at);
        return (
          <td key={field} title={text} class={field === '@timestamp' ? 'event-time' : ''}>
            {at === 0 ? <a href={href}>{text}</a> : <Text field={field} text={text} />}
          </td>
        );
      })}
    </tr>
  );
}

function textOf({ time, cells }: EventRow, field: string, at: number): string {
  if (field === '@timestamp') return formatTime(time);
  const value = cells[at] ?? null;
  return value === null ? '' : String(value);
}

const LEVELS: Readonly<Record<string, string>> = { ERROR: 'bad', FATAL: 'bad', WARN: 'warning', WARNING: 'warning' };

function Text({ field, text }: { field: string; text: string }) {
  const level = field === 'level' ? LEVELS[text.toUpperCase()] : undefined;
  return level === undefined ? text : <span class={`level is-${level}`}>{text}</span>;
}
