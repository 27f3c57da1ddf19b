import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import type { HttpAnswer } from './answer.ts';

type Unpack = (body: Uint8Array, limit: { maxOutputLength: number }) => Promise<Uint8Array>;

/** The codings of RFC 9110, 8.4.1, RFC 7932 and RFC 8878 that Node.js unpacks. */
const CODINGS: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
  ['zstd', promisify(zstdDecompress)],
]);

/** What is said of a body that is not packed; the last two are no codings, but there are servers that say them. */
const PLAIN = /^(?:identity|none|utf-8)?$/;

/** The answer with its body unpacked; one that would become longer than `maxBytes` is given up before. */
export async function unpacked(answer: HttpAnswer, maxBytes: number): Promise<HttpAnswer> {
  const coding = String(answer.headers['content-encoding'] ?? '').toLowerCase();
  if (PLAIN.test(coding) || answer.body.length === 0) return answer;
  const unpack = CODINGS.get(coding);
  if (!unpack) return unreadable(answer, nameOf(coding));
  try {
    return { ...answer, body: await unpack(answer.body, { maxOutputLength: maxBytes }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_BUFFER_TOO_LARGE') return unreadable(answer, `${nameOf(coding)}: ${message}`);
    return unreadable({ ...answer, isWhole: false }, `${nameOf(coding)}: longer than ${maxBytes} bytes`);
  }
}

function nameOf(coding: string): string {
  return `content-encoding ${JSON.stringify(coding.slice(0, 50))}`;
}

function unreadable(answer: HttpAnswer, why: string): HttpAnswer {
  return { ...answer, body: new Uint8Array(), unreadable: `a body that cannot be read (${why})` };
}
