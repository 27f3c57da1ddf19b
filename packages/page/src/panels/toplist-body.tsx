import type { ToplistPanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { formatValue } from '../format/unit.ts';
import type { PanelBodyProps } from '../panel-contract.ts';
import { Name } from './name.tsx';
import { type Bar, barsOf } from './table-of-answer.ts';

interface ToplistProps extends Omit<PanelBodyProps, 'panel' | 'answer'> {
  readonly panel: ToplistPanel;
  readonly answer: NumbersAnswer;
}

/** The largest groups with bars; a click shows the events of one. */
export function ToplistBody({ panel, answer, height, onEvents }: ToplistProps) {
  const isOfLogs = panel.query.source === 'logs';
  return (
    <ol class="toplist" style={{ maxHeight: `${height}px` }} aria-label={panel.title} {...FOCUSABLE}>
      {barsOf(panel, answer).map((bar) => (
        <li key={JSON.stringify([bar.name, bar.groups])}>
          {isOfLogs && onEvents !== undefined ? (
            <button
              {...{ type: 'button', class: 'toplist-row', title: `Show the events of ${bar.name}` }}
              onClick={() => onEvents({ groups: bar.groups })}
            >
              <Row bar={bar} panel={panel} />
            </button>
          ) : (
            <div class="toplist-row" title={bar.name}>
              <Row bar={bar} panel={panel} />
            </div>
          )}
        </li>
      ))}
    </ol>
  );
}

/** What scrolls must be reached by keys. */
const FOCUSABLE = { tabIndex: 0 };

function Row({ bar: { name, value, ratio }, panel: { unit, query } }: { bar: Bar; panel: ToplistPanel }) {
  const column = query.source === 'logs' ? query.agg[0] : undefined;
  return (
    <>
      <span class="toplist-bar" aria-hidden="true" style={{ width: `${ratio * 100}%` }} />
      <span class="toplist-name">
        <Name text={name} />
      </span>
      <span class="toplist-value">{formatValue(value, column?.unit ?? unit)}</span>
    </>
  );
}
