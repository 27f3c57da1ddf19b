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
  /** It only ends too early: more may be written. */
  readonly unfinished: boolean;
}

/** The content of a file as it stands. */
export function plainContent(handle: FileHandle): Content {
  return {
    read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
    stats: () => handle.stat({ bigint: true }),
    close: () => handle.close(),
    compressed: false,
    damage: null,
    unfinished: false,
  };
}

/** Decompressed bytes, and where they stand. */
interface Flow {
  /** The next ones; `null` at the end. Rejects where the file is damaged, after all that came before. */
  next(): Promise<Buffer | null>;
  stop(): void;
  /** Bytes of the file that were read. */
  bytesRead(): number;
  /** Position of the first byte of `held`. */
  from: number;
  held: Buffer;
  ended: boolean;
}

/**
 * The decompressed content of a gzip file (RFC 1952), read as a stream: going forward costs nothing more, going back more than what was
 * last read begins anew, and so does going on after members were appended. Damaged from some place on, it ends there.
 */
export function gzipContent(path: string): Content {
  let flow = begin(path);
  let fault: NodeJS.ErrnoException | null = null;

  function beginAnew(): void {
    flow.stop();
    flow = begin(path);
    fault = null;
  }
  async function fill(position: number, end: number): Promise<void> {
    while (!flow.ended && flow.from + flow.held.length < end) {
      const passed = Math.min(Math.max(0, position - flow.from), flow.held.length);
      flow.held = flow.held.subarray(passed);
      flow.from += passed;
      const chunk = await nextChunk();
      if (chunk) flow.held = flow.held.length === 0 ? chunk : Buffer.concat([flow.held, chunk]);
    }
  }
  async function nextChunk(): Promise<Buffer | null> {
    try {
      const chunk = await flow.next();
      flow.ended = chunk === null;
      return chunk;
    } catch (error) {
      if (!isDamage(error)) throw error;
      fault = error;
      flow.ended = true;
      return null;
    }
  }
  const isShort = (end: number): boolean => flow.ended && flow.from + flow.held.length < end;

  return {
    async read(buffer, offset, length, position) {
      if (position < flow.from) beginAnew();
      const hadEnded = flow.ended;
      await fill(position, position + length);
      if (hadEnded && isShort(position + length) && (await stat(path)).size !== flow.bytesRead()) {
        beginAnew();
        await fill(position, position + length);
      }
      const at = Math.max(0, Math.min(flow.held.length, position - flow.from));
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
      return fault?.message ?? null;
    },
    get unfinished() {
      return fault?.code === 'Z_BUF_ERROR';
    },
  };
}

/** Bytes that are decompressed at once: at a damage those of the last buffer are lost. */
const BUFFER = 1 << 15;

function begin(path: string): Flow {
  const gunzip = createGunzip({ chunkSize: BUFFER });
  const input = createReadStream(path);
  let end: { readonly error: Error | null } | null = null;
  let wake = (): void => {};
  const endWith = (error: Error | null): void => {
    end = { error };
    wake();
  };
  gunzip.on('readable', () => wake());
  gunzip.on('error', endWith);
  gunzip.on('end', () => endWith(null));
  // An error of the file is passed on to the one who reads.
  pipeline(input, gunzip, () => {});
  async function next(): Promise<Buffer | null> {
    for (;;) {
      // Also after an error: what was decompressed before it is still there.
      const chunk = gunzip.read() as Buffer | null;
      if (chunk) return chunk;
      if (end?.error) throw end.error;
      if (end) return null;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  const stop = (): void => void gunzip.destroy();
  return { next, stop, bytesRead: () => input.bytesRead, from: 0, held: Buffer.alloc(0), ended: false };
}

function isDamage(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('Z_');
}
