/** Where a dashboard can be shown; `local` is the page that the runner serves over the embedded store. */
export type Target = 'kibana' | 'grafana' | 'datadog' | 'local';

/** What a number counts; each target has its own word for it. */
export type Unit =
  | 'none'
  | 'seconds'
  | 'milliseconds'
  | 'days'
  | 'bytes'
  | 'bytes_per_second'
  | 'per_second'
  /** 0 to 1, shown in percent. */
  | 'ratio';

/** Colours by meaning, never by the order of a palette. */
export type Color = 'good' | 'warning' | 'bad' | 'neutral';

/** From which value on a number has a colour, in the panel's unit; the first step has no `from`. */
export interface Threshold {
  readonly from?: number;
  readonly color: Color;
}

/** A parameter that `--set name=value` changes, and its default. */
export interface Parameters {
  /** Elasticsearch indices. */
  readonly index_pattern: string;
  /** Id of the data view in Kibana. */
  readonly data_view_id: string;
  /** In front of the names of mirrord's metrics. */
  readonly metric_prefix: string;
  /** Unit of mirrord's duration and latency histograms, which its documentation does not tell. */
  readonly histogram_unit: 'seconds' | 'milliseconds';
  /** In front of metric names in Datadog, with a dot behind it; empty: none. */
  readonly datadog_namespace: string;
  /** Name of Grafana's variable default for Prometheus. */
  readonly prometheus_datasource: string;
  readonly elasticsearch_datasource: string;
  /** Elasticsearch indices of tailrace's own numbers as events (`internal_stats`), which dashboards of the system `tailrace` read. */
  readonly health_index_pattern: string;
  /** Id of their data view in Kibana. */
  readonly health_data_view_id: string;
  /** What stands in front of the fields of mirrord's functional messages, `fields.` for all that shippers did not rename. */
  readonly field_prefix: string;
}

// ---- logs -------------------------------------------------------------------------------------------------------------

/** A condition on one field of an event; several hold together. */
export type Condition =
  | { readonly field: string; readonly is: string | number | boolean | readonly (string | number)[] }
  | { readonly field: string; readonly isNot: string | number | boolean | readonly (string | number)[] }
  | { readonly field: string; readonly exists: boolean }
  | { readonly field: string; readonly startsWith: string }
  | { readonly field: string; readonly startsNotWith: string }
  | { readonly field: string; readonly atLeast: number }
  | { readonly field: string; readonly below: number };

/** A number made of the events of a group. Percentiles are estimates everywhere. */
export type Aggregation =
  | { readonly op: 'count' }
  | { readonly op: 'cardinality' | 'sum' | 'avg' | 'min' | 'max'; readonly field: string }
  | { readonly op: 'percentile'; readonly field: string; readonly percent: 50 | 75 | 90 | 95 | 99 }
  /** The time of the newest event. */
  | { readonly op: 'last_seen' };

/** An aggregation and what it is called; of several in one panel each has its own name. */
export type Column = Aggregation & {
  readonly name: string;
  readonly unit?: Unit;
  /** Only events that meet these as well: what was stolen with a filter, and without. */
  readonly where?: readonly Condition[];
};

/** Groups by the values of a field, the largest first, by the first aggregation. */
export interface Grouping {
  readonly field: string;
  readonly size: number;
  readonly name: string;
}

/** A question to log events. Never a query string: each target's own language is made of it. */
export interface LogQuery {
  readonly source: 'logs';
  readonly where: readonly Condition[];
  readonly agg: readonly [Column, ...Column[]];
  readonly by?: readonly Grouping[];
  /** Also by time, in steps that the target chooses. */
  readonly over?: 'time';
  /** How much more of one column there was than of another, summed up from the beginning of the time shown. */
  readonly running?: { readonly plus: string; readonly minus: string };
  /** Only groups of which the column of this name is at least so much; such a query has no `over`. */
  readonly having?: { readonly name: string; readonly atLeast: number };
}

// ---- metrics ----------------------------------------------------------------------------------------------------------

interface MetricBase {
  /** As Prometheus knows it, without the prefix; of a histogram without `_bucket`. */
  readonly metric: string;
  /** Only series with these labels. */
  readonly where?: readonly { readonly label: string; readonly is: string }[];
  /** Labels to keep apart. */
  readonly by?: readonly string[];
}

/** A number over series. */
export type MetricExpression =
  | (MetricBase & { readonly shape: 'gauge'; readonly fold: 'sum' | 'min' | 'max' | 'avg'; readonly scale?: number })
  /** A counter, per second. */
  | (MetricBase & { readonly shape: 'rate' })
  /** A counter, over the time shown (stat, table) or over a step (time series). */
  | (MetricBase & { readonly shape: 'increase' })
  /** A histogram's percentile. */
  | (MetricBase & { readonly shape: 'quantile'; readonly percent: 50 | 75 | 90 | 95 | 99 })
  /** A histogram over time, as a heatmap. */
  | (MetricBase & { readonly shape: 'buckets' })
  /** One over another; where the second is 0 it says nothing. */
  | {
      readonly shape: 'ratio';
      readonly over: MetricExpression;
      readonly under: MetricExpression;
      readonly atMost?: number;
    }
  | { readonly shape: 'difference'; readonly from: MetricExpression; readonly minus: MetricExpression };

