import { createFramer, detectFormat, type Format, type Framer, kernel } from '@tailrace/kernel';
import { type JoiningFramer, joiningFramer } from '../../multiline/joining-framer.ts';
import { SINGLE_LINES } from '../../multiline/options.ts';
import { type DocumentFramer, documentFramer } from '../document-framer.ts';
import { byteOrderOf, createDecoder, type Decode, type Encoding } from './encoding.ts';
import type { FileOptions } from './options.ts';
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
  /** No more is needed to tell the format. */
  readonly enough: boolean;
  /** JSON members put into each event, without braces. */
  readonly members: Uint8Array;
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
  const asText = (framer: Framer, decode: Decode | null): Framer =>
    decode ? transcodingFramer(framer, decode) : framer;

  /** `undefined` while the first line, which tells the format, is not complete. */
  return (tail, { chunk, head, enough, members }) => {
    const { maxEventBytes, multiline } = options;
    const { format: known, insideArray } = tail.instance.record;
    const decode = decoderFor(head);
    const format = options.format !== 'auto' ? options.format : (known ?? formatOf(chunk, decode, enough));
    if (format === undefined) return undefined;
    if (format === 'json') {
      const documents = documentFramer({ maxEventBytes, members, insideArray });
      return { framer: asText(documents, decode), joiner: null, documents, format };
    }
    const carried = tail.carry ? { carried: tail.carry.lines } : {};
    const framer = asText(createFramer(kernel(), { format, maxEventBytes, members, ...carried }), decode);
    const { record } = tail.instance;
    if (!multiline && record.held.length === 0) return { framer, joiner: null, documents: null, format };
    const joiner = joiningFramer(framer, format, multiline ?? SINGLE_LINES, record);
    return { framer: joiner, joiner, documents: null, format };
  };
}

/** Container runtimes write UTF-8: what looks like theirs in another encoding is a copy, and only its text counts. */
const REWRITTEN: Readonly<Partial<Record<Format, Format>>> = { docker: 'ndjson', cri: 'text' };

function formatOf(bytes: Uint8Array, decode: Decode | null, enough: boolean): Format | undefined {
  if (!decode) return firstLineFormat(bytes, enough);
  const format = firstLineFormat(decode(bytes, false).text, enough);
  return format && (REWRITTEN[format] ?? format);
}

/** A byte order mark is no part of the first line. */
const LINE_BREAKS = [0x0a, 0x0d];
const MARK = Buffer.from('\ufeff');

function firstLineFormat(text: Uint8Array, enough: boolean): Format | undefined {
  const chunk = MARK.equals(text.subarray(0, MARK.length)) ? text.subarray(MARK.length) : text;
  const start = chunk.findIndex((byte) => !LINE_BREAKS.includes(byte));
  const newline = start < 0 ? -1 : chunk.indexOf(0x0a, start);
  if (newline < 0 && !enough) return undefined;
  return detectFormat(chunk.subarray(Math.max(0, start), newline < 0 ? chunk.length : newline));
}
