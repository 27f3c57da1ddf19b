import type { StatPanel } from '@tailrace/dashboards';
import type { NumbersAnswer } from '@tailrace/local';
import { formatAgo, formatTime } from '../format/time.ts';
import { formatValue } from '../format/unit.ts';
import type { PanelBodyProps } from '../panel-contract.ts';
import { type StatValue, statValues } from './stat-values.ts';
import { COLOR_WORDS, colorAt } from './thresholds.ts';

interface StatProps extends Omit<PanelBodyProps, 'panel' | 'answer'> {
  readonly panel: StatPanel;
  readonly answer: NumbersAnswer;
}

/** One number, large, with what it means where there are thresholds; several numbers in a list. */
export function StatBody({ panel, answer, width, height }: StatProps) {
  const values = statValues(panel, answer);
  const [first] = values;
  if (values.length > 1) {
    return (
      <dl class="stat-list">
        {values.map((value) => (
          <div key={value.name}>
            <dt title={value.name}>{value.name}</dt>
            <dd>
              <Shown value={value} panel={panel} now={answer.to} />
            </dd>
          </div>
        ))}
      </dl>
    );
  }
  const size = Math.max(20, Math.min(44, width / 6, height / 2.2));
  return (
    <div class="stat" style={{ fontSize: `${size}px` }}>
      {first === undefined ? '–' : <Shown value={first} panel={panel} now={answer.to} />}
    </div>
  );
}

function Shown({ value: { value, unit, isTime }, panel, now }: { value: StatValue; panel: StatPanel; now: number }) {
  if (isTime) return <time title={value === null ? '' : formatTime(value)}>{agoOf(value, now)}</time>;
  const color = colorAt(value, panel.thresholds);
  const { word, sign } = COLOR_WORDS[color];
  return (
    <span class={`stat-number is-${value === null || panel.thresholds === undefined ? 'plain' : color}`}>
      {formatValue(value, unit)}
      {word !== '' && (
        <span class="stat-word">
          <span aria-hidden="true">{sign}</span> {word}
        </span>
      )}
    </span>
  );
}

function agoOf(value: number | null, now: number): string {
  return value === null ? '–' : formatAgo(value, now);
}
