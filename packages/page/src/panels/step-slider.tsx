import { useRef, useState } from 'preact/hooks';
import type { Span } from '../panel-contract.ts';
import type { Picture } from './picture.ts';
import { stepText } from './time-labels.ts';
import type { TooltipRow } from './tooltip-rows.ts';

/** Said at once; more takes longer than anybody listens. */
const SAID = 8;

interface StepSliderProps {
  readonly title: string;
  readonly picture: Picture;
  rowsAt(step: number): readonly TooltipRow[];
  /** Null when the keyboard leaves. */
  onMove(time: number | null): void;
  onZoom(span: Span): void;
}

/** Moves the crosshair from step to step by keys, and says the values there; Enter at two steps zooms. It is seen only as the frame around the plot. */
export function StepSlider({ title, picture, rowsAt, onMove, onZoom }: StepSliderProps) {
  const { times, step } = picture;
  const last = Math.max(0, times.length - 1);
  const [chosen, choose] = useState<number | null>(null);
  const [marked, mark] = useState<number | null>(null);
  const slider = useRef<HTMLInputElement>(null);
  const at = Math.min(chosen ?? last, last);
  const go = (to: number) => {
    choose(to);
    const time = times[to];
    if (time !== undefined) onMove(time + step / 2);
  };
  const leave = () => {
    mark(null);
    onMove(null);
  };
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === 'Escape') slider.current?.blur();
    if (key !== 'Enter') return;
    mark(marked === null ? at : null);
    if (marked !== null) onZoom(between(picture, marked, at));
  };
  return (
    <input
      type="range"
      {...{ class: 'plot-slider', min: 0, max: last, step: 1, value: at, ref: slider, onKeyDown }}
      aria-label={`Steps of time: ${title}. Enter at two of them zooms.`}
      aria-valuetext={`${marked === at ? 'Zoom from here. ' : ''}${saying(picture, at, rowsAt)}`}
      onFocus={() => go(at)}
      onInput={({ currentTarget }) => go(Number(currentTarget.value))}
      onBlur={leave}
    />
  );
}

function between({ times, step }: Picture, one: number, other: number): Span {
  const [first, last] = [times[Math.min(one, other)] ?? 0, times[Math.max(one, other)] ?? 0];
  return { from: first, to: last + step };
}

function saying(picture: Picture, at: number, rowsAt: StepSliderProps['rowsAt']): string {
  const time = picture.times[at];
  if (time === undefined) return 'nothing';
  const rows = rowsAt(at);
  const said = rows.slice(0, SAID).map(({ name, text }) => `${name} ${text}`);
  const more = rows.length > SAID ? [`and ${rows.length - SAID} more`] : [];
  return `${stepText(time, picture)}: ${[...said, ...more].join(', ') || 'nothing'}`;
}
