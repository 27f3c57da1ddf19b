import {
  DOUBLE,
  type DuckDBAppender,
  DuckDBTimestampValue,
  LIST,
  listValue,
  MAP,
  mapValue,
  VARCHAR,
} from '@duckdb/node-api';
import type { MetricRow } from './metrics.ts';
import type { SpanRow } from './traces.ts';

const LABELS = MAP(VARCHAR, VARCHAR);
const DOUBLES = LIST(DOUBLE);

/** Appends the columns of `METRIC_COLUMNS`; those that each table has follow. `micros`: the point's time since 1970. */
export function appendMetric(appender: DuckDBAppender, row: MetricRow, micros: bigint): void {
  appender.appendTimestamp(new DuckDBTimestampValue(micros));
  if (row.start === null) appender.appendNull();
  else appender.appendTimestamp(new DuckDBTimestampValue(row.start));
  appender.appendVarchar(row.name);
  appender.appendVarchar(row.kind);
  appender.appendVarchar(row.unit);
  appender.appendVarchar(row.description);
  appendText(appender, row.temporality);
  appender.appendBoolean(row.monotonic);
  appender.appendMap(mapValue(Array.from(row.labels, ([key, value]) => ({ key, value }))), LABELS);
  appender.appendUBigInt(row.series);
  for (const value of [row.value, row.count, row.sum, row.min, row.max]) appendDouble(appender, value);
  for (const list of [row.bounds, row.buckets]) {
    if (list === null) appender.appendNull();
    else appender.appendList(listValue(list), DOUBLES);
  }
  appender.appendVarchar(row.details);
}

/** Appends the columns of `TRACE_COLUMNS`; those that each table has follow. `micros`: the span's start since 1970. */
export function appendSpan(appender: DuckDBAppender, row: SpanRow, micros: bigint): void {
  appender.appendTimestamp(new DuckDBTimestampValue(micros));
  if (row.durationNs === null) appender.appendNull();
  else appender.appendBigInt(row.durationNs);
  appender.appendVarchar(row.name);
  appender.appendVarchar(row.kind);
  for (const id of [row.traceId, row.spanId, row.parentSpanId]) appendText(appender, id);
  appendText(appender, row.service);
  appender.appendVarchar(row.status);
  appender.appendVarchar(row.statusMessage);
  appender.appendVarchar(row.attributes);
  appender.appendVarchar(row.details);
}

function appendText(appender: DuckDBAppender, text: string | null): void {
  if (text === null) appender.appendNull();
  else appender.appendVarchar(text);
}

function appendDouble(appender: DuckDBAppender, value: number | null): void {
  if (value === null) appender.appendNull();
  else appender.appendDouble(value);
}
