import type { AnswerRow, CellValue, Condition, Panel } from '@tailrace/dashboards';

/** What the store holds, and which dashboards can be shown of it. Times are Unix milliseconds. */
export interface Status {
  readonly version: string;
  readonly now: number;
  /** Of the component that writes to the store. */
  readonly component: string;
  readonly logs: number;
  readonly metrics: number;
  readonly traces: number;
  /** Times of the oldest and newest log event; null while there is none. */
  readonly first: number | null;
  readonly last: number | null;
  /** On the disk. */
  readonly bytes: number;
  /** Rises with every change of the store. */
  readonly revision: number;
  readonly dashboards: readonly DashboardName[];
}

export interface DashboardName {
  readonly id: string;
  readonly system: string;
  readonly name: string;
  readonly description: string;
}

/** A dashboard as the page draws it. */
export interface DashboardView extends DashboardName {
  readonly time: { readonly from: '1h' | '6h' | '24h' | '7d'; readonly refresh: '30s' | '1m' | '5m' };
  /** Holds for each log query of it. */
  readonly base: readonly Condition[];
  /** Those that log events have; each narrows the choices of those behind it. */
  readonly variables: readonly { readonly name: string; readonly label: string; readonly field: string }[];
  readonly links: readonly DashboardName[];
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelView[] }[];
}

/** A panel as the local store fills it; one that it cannot serve says why. */
export interface PanelView {
  readonly panel: Panel;
  readonly leftOut?: string;
}

/** What a panel shows. */
export type PanelAnswer = NumbersAnswer | EventsAnswer;

/** Of a log query one table; of a metric query one per line, its groups the labels kept apart (of buckets `le` first, the upper bound). */
export interface NumbersAnswer {
  readonly kind: 'numbers';
  readonly from: number;
  readonly to: number;
  /** Length of a step in milliseconds, in answers over time. */
  readonly step?: number;
  readonly tables: readonly NumbersTable[];
}

export interface NumbersTable {
  /** Of a metric line; empty of a log query. */
  readonly name: string;
  readonly groups: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly AnswerRow[];
}

/** The newest events, a cell per column asked for. */
export interface EventsAnswer {
  readonly kind: 'events';
  readonly columns: readonly string[];
  readonly events: readonly EventRow[];
}

export interface EventRow {
  /** Opens the event: `<stream id>-<offset, 12 hex digits>[.<sub, hex>]`, as `_id` in Elasticsearch. */
  readonly key: string;
  readonly time: number;
  readonly cells: readonly CellValue[];
}

/** Events found, the newest first. */
export interface FoundEvents extends EventsAnswer {
  /** How many there are in all, up to 10,000. */
  readonly total: number;
  /** Give it as `before` to read on; null at the end. */
  readonly next: string | null;
}

/** One event with all that is known of it. */
export interface OneEvent {
  readonly key: string;
  readonly time: number;
  /** Its members by path, those that are declared with their type. */
  readonly fields: readonly { readonly path: string; readonly type: string | null; readonly value: unknown }[];
  /** The JSON text. */
  readonly text: string;
  readonly source: {
    readonly component: string;
    /** A file's path, `stdin`. */
    readonly label: string;
    readonly stream: string;
    /** Bytes in the stream: its first, and the first behind it. */
    readonly offset: number;
    readonly end: number;
    readonly sub: number;
  };
}

/** Values that a variable can have, the most frequent first. */
export interface Choices {
  readonly values: readonly { readonly value: string; readonly count: number }[];
}

/** The declared fields of log events, by path. */
export interface FieldList {
  readonly fields: readonly { readonly path: string; readonly type: string }[];
}

/** What a statement gave. */
export interface QueryAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
  /** More rows than the limit were there. */
  readonly truncated: boolean;
  readonly milliseconds: number;
}

/** The body of every answer that is none: what, why and what to do, in one sentence each. */
export interface ApiError {
  readonly error: { readonly code: string; readonly message: string };
}
