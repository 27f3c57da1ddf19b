import { type BigIntStats, createReadStream } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** The bytes of an open file, as its writer wrote them. */
export interface Content {
  /** Fewer bytes than `length` only at the end. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
  stats(): Promise<BigIntStats>;
  close(): Promise<void>;
  /** The file holds them as gzip: positions are those of the decompressed text. */
  readonly compressed: boolean;
  /** Why there is no more to read although there was, if that is so. */
  readonly damage: string | null;
}

/** The content of a file as it stands. */
export function plainContent(handle: FileHandle): Content {
  return {
    read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
    stats: () => handle.stat({ bigint: true }),
    close: () => handle.close(),
    compressed: false,
    damage: null,
  };
}

interface Flow {
  readonly chunks: AsyncIterator<Buffer>;
  stop(): void;
  /** Position of the first byte of `held`. */
  from: number;
  held: Buffer;
  ended: boolean;
}

/**
 * The decompressed content of a gzip file (RFC 1952), read as a stream: going forward costs nothing more, going back more than what was
 * last read begins anew. Damaged from some place on, it ends there.
 */
export function gzipContent(path: string): Content {
  let flow = begin(path);
  let damage: string | null = null;

  async function fill(position: number, end: number): Promise<void> {
    while (!flow.ended && flow.from + flow.held.length < end) {
      const passed = Math.min(Math.max(0, position - flow.from), flow.held.length);
      flow.held = flow.held.subarray(passed);
      flow.from += passed;
      const chunk = await flow.chunks.next();
      if (chunk.done) flow.ended = true;
      else flow.held = flow.held.length === 0 ? chunk.value : Buffer.concat([flow.held, chunk.value]);
    }
  }

  return {
    async read(buffer, offset, length, position) {
      if (position < flow.from) {
        flow.stop();
        flow = begin(path);
      }
      try {
        await fill(position, position + length);
      } catch (error) {
        if (!isDamage(error)) throw error;
        damage = error.message;
        flow.ended = true;
      }
      const at = Math.min(flow.held.length, position - flow.from);
      const bytesRead = flow.held.copy(buffer, offset, at, at + length);
      return { bytesRead };
    },
    stats: () => stat(path, { bigint: true }),
    close() {
      flow.stop();
      return Promise.resolve();
    },
    compressed: true,
    get damage() {
      return damage;
    },
  };
}

function begin(path: string): Flow {
  const gunzip = createGunzip({ chunkSize: 1 << 17 });
  // What goes wrong reaches the reader through the iterator.
  pipeline(createReadStream(path), gunzip, () => {});
  const chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  return { chunks, stop: () => gunzip.destroy(), from: 0, held: Buffer.alloc(0), ended: false };
}

function isDamage(error: unknown): error is Error {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('Z_');
}
