import { DocumentCutter } from '../json-documents.ts';
import type { Content } from './content.ts';
import { byteOrderOf, createDecoder, type Encoding } from './encoding.ts';
import type { FileOptions } from './options.ts';

/** Where reading begins in a file of which nothing is wanted that stands there already. */
export interface LastStart {
  readonly start: number;
  readonly insideArray: boolean;
}

const BLOCK = 65_536;

/**
 * The beginning of the last line or document of a file, so that one under construction is read as a whole. Documents are told apart only
 * from the beginning on, and a compressed file is read from there: both are read through.
 */
export async function lastStart(options: FileOptions, content: Content, size: number): Promise<LastStart> {
  const head = await readAt(content, 0, 2);
  const encoding = options.encoding === 'utf-8' ? options.encoding : byteOrderOf(head, options.encoding);
  if (options.format === 'json') return lastDocument(content, encoding);
  const start = content.compressed ? await fromBeginning(content, encoding) : await fromEnd(content, size, encoding);
  return { start, insideArray: false };
}

async function lastDocument(content: Content, encoding: Encoding | 'utf-8'): Promise<LastStart> {
  const cutter = new DocumentCutter(0);
  const decode = encoding === 'utf-8' ? null : createDecoder(encoding);
  let at = 0;
  /** Where the open document begins in the file. */
  let open = 0;
  for (let block = await readAt(content, at, BLOCK); block.length > 0; block = await readAt(content, at, BLOCK)) {
    const { text, used, placeOf } = decode?.(block, false) ?? asItIs(block);
    if (used === 0) break;
    const begin = cutter.position;
    for (let rest = text; rest.length > 0; ) rest = rest.subarray(cutter.cut(rest, false).consumed);
    const { openedAt } = cutter;
    if (openedAt !== null && openedAt >= begin) open = at + placeOf(openedAt - begin);
    at += used;
  }
  return { start: cutter.openedAt === null ? at : open, insideArray: cutter.inArray };
}

const asItIs = (text: Uint8Array) => ({ text, used: text.length, placeOf: (offset: number) => offset });

async function fromEnd(content: Content, size: number, encoding: Encoding | 'utf-8'): Promise<number> {
  for (let end = size; end > 0; ) {
    // Even, for the units of UTF-16.
    const from = Math.max(0, end - BLOCK) & ~1;
    const behind = behindLastBreak(await readAt(content, from, end - from), encoding);
    if (behind > 0) return from + behind;
    end = from;
  }
  return 0;
}

async function fromBeginning(content: Content, encoding: Encoding | 'utf-8'): Promise<number> {
  let start = 0;
  for (let at = 0; ; at += BLOCK) {
    const block = await readAt(content, at, BLOCK);
    const behind = behindLastBreak(block, encoding);
    if (behind > 0) start = at + behind;
    if (block.length < BLOCK) return start;
  }
}

/** Offset behind the last line break, 0 when there is none. */
function behindLastBreak(bytes: Uint8Array, encoding: Encoding | 'utf-8'): number {
  if (encoding !== 'utf-16le' && encoding !== 'utf-16be') return bytes.lastIndexOf(0x0a) + 1;
  const [high, low] = encoding === 'utf-16be' ? [0, 1] : [1, 0];
  for (let at = (bytes.length & ~1) - 2; at >= 0; at -= 2) {
    if (bytes[at + high] === 0 && bytes[at + low] === 0x0a) return at + 2;
  }
  return 0;
}

async function readAt(content: Content, at: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  const { bytesRead } = await content.read(buffer, 0, length, at);
  return buffer.subarray(0, bytesRead);
}
