import { RecordBatch, type RecordColumns, type Records } from '@tailrace/core';
import { type MetricPoint, writeMetricEnvelope, writePoint } from '@tailrace/telemetry';

/** Points as a source gives them. */
export function recordsOf(points: readonly MetricPoint[]): { records: Records; columns: RecordColumns } {
  const pieces = points.map((point) => writePoint(point.kind, point));
  const { length } = points;
  const end = new Uint32Array(length);
  for (const [i, piece] of pieces.entries()) end[i] = (end[i - 1] ?? 0) + piece.length;
  const start = end.map((at, i) => at - pieces[i]!.length);
  const envelopes = points.map(writeMetricEnvelope);
  const envelope = Uint32Array.from(envelopes.keys());
  const counted = Float64Array.from(envelopes.keys());
  return {
    records: { text: new Uint8Array(Buffer.concat(pieces)), start, end, length, envelopes, envelope },
    columns: {
      streams: [{ id: 'AbCdEfGhIjKlMnOp', source: 'in', label: 'scrape', firstSeen: 500, replayBelow: 0 }],
      stream: new Uint16Array(length),
      offset: counted,
      endOffset: counted.map((at) => at + 1),
      sub: new Uint32Array(length),
      seconds: Float64Array.from(points, ({ time }) => Number(time / 1_000_000_000n)),
      nanos: new Uint32Array(length),
    },
  };
}

/** A batch straight from a source. */
export function metricBatch(points: readonly MetricPoint[]): RecordBatch<'metrics'> {
  const { records, columns } = recordsOf(points);
  return RecordBatch.fromSource('metrics', records, columns);
}
