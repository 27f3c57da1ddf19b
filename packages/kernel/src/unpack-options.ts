import { hashKey } from './hash.ts';
import { type Kernel, MAX_DEPTH, REGION } from './memory.ts';

/** How unpack treats events; the kernel's form of the transform's options. */
export interface UnpackOptions {
  /** Keys that lead from the event to the field with the text. */
  readonly field: readonly string[];
  /** The key that takes the whole value; null: the members of an object become members of the event. */
  readonly into: string | null;
  /** Put before each key of the unpacked object. */
  readonly prefix: string;
  /** What happens to a member whose key the event has already. */
  readonly conflict: keyof typeof CONFLICT;
  /** Keys of the event that stay whatever `conflict` says. */
  readonly protect: readonly string[];
  /** Whether the field stays beside its members; `never` also removes it from events that are kept after an error. */
  readonly keep: 'never' | 'on_error' | 'always';
  /** Levels of JSON text in JSON text to open, 1 to 255. */
  readonly depth: number;
  /** Largest un-escaped text, in bytes. */
  readonly maxBytes: number;
  /** Most members of the unpacked value, at all depths. */
  readonly maxFields: number;
  /** False: events with an error stay whole, since they go elsewhere. */
  readonly onErrorKeep: boolean;
}

/** Conflict policies; the numbers of assembly/unpack-options.ts. */
export const CONFLICT = { outer_wins: 0, inner_wins: 1, rename: 2, nest: 3 } as const;

const WORDS = 8;
const TEXT = 3;
const NONE = 0xffff_ffff;
const U32 = 0xffff_ffff;

/** What was written for options before, for the first pass and for others. */
const printed = new WeakMap<UnpackOptions, Map<boolean, Uint8Array>>();

/** Writes the options to the constants region in the form that assembly/unpack-options.ts reads. Throws a RangeError for options that cannot be: an empty field, a lone surrogate, texts above 1 MiB. */
export function loadUnpackOptions(k: Kernel, o: UnpackOptions, firstPass: boolean): void {
  const known = printed.get(o) ?? new Map<boolean, Uint8Array>();
  if (!known.has(firstPass)) printed.set(o, known.set(firstPass, print(o, firstPass)));
  k.bytes.set(known.get(firstPass)!, REGION.constants.at);
}

function print(o: UnpackOptions, firstPass: boolean): Uint8Array {
  const { field, into, prefix } = o;
  if (field.length === 0) throw new RangeError('unpack.field is empty: it must name at least one key');
  if (!prefix.isWellFormed())
    throw new RangeError('unpack.prefix holds half of a surrogate pair: use whole characters');
  const again = into === null && field[0]!.startsWith(prefix) ? field[0]!.slice(prefix.length) : null;
  const texts = [field.at(-1)!, prefix, into, again, ...field, ...o.protect];
  const inner = into === null && o.conflict !== 'nest' ? MAX_DEPTH : MAX_DEPTH - 1;
  const words = [
    CONFLICT[o.conflict],
    o.keep === 'always' ? 1 : 0,
    firstPass && o.keep === 'never' && o.onErrorKeep ? 1 : 0,
    Math.min(o.maxBytes, U32),
    Math.min(o.maxFields, U32),
    inner,
    field.length,
    o.protect.length,
  ];
  let at = 4 * (WORDS + TEXT * texts.length);
  const pieces: Uint8Array[] = [];
  for (const text of texts) {
    const bytes = Buffer.from(text === null ? '' : JSON.stringify(text).slice(1));
    if (at + bytes.length > REGION.constants.size)
      throw new RangeError('unpack: the keys of its options take more than 1 MiB');
    words.push(text === null ? 0 : Number(hashKey(text) & 0xffff_ffffn), at, text === null ? NONE : bytes.length - 1);
    pieces.push(bytes);
    at += bytes.length;
  }
  return Buffer.concat([new Uint8Array(Uint32Array.from(words).buffer), ...pieces]);
}
