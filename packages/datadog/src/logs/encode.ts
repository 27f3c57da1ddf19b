import type { ByteWriter, LogBatch } from '@tailrace/core';
import type { Kernel } from '@tailrace/kernel';
import { createComposer } from './compose.ts';
import type { DatadogLogsConfig } from './options.ts';

/** What is counted while events are encoded. */
interface Counts {
  shortened: number;
  tooOld: number;
}

type Encode = (batch: LogBatch, from: number, to: number, out: ByteWriter) => number;

/**
 * Makes the function that appends events as entries of a body (see frame.ts) until it is full, and answers the first one left out.
 * `report` gets what is worth counting once per call.
 */
export function createEncoder(k: Kernel, config: DatadogLogsConfig, report: (counts: Counts) => void): Encode {
  const { pieces, open, compose } = createComposer(k, config);
  const writesTimes = config.on_too_old !== 'send';
  return (batch, from, end, out) => {
    open(batch);
    const { seconds, nanos } = batch.columns;
    const to = Buffer.from(out.bytes.buffer, out.bytes.byteOffset, out.bytes.byteLength);
    const oldest = Date.now() - config.max_age;
    const counts: Counts = { shortened: 0, tooOld: 0 };
    let i = from;
    for (; i < end; i++) {
      const milliseconds = seconds[i]! * 1000 + Math.floor(nanos[i]! / 1e6);
      const isShortened = compose(batch, i, milliseconds);
      if (!pieces.appendTo(out, to, writesTimes ? milliseconds : null)) break;
      if (isShortened) counts.shortened++;
      if (milliseconds < oldest) counts.tooOld++;
    }
    // A batch that does not fit into one body comes again for the rest of it.
    if (i === batch.length) open(null);
    report(counts);
    return i;
  };
}
