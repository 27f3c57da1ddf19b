import type { ComponentChildren } from 'preact';

const LINE = 22;

/** Height of a foot bar with so many lines, in CSS pixels. */
export function footHeight(lines: number): number {
  return lines * LINE + 2;
}

interface FootBarProps {
  readonly title: string;
  readonly asTable: boolean;
  readonly lines: number;
  onSwitch(asTable: boolean): void;
  readonly children: ComponentChildren;
}

/** Below a chart: its legend, and the switch to the same numbers as a table. */
export function FootBar({ title, asTable, lines, onSwitch, children }: FootBarProps) {
  const words = asTable ? 'Show as chart' : 'Show as table';
  return (
    <div class="foot-bar" style={{ height: `${footHeight(lines)}px` }}>
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
