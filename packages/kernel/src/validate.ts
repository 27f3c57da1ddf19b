import type { Events } from './events.ts';
import { type Kernel, REGION } from './memory.ts';
import { forRuns, MAX_RUN } from './runs.ts';
import { ERR } from './types.ts';

/** An ERR code per event: RFC 8259 and UTF-8 (RFC 3629), at most MAX_DEPTH deep and MAX_EVENT_BYTES long. Lone surrogate escapes pass, as in JSON.parse. */
export function validate(k: Kernel, e: Events): Uint8Array {
  const codes = new Uint8Array(e.length);
  forRuns(
    k,
    e,
    MAX_RUN,
    (run) => {
      const count = run.to - run.from;
      k.wasm.validate(REGION.rows.at, REGION.rows.at + 4 * count, count, run.rowsAt);
      codes.set(k.bytes.subarray(run.rowsAt, run.rowsAt + count), run.from);
      return count;
    },
    (i) => {
      codes[i] = ERR.tooLarge;
    },
  );
  return codes;
}
