import { useEffect, useState } from 'preact/hooks';
import { stepAt } from './crosshair.ts';
import { shortName } from './legend-lines.ts';
import { useShared } from './panel-group.tsx';
import { Swatch } from './swatch.tsx';

/** A series as the legend names it. */
export interface LegendItem {
  readonly name: string;
  readonly color: string;
  readonly dash: readonly number[];
  readonly line: boolean;
  /** Its last value. */
  readonly text: string;
}

interface LegendProps {
  readonly items: readonly LegendItem[];
  readonly hidden: ReadonlySet<string>;
  readonly times: readonly number[];
  readonly step: number;
  /** Said before the series. */
  readonly note: string;
  /** Value of the series at this place, at a step or, of null, the last one. */
  textAt(item: number, step: number | null): string;
  onToggle(name: string, alone: boolean): void;
  /** The series that the pointer or the keyboard is at. */
  onPoint(name: string | null): void;
}

/** The series with their values at the crosshair; a click hides one, with Shift, Control or Command all others. */
export function Legend({ items, hidden, times, step, note, textAt, onToggle, onPoint }: LegendProps) {
  const { crosshair } = useShared();
  const [at, setAt] = useState<number | null>(null);
  useEffect(() => crosshair.subscribe(() => setAt(stepAt(times, step, crosshair.time))), [crosshair, times, step]);
  return (
    <div class="legend">
      {note !== '' && <span class="legend-note">{note}</span>}
      {items.map(({ name, color, dash, line }, place) => (
        <button
          {...{ key: name, type: 'button', class: 'legend-item', title: `${name} – click: hide or show` }}
          aria-pressed={!hidden.has(name)}
          onMouseEnter={() => onPoint(name)}
          onMouseLeave={() => onPoint(null)}
          onFocus={() => onPoint(name)}
          onBlur={() => onPoint(null)}
          onClick={(event) => onToggle(name, event.shiftKey || event.ctrlKey || event.metaKey)}
        >
          <Swatch color={color} dash={dash} line={line} />
          <span class="legend-name">{shortName(name)}</span>
          <span class="legend-value">{textAt(place, at)}</span>
        </button>
      ))}
    </div>
  );
}
