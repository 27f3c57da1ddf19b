import { ByteWriter, type EncodedBatch, LogBatch, resolveConfig } from '@tailrace/core';
import { joinPlaced, type logEvents } from '@tailrace/telemetry';
import { placesOf } from '../entries.ts';
import { createLogEncoder } from './log-encoder.ts';
import { type LogOptions, logOptions } from './options.ts';

/** Paths are as they are written. */
export const context = { resolvePath: (file: string) => file };
/** When records without a time were read. */
export const READ = { seconds: 1_800_000_000, nanos: 5 };

/** Options with their defaults. */
export const optionsOf = (options: object): LogOptions => resolveConfig(logOptions, options);

/** A batch of events; their times are their own `@timestamp` or the time of reading. */
export function batchOf(events: ReturnType<typeof logEvents>): LogBatch {
  const { length } = events;
  const stream = { id: 'A'.repeat(16), source: 'test', label: 'test', firstSeen: 0, replayBelow: 0 };
  return LogBatch.fromSource(events, {
    streams: [stream],
    stream: new Uint16Array(length),
    offset: new Float64Array(length),
    endOffset: new Float64Array(length),
    sub: new Uint32Array(length),
    seconds: events.seconds,
    nanos: events.nanos,
    flags: events.ownTime,
  });
}

/** Events of other programs, all of one time of their own. */
export function plainBatch(texts: readonly object[]): LogBatch {
  const pieces = texts.map((text) => Buffer.from(JSON.stringify(text)));
  const end = Uint32Array.from(pieces);
  let at = 0;
  for (const [i, piece] of pieces.entries()) end[i] = at += piece.length;
  const start = end.map((_, i) => (i === 0 ? 0 : end[i - 1]!));
  const ones = (value: number) => Float64Array.from(pieces, () => value);
  return batchOf({
    text: new Uint8Array(Buffer.concat(pieces)),
    start,
    end,
    length: pieces.length,
    seconds: ones(1_700_000_000),
    nanos: Uint32Array.from(ones(1)),
    ownTime: Uint8Array.from(ones(1)),
  });
}

/** The request that the events become. */
export function requestOf(batch: LogBatch, options: object): Uint8Array {
  const encode = createLogEncoder(optionsOf(options), context);
  const writer = new ByteWriter(1 << 20, 100);
  if (encode(batch, 0, batch.length, writer) !== batch.length) throw new Error('the events are more than one body');
  const body: EncodedBatch = {
    signal: 'logs',
    bytes: writer.bytes.subarray(0, writer.used),
    entries: writer.entries,
    end: (entry) => writer.marks[entry]!,
    position: (entry) => batch.position(entry),
    tried: () => false,
  };
  return joinPlaced('logs', body.bytes, placesOf(body));
}
