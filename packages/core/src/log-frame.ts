import type { Events } from '@tailrace/kernel';
import type { Frame } from './batch.ts';
import { areBelow, cutFrames, FrameError, frameBytes, headerItemBytes, openFrame, writeFrame } from './frame-format.ts';
import type { LogColumns } from './log-batch.ts';

const FIXED_BYTES = frameBytes({ streams: [] });
const COLUMN_BYTES = 39;
/** Where the lengths of the texts stand among the columns: behind three of 8 bytes and two of 4. */
const LENGTHS = { column: 5, byte: 32 };

/**
 * The events as frames of at most `maxBytes` (an event that alone needs more has a frame of its own). Header: the streams of these
 * events. Columns: f64 offset, end offset, seconds; u32 sub, nanos, text length; u16 stream; u8 flags.
 */
export function framesOf(events: Events, columns: LogColumns, maxBytes: number): Frame[] {
  const streams = { bytes: columns.streams.map(headerItemBytes), of: columns.stream };
  const sizes = { fixedBytes: FIXED_BYTES, eventBytes: COLUMN_BYTES, maxBytes };
  return cutFrames(events, sizes, [streams]).map(({ from, to, chosen: [chosen] }) =>
    writeFrame(events, from, to, {
      signal: 'logs',
      header: { streams: [...chosen!.keys()].map((k) => columns.streams[k]!) },
      columns: [
        ...[columns.offset, columns.endOffset, columns.seconds].map((column) => column.subarray(from, to)),
        ...[columns.sub, columns.nanos].map((column) => column.subarray(from, to)),
        columns.stream.subarray(from, to).map((k) => chosen!.get(k)!),
        columns.flags.subarray(from, to),
      ],
      lengthsAt: LENGTHS.column,
    }),
  );
}

/** Reads one of {@link framesOf}'s frames, whose bytes its texts go on using; throws {@link FrameError}. */
export function readFrame(frame: Uint8Array): { events: Events; columns: LogColumns } {
  const { header, events, columns: read } = openFrame(frame, COLUMN_BYTES, LENGTHS.byte);
  const { streams } = header;
  const columns: LogColumns = {
    streams,
    offset: read.f64(),
    endOffset: read.f64(),
    seconds: read.f64(),
    sub: read.u32(),
    nanos: read.u32(),
    stream: read.u16(),
    flags: read.u8(),
  };
  if (!areBelow(columns.stream, streams.length)) throw new FrameError('a frame that contradicts itself');
  return { events, columns };
}
