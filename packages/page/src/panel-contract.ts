import type { GroupValue, Panel } from '@tailrace/dashboards';
import type { PanelAnswer } from '@tailrace/local';

/** A stretch of time in Unix milliseconds, its end not in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What was clicked within a panel; the events behind it are shown. */
export interface Clicked {
  /** Values of the query's groupings, the first ones at least. */
  readonly groups?: readonly GroupValue[];
  /** Name of the query's column. */
  readonly column?: string;
  /** Only a part of the time shown. */
  readonly span?: Span;
}

/** What the frame of a panel hands to what draws it. */
export interface PanelBodyProps {
  readonly panel: Panel;
  /** Of a text panel there is none. */
  readonly answer: PanelAnswer | null;
  readonly view: Span;
  /** Canvases are drawn anew when it changes. */
  readonly theme: 'dark' | 'light';
  /** Of the body, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  onZoom(span: Span): void;
  /** Undefined where no events lie behind the panel. */
  readonly onEvents: ((clicked: Clicked) => void) | undefined;
}
