import { useState } from 'preact/hooks';
import { formatMoment } from '../format/time.ts';
import { PRESETS, parseLast, sameRange, spanOf, type TimeRange } from '../state/time-range.ts';
import { Icon } from './icons.tsx';
import { Popover } from './popover.tsx';

interface TimePickerProps {
  readonly range: TimeRange;
  now(): number;
  onChoose(range: TimeRange): void;
}

/** The button has the id `time-picker`, so that a key can open it. */
export function TimePicker({ range, now, onChoose }: TimePickerProps) {
  const button = (
    <>
      <Icon name="clock" />
      <span class="sr-only">Time: </span>
      <span class="ellipsis">{rangeLabel(range, now())}</span>
      <Icon name="down" />
    </>
  );
  return (
    <Popover button={button} title="Time range" align="end" id="time-picker">
      {(close) => {
        const choose = (next: TimeRange) => {
          onChoose(next);
          close();
        };
        return (
          <div class="time-picker">
            <ul class="menu" aria-label="Ranges up to now">
              {PRESETS.map((preset) => (
                <li key={preset.label}>
                  <button
                    type="button"
                    class="menu-item"
                    aria-pressed={sameRange(preset.range, range)}
                    onClick={() => choose(preset.range)}
                  >
                    {preset.label}
                  </button>
                </li>
              ))}
            </ul>
            <Between range={range} now={now} onChoose={choose} />
          </div>
        );
      }}
    </Popover>
  );
}

function Between({ range, now, onChoose }: TimePickerProps) {
  const span = spanOf(range, now());
  const [from, setFrom] = useState(localText(span.from));
  const [to, setTo] = useState(localText(span.to));
  const [last, setLast] = useState('');
  const [problem, setProblem] = useState('');
  const apply = (event: Event) => {
    event.preventDefault();
    const chosen = last.trim() === '' ? between(from, to) : parseLast(last);
    if (chosen !== undefined) return onChoose(chosen);
    setProblem(last.trim() === '' ? 'From must be before to.' : 'Write a number and s, m, h, d or w: 90m, 2d.');
  };
  return (
    <form class="between" onSubmit={apply} noValidate>
      <h3>From – to</h3>
      <label>
        From
        <input type="datetime-local" step="1" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
      </label>
      <label>
        To
        <input type="datetime-local" step="1" value={to} onInput={(event) => setTo(event.currentTarget.value)} />
      </label>
      <label>
        Or the last
        <input placeholder="90m" value={last} onInput={(event) => setLast(event.currentTarget.value)} />
      </label>
      <p class="problem" role="alert">
        {problem}
      </p>
      <button type="submit" class="button primary">
        Apply
      </button>
      <p class="hint">Times are of this browser’s zone, {Intl.DateTimeFormat().resolvedOptions().timeZone}.</p>
    </form>
  );
}

function between(from: string, to: string): TimeRange | undefined {
  const [begin, end] = [new Date(from).getTime(), new Date(to).getTime()];
  return begin < end ? { from: begin, to: end } : undefined;
}

/** As `datetime-local` wants it: in the zone of the viewer, to the second. */
function localText(milliseconds: number): string {
  const zone = new Date(milliseconds).getTimezoneOffset() * 60_000;
  return new Date(milliseconds - zone).toISOString().slice(0, 19);
}

function rangeLabel(range: TimeRange, now: number): string {
  if (!('last' in range)) return `${formatMoment(range.from, now)} – ${formatMoment(range.to, range.from)}`;
  const preset = PRESETS.find((each) => each.range.last === range.last);
  return preset?.label ?? `Last ${lastText(range.last)}`;
}

function lastText(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  if (minutes % 1440 === 0) return `${minutes / 1440} days`;
  if (minutes % 60 === 0) return `${minutes / 60} hours`;
  return minutes >= 1 ? `${Math.round(minutes)} minutes` : `${Math.round(milliseconds / 1000)} seconds`;
}
