import type { Events } from './events.ts';
import { type Kernel, REGION } from './memory.ts';
import { loadPaths, type Paths } from './paths.ts';
import { LEAST_OUTPUT } from './resident.ts';
import { forRuns, MAX_RUN, writeShifts } from './runs.ts';

/** u32 columns of a row that locate gives: key start, value start, value end, type. */
export const ROW = 4;

/**
 * A row per event and path, at `(i * paths.count + path) * ROW`: where the key's opening quote stands in `e.text` (for an array
 * item: its value), where the value starts and ends, and its TYPE with the bits ESCAPED, KEY_ESCAPED and AGAIN. A missing member
 * has zeros. Of members with the same key the last one counts, as in JSON.parse. The events must be valid JSON objects; on others,
 * and on events above MAX_EVENT_BYTES, members are missing. A table `into` that is large enough is used again.
 */
export function locate(k: Kernel, e: Events, paths: Paths, into?: Uint32Array): Uint32Array {
  const perEvent = ROW * paths.count;
  const size = e.length * perEvent;
  const table = into !== undefined && into.length >= size ? into : new Uint32Array(size);
  if (paths.count === 0) return table;
  loadPaths(k, paths);
  const maxRows = Math.min(MAX_RUN, Math.floor(LEAST_OUTPUT / (4 * perEvent)));
  forRuns(
    k,
    e,
    maxRows,
    (run) => {
      const count = run.to - run.from;
      const out = run.outputAt;
      writeShifts(k, e, run, run.rowsAt);
      k.wasm.locate(REGION.rows.at, REGION.rows.at + 4 * count, run.rowsAt, count, out, paths.count);
      table.set(k.words.subarray(out >>> 2, (out >>> 2) + count * perEvent), run.from * perEvent);
      return count;
    },
    // What stood in a table that is used again must not.
    (i) => table.fill(0, i * perEvent, (i + 1) * perEvent),
  );
  return table;
}
