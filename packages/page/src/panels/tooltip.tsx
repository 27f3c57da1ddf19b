import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { stepAt } from './crosshair.ts';
import { useShared } from './panel-group.tsx';
import type { Picture } from './picture.ts';
import { Swatch } from './swatch.tsx';
import { stepText } from './time-labels.ts';
import { MOST_ROWS, type TooltipRow } from './tooltip-rows.ts';

interface TooltipProps {
  readonly picture: Picture;
  readonly self: object;
  readonly within: RefObject<HTMLElement | null>;
  rowsAt(step: number): readonly TooltipRow[];
}

const APART = 14;

/** The values at the crosshair, beside it, while the pointer is in this panel. It lies above all else, so that no panel cuts it off. */
export function Tooltip({ picture, self, within, rowsAt }: TooltipProps) {
  const { crosshair } = useShared();
  const [at, setAt] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const { times, step } = picture;
  useEffect(
    () =>
      crosshair.subscribe(() => {
        const { time, source } = crosshair;
        setAt(source === self ? stepAt(times, step, time) : null);
      }),
    [crosshair, self, times, step],
  );
  useEffect(() => {
    if (at !== null && box.current !== null && within.current !== null) place(box.current, within.current);
  });
  useEffect(() => {
    const hide = () => setAt(null);
    // The plot moves away under the pointer, and no pointer tells so.
    addEventListener('scroll', hide, { capture: true, passive: true });
    return () => removeEventListener('scroll', hide, { capture: true });
  }, []);
  if (at === null) return null;
  const rows = rowsAt(at);
  return (
    <div class="tooltip" popover="manual" ref={box} aria-hidden="true">
      <div class="tooltip-time">{stepText(times[at] ?? 0, picture)}</div>
      {rows.slice(0, MOST_ROWS).map(({ name, text, color, dash, line }) => (
        <div class="tooltip-row" key={name}>
          {color !== undefined && <Swatch color={color} dash={dash ?? []} line={line === true} />}
          <span class="tooltip-name">{name}</span>
          <span class="tooltip-value">{text}</span>
        </div>
      ))}
      {rows.length > MOST_ROWS && <div class="tooltip-more">{rows.length - MOST_ROWS} more</div>}
    </div>
  );
}

/** Right of the crosshair, or left of it where there is no room. */
function place(box: HTMLElement, within: HTMLElement): void {
  if (!box.matches(':popover-open')) box.showPopover();
  const line = within.querySelector('.u-cursor-x')?.getBoundingClientRect();
  const plot = within.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const x = line?.left ?? plot.left;
  const left = x + APART + width > innerWidth ? x - APART - width : x + APART;
  const top = Math.min(Math.max(8, plot.top), Math.max(8, innerHeight - height - 8));
  box.style.left = `${Math.max(4, left)}px`;
  box.style.top = `${top}px`;
}
