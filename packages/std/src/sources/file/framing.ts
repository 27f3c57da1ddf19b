import { createFramer, detectFormat, type Format, type Framer, kernel } from '@tailrace/kernel';
import { type JoiningFramer, joiningFramer } from '../../multiline/joining-framer.ts';
import { SINGLE_LINES } from '../../multiline/options.ts';
import { type DocumentFramer, documentFramer } from '../document-framer.ts';
import { firstLine } from '../first-line.ts';
import { lineFramer } from '../line-framer.ts';
import { byteOrderOf, createDecoder, type Decode, type Encoding } from './encoding.ts';
import type { FileOptions } from './options.ts';
import type { OwnMembers } from './path-field.ts';
import type { Tail } from './tail.ts';
import { transcodingFramer } from './transcoding-framer.ts';

/** How the content of a file is written. */
export type FileFormat = Format | 'json';

/** What reads a file, and how the file is written. */
interface Framing {
  readonly framer: Framer;
  readonly joiner: JoiningFramer | null;
  readonly documents: DocumentFramer | null;
  readonly format: FileFormat;
}

/** What is to be read first. */
export interface Beginning {
  /** From the tail’s position on. */
  readonly chunk: Uint8Array;
  /** The first bytes of the file, for a byte order mark. */
  readonly head: Uint8Array;
  /** It is as much as is read at once: a first line that is longer is told by its beginning. */
  readonly isFull: boolean;
  /** No more will come. */
  readonly final: boolean;
  readonly own: OwnMembers;
}

/** Prepares the framers of one source: its files share what decodes them. */
export function createFraming(options: FileOptions): (tail: Tail, beginning: Beginning) => Framing | undefined {
  const decoders = new Map<Encoding, Decode>();
  function decoderFor(head: Uint8Array): Decode | null {
    if (options.encoding === 'utf-8') return null;
    const encoding = byteOrderOf(head, options.encoding);
    const decode = decoders.get(encoding) ?? createDecoder(encoding);
    decoders.set(encoding, decode);
    return decode;
  }

  /** `undefined` while the first line, which tells the format, is not complete. */
  return (tail, { chunk, head, isFull, final, own }) => {
    const { maxEventBytes, multiline } = options;
    const { format: known, insideArray } = tail.instance.record;
    const decode = decoderFor(head);
    const format = options.format !== 'auto' ? options.format : (known ?? formatOf(chunk, decode, isFull, final));
    if (format === undefined) return undefined;
    if (format === 'json') {
      const documents = documentFramer({ maxEventBytes, ...own, insideArray });
      const framer = decode ? transcodingFramer(documents, decode) : documents;
      return { framer, joiner: null, documents, format };
    }
    const carried = tail.carry ? { carried: tail.carry.lines } : {};
    const lines = { format, maxEventBytes, ...own, ...carried };
    const framer = decode ? transcodingFramer(createFramer(kernel(), lines), decode) : lineFramer(lines);
    const { record } = tail.instance;
    if (!multiline && record.held.length === 0) return { framer, joiner: null, documents: null, format };
    const joiner = joiningFramer(framer, format, multiline ?? SINGLE_LINES, record);
    return { framer: joiner, joiner, documents: null, format };
  };
}

/** Container runtimes write UTF-8: what looks like theirs in another encoding is a copy, and only its text counts. */
const REWRITTEN: Readonly<Partial<Record<Format, Format>>> = { docker: 'ndjson', cri: 'text' };

function formatOf(bytes: Uint8Array, decode: Decode | null, isFull: boolean, final: boolean): Format | undefined {
  const { line, isWhole } = firstLine(decode ? decode(bytes, false).text : bytes);
  if (!isWhole && !isFull && !final) return undefined;
  const format = detectFormat(line, isWhole || !isFull);
  return decode ? (REWRITTEN[format] ?? format) : format;
}
