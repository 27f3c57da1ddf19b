import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Hold } from './admission.ts';
import { type Refused, refused } from './reply.ts';

/** How a body is compressed: both protocols name it in a header. */
export type Encoding = 'identity' | 'gzip' | 'zstd';

/** The encodings that are taken, as a header lists them. */
export const ENCODINGS = 'identity, gzip, zstd';

/** Limits of one body. */
export interface BodyLimits {
  /** After decompression. */
  readonly maxBytes: number;
  /** Before it, of a body that is compressed. */
  readonly maxCompressedBytes: number;
}

/** The encoding that a header names; `undefined` when it is not one of ours. */
export function encodingOf(header: string | undefined): Encoding | undefined {
  const name = (header ?? 'identity').trim().toLowerCase();
  if (name === '' || name === 'identity') return 'identity';
  return name === 'gzip' || name === 'zstd' ? name : undefined;
}

/** The refusal of a body over a limit; `compressed`: as it came. */
export function tooLarge(limits: BodyLimits, compressed: boolean): Refused {
  const size = compressed
    ? `max_compressed_bytes (${limits.maxCompressedBytes})`
    : `max_body_bytes (${limits.maxBytes})`;
  const when = compressed ? 'before' : 'after';
  return refused('too_large', `the request has more bytes than ${size} ${when} decompression: send smaller batches`);
}

/** The refusal of a body that there is no room for beside the others. */
export function noRoom(): Refused {
  return refused(
    'full',
    'the requests under way have as many bytes as max_in_flight_bytes allows: send it again later',
  );
}

/**
 * Reads a body to its end, decompressed; what it takes is held in `hold`. Stops at the first byte too many: a body that would inflate to
 * any size costs no more memory than the limit.
 */
export async function readBody(
  chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[],
  encoding: Encoding,
  limits: BodyLimits,
  hold: Hold,
): Promise<Uint8Array | Refused> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const collect = async (inflated: AsyncIterable<Uint8Array> | readonly Uint8Array[]): Promise<void> => {
    for await (const part of inflated) {
      size += part.length;
      if (size > limits.maxBytes) throw new Stop(tooLarge(limits, false));
      if (!hold.grow(part.length)) throw new Stop(noRoom());
      parts.push(part);
    }
  };
  try {
    if (encoding === 'identity') await collect(chunks);
    else await pipeline(limited(chunks, limits), inflater(encoding), collect);
  } catch (error) {
    if (error instanceof Stop) return error.refusal;
    if (isZlibError(error)) return refused('invalid', `the body is no whole ${encoding} stream: ${error.message}`);
    throw error;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, size);
}

/** Ends the reading of a body. */
class Stop extends Error {
  readonly refusal: Refused;
  constructor(refusal: Refused) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

async function* limited(
  chunks: AsyncIterable<Uint8Array> | readonly Uint8Array[],
  limits: BodyLimits,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limits.maxCompressedBytes) throw new Stop(tooLarge(limits, true));
    yield chunk;
  }
}

function inflater(encoding: 'gzip' | 'zstd') {
  return encoding === 'gzip' ? createGunzip() : createZstdDecompress();
}

/** zlib names its errors Z_… and ZSTD_…. */
function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && /^Z(STD)?_/.test(String(error.code));
}
