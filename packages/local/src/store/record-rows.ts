import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBTimestampValue,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  LIST,
  listValue,
  MAP,
  mapValue,
  TIMESTAMP,
  UBIGINT,
  UINTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import { type Arrivals, recordOf } from '../record-format.ts';
import { type MetricRow, metricRows } from './metrics.ts';
import type { RecordSignal } from './otlp-records.ts';
import type { PlacedRows } from './placed-rows.ts';
import { appendColumns } from './staging.ts';
import { type SpanRow, spanRows } from './traces.ts';

/** Data points or spans that were read before their transaction begins. */
export interface RecordRows {
  /** Without those that cannot be read. */
  readonly arrivals: Arrivals;
  /** Why an entry of the body cannot be read. */
  readonly refused: ReadonlyMap<number, string>;
  /** Writes those that are not in the store yet, inside a transaction. */
  write(connection: DuckDBConnection, rows: PlacedRows): Promise<void>;
}

/** Reads the records of a body. */
export function recordRows(signal: RecordSignal, arrivals: Arrivals): RecordRows {
  const entries = arrivals.payloads.map(recordOf);
  return signal === 'metrics'
    ? rowsOf(arrivals, metricRows(entries), 'metrics', METRIC_COLUMNS)
    : rowsOf(arrivals, spanRows(entries), 'traces', SPAN_COLUMNS);
}

/** A column of a table, in its order: its type and what a row has there. */
type Column<R> = readonly [DuckDBType, (row: R) => DuckDBValue];

function rowsOf<R>(
  arrivals: Arrivals,
  read: readonly (R | string)[],
  table: string,
  columns: readonly Column<R>[],
): RecordRows {
  const refused = new Map<number, string>();
  const byPayload = new Map<Uint8Array, R>();
  for (const [i, row] of read.entries()) {
    if (typeof row === 'string') refused.set(i, row);
    else byPayload.set(arrivals.payloads[i]!, row);
  }
  return {
    arrivals: refused.size === 0 ? arrivals : without(arrivals, refused),
    refused,
    async write(connection, placed) {
      const rows = placed.payloads.map((payload) => byPayload.get(payload)!);
      const [time, ...places] = placesOf(placed);
      const types = [TIMESTAMP, ...columns.map(([type]) => type), ...PLACE_TYPES];
      const values = [time!, ...columns.map(([, value]) => rows.map(value)), ...places];
      await appendColumns(connection, table, types, values, 'store');
    },
  };
}

function without(arrivals: Arrivals, refused: ReadonlyMap<number, string>): Arrivals {
  const kept = Array.from({ length: arrivals.length }, (_, i) => i).filter((i) => !refused.has(i));
  return {
    signal: arrivals.signal,
    length: kept.length,
    positions: kept.map((i) => arrivals.positions[i]!),
    flags: Uint8Array.from(kept, (i) => arrivals.flags[i]!),
    micros: Float64Array.from(kept, (i) => arrivals.micros[i]!),
    payloads: kept.map((i) => arrivals.payloads[i]!),
  };
}

const PLACE_TYPES = [TIMESTAMP, INTEGER, BIGINT, BIGINT, UINTEGER];

/** The columns of {@link PLACE_TYPES}, and before them the time. */
function placesOf({ micros, received, stream, offset, end, sub }: PlacedRows): DuckDBValue[][] {
  const at = new DuckDBTimestampValue(BigInt(received));
  return [
    micros.map((time) => new DuckDBTimestampValue(BigInt(time))),
    micros.map(() => at),
    [...stream],
    offset.map(BigInt),
    end.map(BigInt),
    [...sub],
  ];
}

const list = (numbers: readonly number[] | null) => (numbers === null ? null : listValue(numbers));

const METRIC_COLUMNS: readonly Column<MetricRow>[] = [
  [TIMESTAMP, ({ start }) => (start === null ? null : new DuckDBTimestampValue(start))],
  [VARCHAR, ({ name }) => name],
  [VARCHAR, ({ kind }) => kind],
  [VARCHAR, ({ unit }) => unit],
  [VARCHAR, ({ description }) => description],
  [VARCHAR, ({ temporality }) => temporality],
  [BOOLEAN, ({ monotonic }) => monotonic],
  [MAP(VARCHAR, VARCHAR), ({ labels }) => mapValue(Array.from(labels, ([key, value]) => ({ key, value })))],
  [UBIGINT, ({ series }) => series],
  [DOUBLE, ({ value }) => value],
  [DOUBLE, ({ count }) => count],
  [DOUBLE, ({ sum }) => sum],
  [DOUBLE, ({ min }) => min],
  [DOUBLE, ({ max }) => max],
  [LIST(DOUBLE), ({ bounds }) => list(bounds)],
  [LIST(DOUBLE), ({ buckets }) => list(buckets)],
  [VARCHAR, ({ details }) => details],
];

const SPAN_COLUMNS: readonly Column<SpanRow>[] = [
  [BIGINT, ({ durationNs }) => durationNs],
  [VARCHAR, ({ name }) => name],
  [VARCHAR, ({ kind }) => kind],
  [VARCHAR, ({ traceId }) => traceId],
  [VARCHAR, ({ spanId }) => spanId],
  [VARCHAR, ({ parentSpanId }) => parentSpanId],
  [VARCHAR, ({ service }) => service],
  [VARCHAR, ({ status }) => status],
  [VARCHAR, ({ statusMessage }) => statusMessage],
  [VARCHAR, ({ attributes }) => attributes],
  [VARCHAR, ({ details }) => details],
];
