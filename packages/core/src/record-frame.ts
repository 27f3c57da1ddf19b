import type { Frame } from './batch.ts';
import { areBelow, cutFrames, FrameError, frameBytes, headerItemBytes, openFrame, writeFrame } from './frame-format.ts';
import type { RecordColumns, RecordSignal, Records } from './record-batch.ts';

const FIXED_BYTES = frameBytes({ streams: [], envelopes: [] });
const COLUMN_BYTES = 42;
/** Where the lengths of the records stand among the columns: behind three of 8 bytes and three of 4. */
const LENGTHS = { column: 6, byte: 36 };

/**
 * Records as frames of at most `maxBytes` (a record that alone needs more has a frame of its own). Header: the streams and, in base64,
 * the envelopes of these records. Columns: f64 offset, end offset, seconds; u32 sub, nanos, envelope, length; u16 stream.
 */
export function recordFrames(
  signal: RecordSignal,
  records: Records,
  columns: RecordColumns,
  maxBytes: number,
): Frame[] {
  const envelopes = records.envelopes.map((bytes) => Buffer.from(bytes).toString('base64'));
  const shared = [
    { bytes: columns.streams.map(headerItemBytes), of: columns.stream },
    { bytes: envelopes.map(headerItemBytes), of: records.envelope },
  ];
  const sizes = { fixedBytes: FIXED_BYTES, eventBytes: COLUMN_BYTES, maxBytes };
  return cutFrames(records, sizes, shared).map(({ from, to, chosen: [streams, used] }) =>
    writeFrame(records, from, to, {
      signal,
      header: {
        streams: [...streams!.keys()].map((k) => columns.streams[k]!),
        envelopes: [...used!.keys()].map((k) => envelopes[k]!),
      },
      columns: [
        ...[columns.offset, columns.endOffset, columns.seconds].map((column) => column.subarray(from, to)),
        ...[columns.sub, columns.nanos].map((column) => column.subarray(from, to)),
        records.envelope.subarray(from, to).map((k) => used!.get(k)!),
        columns.stream.subarray(from, to).map((k) => streams!.get(k)!),
      ],
      lengthsAt: LENGTHS.column,
    }),
  );
}

/** Reads one of {@link recordFrames}' frames, whose bytes its records go on using; throws {@link FrameError}. */
export function readRecordFrame(frame: Uint8Array): { records: Records; columns: RecordColumns } {
  const { header, events, columns: read } = openFrame(frame, COLUMN_BYTES, LENGTHS.byte);
  const { streams } = header;
  const envelopes = (header['envelopes'] as string[]).map((text) => new Uint8Array(Buffer.from(text, 'base64')));
  const [offset, endOffset, seconds] = [read.f64(), read.f64(), read.f64()];
  const [sub, nanos, envelope, stream] = [read.u32(), read.u32(), read.u32(), read.u16()];
  if (!areBelow(stream, streams.length) || !areBelow(envelope, envelopes.length))
    throw new FrameError('a frame that contradicts itself');
  const columns = { streams, stream, offset, endOffset, sub, seconds, nanos };
  return { records: { ...events, envelopes, envelope }, columns };
}
