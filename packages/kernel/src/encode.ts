import { type Encoded, encodeRuns } from './encode-runs.ts';
import type { Events } from './events.ts';
import { type Kernel, PAD, REGION } from './memory.ts';

/** What a bulk entry's _id is made of, per event. */
export interface BulkColumns {
  readonly seconds: Float64Array;
  /** Index into the stream ids. */
  readonly stream: Uint16Array;
  /** File offset in bytes, below 2^48. */
  readonly offset: Float64Array;
  /** 0, or which of the events made of one line this is. */
  readonly sub: Uint32Array;
}

const NEWLINE = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);

/** Writes events [from, to) as lines into `out` from `outAt` on, and stops before `out` or `marks` would overflow; marks[j] is the end of the j-th written line in `out`. */
export function encodeLines(
  k: Kernel,
  e: Events,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
  marks: Uint32Array,
): Encoded {
  return encodeRuns(
    k,
    e,
    from,
    to,
    { out, outAt, marks },
    {
      run: (run, marksAt, base, room) => k.wasm.encodeLines(run.to - run.from, REGION.rows.at, marksAt, base, room),
      around: () => ({ before: NOTHING, behind: NEWLINE }),
    },
  );
}

/**
 * Writes events [from, to) as Elasticsearch bulk entries: prefixes[prefixOf[i]] (such as `{"create":{"_index":"logs"`), with
 * `streamIds` also `,"_id":"<stream id>-<offset, 12 hex digits>[.<sub in hex>]"`, then `}}`, the event, newlines. Stops as
 * encodeLines does; throws a TypeError for a stream id that is not plain ASCII.
 */
export function encodeBulk(
  k: Kernel,
  e: Events,
  c: BulkColumns,
  streamIds: readonly string[] | null,
  prefixes: readonly Uint8Array[],
  prefixOf: Uint8Array | Uint16Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
  marks: Uint32Array,
): Encoded {
  return encodeRuns(
    k,
    e,
    from,
    to,
    { out, outAt, marks },
    {
      run(run, marksAt, base, room) {
        const rows = run.to - run.from;
        const columns = marksAt + ((4 * rows + 7) & ~7);
        const subs = (columns + 8 * rows) >>> 2;
        k.doubles.set(c.offset.subarray(run.from, run.to), columns >>> 3);
        k.words.set(c.sub.subarray(run.from, run.to), subs);
        const put = textPutter(k);
        const prefixAt = textTable(prefixes.length, (index) => put(prefixes[index]!));
        const idAt = textTable(streamIds?.length ?? 0, (index) => put(idBytes(streamIds![index], index)));
        let count = 0;
        for (; count < rows; count++) {
          const i = run.from + count;
          const prefix = prefixAt(prefixOf[i]!);
          const id = streamIds === null ? 0 : idAt(c.stream[i]!);
          if (prefix < 0 || id < 0) break;
          k.words[subs + rows + count] = prefix;
          k.words[subs + 2 * rows + count] = id;
        }
        if (count === 0)
          throw new RangeError('encodeBulk: a prefix and an id together are larger than the constants region');
        return k.wasm.encodeBulk(count, rows, REGION.rows.at, columns, marksAt, base, room);
      },
      around(i) {
        const sub = c.sub[i] === 0 ? '' : `.${c.sub[i]!.toString(16)}`;
        const position = `-${c.offset[i]!.toString(16).padStart(12, '0')}${sub}"`;
        const id =
          streamIds === null
            ? []
            : [Buffer.from(',"_id":"'), idBytes(streamIds[c.stream[i]!], c.stream[i]!), Buffer.from(position)];
        return { before: Buffer.concat([prefixes[prefixOf[i]!]!, ...id, Buffer.from('}}\n')]), behind: NEWLINE };
      },
    },
  );
}

function idBytes(id: string | undefined, stream: number): Uint8Array {
  if (id === undefined || !/^[ !#-[\]-~]*$/.test(id)) {
    throw new TypeError(
      `streamIds[${stream}]: must be ASCII text without quotes and backslashes, not ${JSON.stringify(id)}`,
    );
  }
  return Buffer.from(id, 'latin1');
}

/** Puts texts into the constants region, one behind the other: {u32 address, u32 length}, the bytes. Answers the address, or -1 when the region is full. */
function textPutter(k: Kernel): (text: Uint8Array) => number {
  let next = REGION.constants.at;
  return (text) => {
    const entry = next;
    const end = (entry + 8 + text.length + 7) & ~7;
    if (end > REGION.constants.end) return -1;
    k.words[entry >>> 2] = entry + 8;
    k.words[(entry >>> 2) + 1] = text.length;
    k.bytes.set(text, entry + 8);
    next = end;
    return entry;
  };
}

/** The addresses of `size` texts, each put where it is when it is first asked for. It is asked for each event, so it allocates nothing then. */
function textTable(size: number, put: (index: number) => number): (index: number) => number {
  const known = new Int32Array(size);
  return (index) => {
    const at = known[index];
    if (at === undefined) throw new RangeError(`encodeBulk: ${index} is not an index below ${size}`);
    if (at > 0) return at;
    known[index] = put(index);
    return known[index]!;
  };
}

const ESCAPE_BYTES = 2 << 20;

/** Escapes raw bytes for the inside of a JSON string; ill-formed UTF-8 becomes U+FFFD as TextDecoder has it. */
export function escapeJson(k: Kernel, bytes: Uint8Array): Uint8Array {
  k.resident = null;
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = cutBefore(bytes, at + ESCAPE_BYTES);
    k.bytes.set(bytes.subarray(at, end), REGION.input.at);
    k.bytes.fill(0, REGION.input.at + end - at, REGION.input.at + end - at + PAD / 2);
    const size = k.wasm.escapeInput(end - at);
    parts.push(k.bytes.slice(REGION.output.at, REGION.output.at + size));
    at = end;
  }
  return parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts));
}

// No character goes over three continuation bytes, so a fourth one belongs to none that began before it.
function cutBefore(bytes: Uint8Array, end: number): number {
  if (end >= bytes.length) return bytes.length;
  let cut = end;
  while (end - cut < 3 && (bytes[cut]! & 0xc0) === 0x80) cut--;
  return cut;
}
