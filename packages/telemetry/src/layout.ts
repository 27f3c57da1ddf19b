import { type Field, type Table, tableOf } from './tables.ts';
import type { MetricKind, OtlpSignal } from './types.ts';

/** The messages from a request down to its records, and where they stand in each other. In all signals, resources are field 1 and what they hold field 2. */
export interface Layout {
  readonly request: Table;
  readonly resource: Table;
  readonly scope: Table;
  /** What a scope holds: the record, or for metrics the metric, whose data hold the points as field 1. */
  readonly item: Table;
  /** Field numbers of a record's time, best first; 8 bytes of nanoseconds since 1970 each. */
  readonly times: readonly number[];
}

/** Field numbers in every request: ResourceX in the request, ScopeX in ResourceX, records or metrics in ScopeX, points in a metric's data. */
export const AT = { resource: 1, scope: 2, item: 2, point: 1 } as const;

const LAYOUTS: Readonly<Record<OtlpSignal, Layout>> = {
  logs: {
    request: tableOf('collector.logs.ExportLogsServiceRequest'),
    resource: tableOf('logs.ResourceLogs'),
    scope: tableOf('logs.ScopeLogs'),
    item: tableOf('logs.LogRecord'),
    times: [1, 11],
  },
  metrics: {
    request: tableOf('collector.metrics.ExportMetricsServiceRequest'),
    resource: tableOf('metrics.ResourceMetrics'),
    scope: tableOf('metrics.ScopeMetrics'),
    item: tableOf('metrics.Metric'),
    times: [3],
  },
  traces: {
    request: tableOf('collector.trace.ExportTraceServiceRequest'),
    resource: tableOf('trace.ResourceSpans'),
    scope: tableOf('trace.ScopeSpans'),
    item: tableOf('trace.Span'),
    times: [7],
  },
};

/** The kind of metric that a field of Metric's oneof `data` holds. */
export function kindOf(field: Field): MetricKind {
  return field.name === 'exponentialHistogram' ? 'exponential_histogram' : (field.name as MetricKind);
}

/** The field of Metric that holds the data of a kind. */
export function dataField(kind: MetricKind): Field {
  return tableOf('metrics.Metric').fields.find((field) => field.oneof === 'data' && kindOf(field) === kind)!;
}

/** The layout of a signal's requests. */
export function layoutOf(signal: OtlpSignal): Layout {
  return LAYOUTS[signal];
}
