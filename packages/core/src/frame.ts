import type { Batch } from './batch.ts';
import { frameSignal } from './frame-format.ts';
import { LogBatch } from './log-batch.ts';
import { RecordBatch } from './record-batch.ts';

/**
 * The batch of a stored frame, by its signal; throws a FrameError. `mayRepeat`: its events may have been sent before, by this process or
 * an earlier one, so finding them at the target is expected.
 */
export function batchFromFrame(frame: Uint8Array, mayRepeat: boolean): Batch {
  const signal = frameSignal(frame);
  if (signal === 'logs') return LogBatch.fromFrame(frame, mayRepeat);
  return RecordBatch.fromFrame(signal, frame, mayRepeat);
}
