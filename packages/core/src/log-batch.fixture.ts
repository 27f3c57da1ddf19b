// Batches for the tests of this package.
import { LogBatch, type LogColumns } from './log-batch.ts';

/** A batch with the given JSON texts: one stream, offsets 0, 10, 20, …, times of reading from second 1,000 on. */
export function batchOf(texts: readonly string[], columns: Partial<LogColumns> = {}): LogBatch {
  const pieces = texts.map((text) => Buffer.from(text));
  const { length } = texts;
  const ends = Uint32Array.from(pieces.keys(), (i) =>
    pieces.slice(0, i + 1).reduce((sum, piece) => sum + piece.length, 0),
  );
  const starts = Uint32Array.from(pieces.keys(), (i) => ends[i]! - pieces[i]!.length);
  const offset = Float64Array.from(pieces.keys(), (i) => i * 10);
  return LogBatch.fromSource(
    { text: new Uint8Array(Buffer.concat(pieces)), start: starts, end: ends, length },
    {
      streams: [{ id: 'AbCdEfGhIjKlMnOp', source: 'in', label: 'a.log', firstSeen: 500, replayBelow: 0 }],
      stream: new Uint16Array(length),
      offset,
      endOffset: offset.map((at) => at + 10),
      sub: new Uint32Array(length),
      seconds: Float64Array.from(pieces.keys(), (i) => 1000 + i),
      nanos: new Uint32Array(length),
      flags: new Uint8Array(length),
      ...columns,
    },
  );
}
