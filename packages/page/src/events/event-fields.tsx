import type { Condition, GroupValue } from '@tailrace/dashboards';
import type { OneEvent } from '@tailrace/local';
import { useState } from 'preact/hooks';
import { formatTime } from '../format/time.ts';
import { formatValue } from '../format/unit.ts';
import { Icon } from '../shell/icons.tsx';

const TIMES = new Set(['date', 'date_nanos']);

/** All that is known of an event. */
export function EventFields({ event, onFilter }: { event: OneEvent; onFilter(condition: Condition): void }) {
  return (
    <div class="event">
      <p class="event-time">{formatTime(event.time)}</p>
      <Source source={event.source} />
      <h3>Fields</h3>
      <table class="event-fields">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Type</th>
            <th scope="col">Value</th>
            <th scope="col">
              <span class="sr-only">Filter</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {event.fields.map(({ path, type, value }) => (
            <tr key={path}>
              <th scope="row">{breakable(path)}</th>
              <td>
                {type === null ? <span class="muted">not declared</span> : <span class="badge neutral">{type}</span>}
              </td>
              <td class="event-value">{valueText(value)}</td>
              <td class="event-filters">
                {isGroupValue(value) && !TIMES.has(type ?? '') && <FilterButtons {...{ path, value, onFilter }} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <RawText text={event.text} />
    </div>
  );
}

interface FilterButtonsProps {
  readonly path: string;
  readonly value: GroupValue;
  onFilter(condition: Condition): void;
}

function FilterButtons({ path, value, onFilter }: FilterButtonsProps) {
  const only = `Only events whose ${path} is ${value}`;
  const without = `Only events whose ${path} is not ${value}`;
  return (
    <>
      <button
        type="button"
        class="button quiet tiny"
        aria-label={only}
        title={only}
        onClick={() => onFilter({ field: path, is: value })}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        class="button quiet tiny"
        aria-label={without}
        title={without}
        onClick={() => onFilter({ field: path, isNot: value })}
      >
        <Icon name="minus" />
      </button>
    </>
  );
}

function Source({ source }: { source: OneEvent['source'] }) {
  const { component, label, stream, offset, end, sub } = source;
  const facts: [string, string][] = [
    ['Source', component],
    ['File', label],
    ['Bytes', `${offset.toLocaleString('en')} – ${end.toLocaleString('en')} (${formatValue(end - offset, 'bytes')})`],
    ['Stream', stream],
    ...(sub === 0 ? [] : [['Part', String(sub)] satisfies [string, string]]),
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function RawText({ text }: { text: string }) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied.');
    } catch {
      setSaid('The browser does not let pages copy here: mark the text instead.');
    }
  };
  return (
    <>
      <div class="event-raw-header">
        <h3>JSON</h3>
        <span role="status" class="muted">
          {said}
        </span>
        <button type="button" class="button small" onClick={() => void copy()}>
          <Icon name="copy" /> Copy
        </button>
      </div>
      <pre class="event-raw">{text}</pre>
    </>
  );
}

/** A path that goes on in the next line behind a dot. */
function breakable(path: string) {
  const parts = path.split('.');
  return parts.map((part, at) => (
    <span key={parts.slice(0, at + 1).join('.')}>
      {part}
      {at < parts.length - 1 && '.'}
      <wbr />
    </span>
  ));
}

function isGroupValue(value: unknown): value is GroupValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
