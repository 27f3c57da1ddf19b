import { useState } from 'preact/hooks';
import type { Picture } from './picture.ts';
import { stepLabel } from './time-labels.ts';
import type { TooltipRow } from './tooltip.tsx';

/** Said at once; more takes longer than anybody listens. */
const SAID = 8;

interface StepSliderProps {
  readonly title: string;
  readonly picture: Picture;
  rowsAt(step: number): readonly TooltipRow[];
  /** Null when the keyboard leaves. */
  onMove(time: number | null): void;
}

/** Moves the crosshair from step to step by keys, and says the values there; it is seen only as the frame around the plot. */
export function StepSlider({ title, picture: { times, step }, rowsAt, onMove }: StepSliderProps) {
  const last = Math.max(0, times.length - 1);
  const [chosen, choose] = useState<number | null>(null);
  const at = Math.min(chosen ?? last, last);
  const go = (to: number) => {
    choose(to);
    const time = times[to];
    if (time !== undefined) onMove(time + step / 2);
  };
  return (
    <input
      type="range"
      {...{ class: 'plot-slider', min: 0, max: last, step: 1, value: at }}
      aria-label={`Steps of time: ${title}`}
      aria-valuetext={saying(times, step, at, rowsAt)}
      onFocus={() => go(at)}
      onInput={({ currentTarget }) => go(Number(currentTarget.value))}
      onBlur={() => onMove(null)}
      onKeyDown={({ key, currentTarget }) => key === 'Escape' && currentTarget.blur()}
    />
  );
}

function saying(times: readonly number[], step: number, at: number, rowsAt: StepSliderProps['rowsAt']): string {
  const time = times[at];
  if (time === undefined) return 'nothing';
  const span = (times.at(-1) ?? time) - (times[0] ?? time);
  const rows = rowsAt(at);
  const said = rows.slice(0, SAID).map(({ name, text }) => `${name} ${text}`);
  const more = rows.length > SAID ? [`and ${rows.length - SAID} more`] : [];
  return `${stepLabel(time, step, span)}: ${[...said, ...more].join(', ') || 'nothing'}`;
}
