import type { ByteWriter, LogBatch, Path } from '@tailrace/core';
import { parseJson } from '@tailrace/core';
import { type Events, encodeBulk, type Kernel, ROW, TYPE, TYPE_MASK } from '@tailrace/kernel';
import { type IndexTarget, legalName, legalValue } from './index-name.ts';

/** How the action lines of a bulk body are written. */
export interface BulkEncoding {
  readonly target: IndexTarget;
  readonly opType: 'create' | 'index';
  readonly ids: boolean;
  /** Stands for a field that an event lacks. */
  readonly fallback: string;
}

/** The beginnings of the action lines of one call, which one each event has (by its index in the batch), and where they ran out. */
interface Prefixes {
  readonly texts: readonly Uint8Array[];
  readonly of: Uint16Array;
  readonly to: number;
}
type Prefixer = (batch: LogBatch, events: Events, from: number, to: number) => Prefixes;
type PrefixFor = (seconds: number, values: readonly string[]) => Uint8Array;

const HOUR = 3600;
const DAY = 86_400;
const MAX_PREFIXES = 65_536;
const MAX_CACHED = 4096;

/** Makes the function that appends events to a bulk body (NDJSON: action line, event) until it is full; it answers the first event left out. */
export function bulkEncoder(k: Kernel, encoding: BulkEncoding) {
  const prefixer = createPrefixer(encoding);
  return (batch: LogBatch, from: number, to: number, out: ByteWriter): number => {
    const events = batch.events();
    const columns = batch.columns;
    const ids = encoding.ids ? columns.streams.map((stream) => stream.id) : null;
    const marks = out.marks.subarray(out.entries);
    const prefixes = prefixer(batch, events, from, Math.min(to, from + marks.length));
    const { texts, of } = prefixes;
    const written = encodeBulk(k, events, columns, ids, texts, of, from, prefixes.to, out.bytes, out.used, marks);
    out.used += written.used;
    out.entries += written.count;
    return from + written.count;
  };
}

function createPrefixer({ target, opType, fallback }: BulkEncoding): Prefixer {
  const { parts } = target;
  const fields = parts.flatMap((part) => (part.kind === 'field' ? [part.path] : []));
  const dates = parts.flatMap((part) => (part.kind === 'date' ? [part.date] : []));
  const period = dates.some((date) => date.hourly) ? HOUR : DAY;
  const prefixFor: PrefixFor = (seconds, values) => {
    let next = 0;
    const pieces = parts.map((part) => {
      if (part.kind === 'text') return part.text;
      return part.kind === 'date' ? part.date.print(seconds) : values[next++]!;
    });
    return Buffer.from(`{"${opType}":{"_index":${JSON.stringify(legalName(pieces.join('')))}`);
  };
  if (fields.length > 0) return byFields(fields, dates.length > 0 ? period : Infinity, legalValue(fallback), prefixFor);
  return dates.length > 0 ? byDate(period, prefixFor) : constant(prefixFor(0, []));
}

function constant(prefix: Uint8Array): Prefixer {
  let of = new Uint16Array(0);
  return (batch, _events, _from, to) => {
    if (of.length < batch.length) of = new Uint16Array(batch.length);
    return { texts: [prefix], of, to };
  };
}

function byDate(period: number, prefixFor: PrefixFor): Prefixer {
  const prefixOf = cached((at: number) => prefixFor(at * period, []));
  let of = new Uint16Array(0);
  return (batch, _events, from, to) => {
    if (of.length < batch.length) of = new Uint16Array(batch.length);
    const table = createTable(prefixOf);
    let current = Number.NaN;
    let index = 0;
    for (let i = from; i < to; i++) {
      const at = Math.floor(batch.indexSeconds(i) / period);
      // Neighbours mostly share a day, so that the table is seldom asked.
      if (at !== current) {
        index = table.index(at);
        if (index === MAX_PREFIXES) return { texts: table.texts, of, to: i };
        current = at;
      }
      of[i] = index;
    }
    return { texts: table.texts, of, to };
  };
}

function byFields(fields: readonly Path[], period: number, fallback: string, prefixFor: PrefixFor): Prefixer {
  // The key: which period it is, then each member's JSON text, which may hold neither NUL nor newline.
  const prefixOf = cached((key: string) => {
    const [at, ...members] = key.split('\0');
    const values = members.map((member) => (member === '' ? fallback : legalValue(memberText(member))));
    return prefixFor(
      period === Infinity ? 0 : Number(at) * period,
      values.map((value) => value || fallback),
    );
  });
  let of = new Uint16Array(0);
  return (batch, events, from, to) => {
    if (of.length < batch.length) of = new Uint16Array(batch.length);
    const table = createTable(prefixOf);
    const text = Buffer.from(events.text.buffer, events.text.byteOffset, events.text.byteLength);
    const located = fields.map((field) => batch.table(field));
    for (let i = from; i < to; i++) {
      let key = period === Infinity ? '' : String(Math.floor(batch.indexSeconds(i) / period));
      for (const rows of located) key += `\0${memberAt(text, rows, i)}`;
      const index = table.index(key);
      if (index === MAX_PREFIXES) return { texts: table.texts, of, to: i };
      of[i] = index;
    }
    return { texts: table.texts, of, to };
  };
}

/** The bytes of a text, number or boolean, one character each; nothing for all else. */
function memberAt(text: Buffer, rows: Uint32Array, i: number): string {
  const type = rows[i * ROW + 3]! & TYPE_MASK;
  if (type === TYPE.missing || type === TYPE.null || type === TYPE.object || type === TYPE.array) return '';
  return text.toString('latin1', rows[i * ROW + 1]!, rows[i * ROW + 2]!);
}

function memberText(member: string): string {
  return String(parseJson(Buffer.from(member, 'latin1').toString()));
}

/** Numbers the prefixes of one call; `MAX_PREFIXES` when there is no number left. */
function createTable<K>(prefixOf: (key: K) => Uint8Array) {
  const indices = new Map<K, number>();
  const texts: Uint8Array[] = [];
  return {
    texts,
    index(key: K): number {
      const known = indices.get(key);
      if (known !== undefined) return known;
      if (texts.length === MAX_PREFIXES) return MAX_PREFIXES;
      indices.set(key, texts.length);
      return texts.push(prefixOf(key)) - 1;
    },
  };
}

function cached<K, V>(make: (key: K) => V): (key: K) => V {
  const values = new Map<K, V>();
  return (key) => {
    let value = values.get(key);
    if (value === undefined) {
      value = make(key);
      if (values.size >= MAX_CACHED) values.clear();
      values.set(key, value);
    }
    return value;
  };
}