/** A question to metrics; each line has a name. */
export interface MetricQuery {
  readonly source: 'metrics';
  /** Whose metrics: mirrord's get the parameter `metric_prefix`, our own never. */
  readonly of: 'mirrord' | 'tailrace';
  readonly lines: readonly [MetricLine, ...MetricLine[]];
}

export type MetricLine = MetricExpression & { readonly name: string };

export type Query = LogQuery | MetricQuery;

// ---- panels -----------------------------------------------------------------------------------------------------------

interface PanelBase {
  /** Kebab-case, unique in its dashboard; ids of targets are made of it. */
  readonly id: string;
  readonly title: string;
  /** One or two sentences: what is shown, and what is bad. */
  readonly description: string;
  /** In 24 columns, and in rows of about 40 pixels. */
  readonly width: number;
  readonly height: number;
  readonly unit: Unit;
  /** Targets that cannot show it honestly, and why. */
  readonly except?: Partial<Readonly<Record<Target, string>>>;
}

/** What a target asks instead, since it reads something else: numbers as log events where others read metrics. */
export interface Instead {
  readonly query: Query;
  readonly unit?: Unit;
  readonly title?: string;
  readonly description?: string;
}

/** A panel that some targets may fill from another source; compilers take it through `panelFor(panel, target)`. */
interface QueryPanelBase extends PanelBase {
  readonly query: Query;
  readonly instead?: Partial<Readonly<Record<Target, Instead>>>;
}

/** One number over the time shown. */
export interface StatPanel extends QueryPanelBase {
  readonly kind: 'stat';
  readonly thresholds?: readonly Threshold[];
}

/** Its log queries have `over: 'time'` and at most one grouping. */
export interface TimeseriesPanel extends QueryPanelBase {
  readonly kind: 'timeseries';
  readonly draw: 'line' | 'area' | 'bars';
  readonly stacked?: boolean;
  readonly thresholds?: readonly Threshold[];
  /** Colours of series by name. */
  readonly colors?: Readonly<Record<string, Color>>;
}

/** The largest groups of one field, by one number. */
export interface ToplistPanel extends QueryPanelBase {
  readonly kind: 'toplist';
}

/** A row per group, a column per grouping and per number. */
export interface TablePanel extends QueryPanelBase {
  readonly kind: 'table';
  /** Turns a cell of this grouping into a link to the events of its group. */
  readonly drillDown?: string;
}

/** Shares of a whole: by one grouping, or by several columns with conditions of their own. */
export interface DonutPanel extends PanelBase {
  readonly kind: 'donut';
  readonly query: LogQuery;
}

/** How often each value came over time, from a histogram metric. */
export interface HeatmapPanel extends PanelBase {
  readonly kind: 'heatmap';
  readonly query: MetricQuery;
}

/** The newest events themselves. */
export interface EventsPanel extends PanelBase {
  readonly kind: 'events';
  readonly where: readonly Condition[];
  readonly columns: readonly { readonly field: string; readonly name: string }[];
}

/** Markdown. */
export interface TextPanel extends Omit<PanelBase, 'unit'> {
  readonly kind: 'text';
  readonly text: string;
}

export type Panel =
  | StatPanel
  | TimeseriesPanel
  | ToplistPanel
  | TablePanel
  | DonutPanel
  | HeatmapPanel
  | EventsPanel
  | TextPanel;

// ---- dashboards -------------------------------------------------------------------------------------------------------

/** What a viewer chooses; each narrows the choices of those behind it. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  /** Of log events. */
  readonly field?: string;
  /** Of metrics. */
  readonly label_name?: string;
  /** A metric that has this label, for the list of choices. */
  readonly metric?: string;
}

export interface Row {
  readonly title: string;
  /** From left to right, then down; widths fill 24 columns. */
  readonly panels: readonly Panel[];
}

/** A dashboard, once for all targets. Fields are named as field files name them; the parameter `field_prefix` takes the place of `fields.`. */
export interface Dashboard {
  /** Kebab-case: the name of its folder, and what ids are made of. */
  readonly id: string;
  readonly system: string;
  readonly name: string;
  readonly description: string;
  readonly time: { readonly from: '1h' | '6h' | '24h' | '7d'; readonly refresh: '30s' | '1m' | '5m' };
  /** Holds for each log query. */
  readonly base: readonly Condition[];
  /** Tags (or `source`, `service`) that its logs carry in Datadog, where all logs of an organisation lie together. */
  readonly datadogTags?: Readonly<Record<string, string>>;
  readonly variables: readonly Variable[];
  readonly rows: readonly [Row, ...Row[]];
  /** Ids of dashboards to link to. */
  readonly links: readonly string[];
}
