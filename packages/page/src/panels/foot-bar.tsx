import type { ComponentChildren } from 'preact';

/** In CSS pixels. */
export const FOOT_HEIGHT = 46;

interface FootBarProps {
  readonly title: string;
  readonly asTable: boolean;
  onSwitch(asTable: boolean): void;
  readonly children: ComponentChildren;
}

/** Below a chart: its legend, and the switch to the same numbers as a table. */
export function FootBar({ title, asTable, onSwitch, children }: FootBarProps) {
  const words = asTable ? 'Show as chart' : 'Show as table';
  return (
    <div class="foot-bar">
      {children}
      <button
        {...{ type: 'button', class: 'foot-switch', title: words }}
        aria-label={`${words}: ${title}`}
        onClick={() => onSwitch(!asTable)}
      >
        {asTable ? 'Chart' : 'Table'}
      </button>
    </div>
  );
}
