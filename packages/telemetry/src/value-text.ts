import { OtlpError } from './error.ts';
import { Irregular } from './irregular.ts';
import { hasEqualKeys, lastOfEach } from './keys.ts';
import { type Table, tableOf } from './tables.ts';
import type { TextOut } from './text-out.ts';
import { validateField, validateMessage } from './validate.ts';
import { MAX_DEPTH, type Wire } from './wire.ts';

const ANY_VALUE = tableOf('common.AnyValue');
const ARRAY_VALUE = tableOf('common.ArrayValue');
const KV_LIST = tableOf('common.KeyValueList');
const KEY_VALUE = tableOf('common.KeyValue');

/** Numbers of a member in a list of members. */
const MEMBER = 4;

/** Tags: number << 3 | wire type. Of AnyValue: */
const STRING = 0x0a;
const BOOL = 0x10;
const INT = 0x18;
const DOUBLE = 0x21;
const ARRAY = 0x2a;
const KVLIST = 0x32;
const BYTES = 0x3a;
const STRINDEX = 0x40;
/** Of KeyValue, and of the items of ArrayValue and KeyValueList. */
const KEY = 0x0a;
const VALUE = 0x12;
const ITEM = 0x0a;

/** 1 for the tags of AnyValue's oneof. */
const KINDS = Uint8Array.from({ length: 256 }, (_, tag) =>
  [STRING, BOOL, INT, DOUBLE, ARRAY, KVLIST, BYTES, STRINDEX].includes(tag) ? 1 : 0,
);

const [COMMA, COLON, DOLLAR] = [0x2c, 0x3a, 0x24];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/** The members of an object as places: start and end of each KeyValue. */
export type Places = readonly number[];

/** Writes values of OTLP as JSON, from the wire of one body; what it has written when it throws {@link Irregular} is the caller's to take back. */
export class ValueWriter {
  private readonly wire: Wire;
  private readonly out: TextOut;
  private readonly view: DataView;

  constructor(wire: Wire, out: TextOut) {
    const { buffer, byteOffset, byteLength } = wire.bytes;
    this.wire = wire;
    this.out = out;
    this.view = new DataView(buffer, byteOffset, byteLength);
  }

  /** KeyValues as an object; of equal keys the last one stands. `isValue`: it is a value, in which one member alone can be reserved. */
  object(places: Places, depth: number, isValue = false): void {
    const { wire, out } = this;
    const members = membersAt(wire, places, depth);
    const isEscaped = isValue && members.length === MEMBER && isReserved(wire.bytes, members[0]!, members[1]!);
    out.byte(OPEN_OBJECT);
    for (let m = 0; m < members.length; m += MEMBER) {
      if (m > 0) out.byte(COMMA);
      out.quoted(wire.bytes, members[m]!, members[m + 1]!);
      if (isEscaped) escapeKey(out, members[1]! - members[0]!);
      out.byte(COLON);
      wire.pos = members[m + 2]!;
      this.value(members[m + 3]!, depth + 1);
    }
    out.byte(CLOSE_OBJECT);
  }

  private array(places: Places, depth: number): void {
    this.out.byte(OPEN_ARRAY);
    for (let i = 0; i < places.length; i += 2) {
      if (i > 0) this.out.byte(COMMA);
      this.wire.pos = places[i]!;
      this.value(places[i + 1]!, depth);
    }
    this.out.byte(CLOSE_ARRAY);
  }

  /** The AnyValue up to `end`. */
  value(end: number, depth: number): void {
    const { wire } = this;
    if (depth > MAX_DEPTH) throw new OtlpError(`more than ${MAX_DEPTH} messages within one another`, wire.pos);
    let isEmpty = true;
    while (wire.pos < end) {
      const tag = wire.tag(end);
      if (KINDS[tag] !== 1) {
        validateField(wire, tag, ANY_VALUE, end, depth);
        continue;
      }
      if (!isEmpty) throw new Irregular();
      isEmpty = false;
      if ((tag & 7) === 2) this.container(tag, wire.limit(end), depth);
      else this.scalar(tag, end);
    }
    if (isEmpty) this.out.ascii('null');
  }

  private scalar(tag: number, end: number): void {
    const { wire, out } = this;
    if (tag === DOUBLE) {
      const at = wire.pos;
      wire.advance(8, end);
      printDouble(out, this.view.getFloat64(at, true));
      return;
    }
    wire.varint64(end);
    if (tag === INT) out.int64(wire, true);
    else out.ascii(tag === STRINDEX ? 'null' : wire.lo === 0 && wire.hi === 0 ? 'false' : 'true');
  }

  private container(tag: number, end: number, depth: number): void {
    const { wire, out } = this;
    if (tag === STRING) out.quoted(wire.bytes, wire.pos, end);
    else if (tag === KVLIST) this.object(items(wire, KV_LIST, end, depth + 1), depth + 2, true);
    else if (tag === ARRAY) this.array(items(wire, ARRAY_VALUE, end, depth + 1), depth + 2);
    else printBytes(out, wire.bytes, wire.pos, end);
    wire.pos = end;
  }
}

/** JSON has neither NaN nor infinities: they are objects with one reserved key. */
function printDouble(out: TextOut, value: number): void {
  if (Number.isFinite(value)) out.double(value);
  else out.ascii(`{"$double":"${value}"}`);
}

function printBytes(out: TextOut, bytes: Uint8Array, start: number, end: number): void {
  out.ascii('{"$bytes":');
  out.base64(bytes, start, end);
  out.byte(CLOSE_OBJECT);
}

/** Where the items of an ArrayValue or KeyValueList stand. */
function items(wire: Wire, table: Table, end: number, depth: number): number[] {
  const places: number[] = [];
  while (wire.pos < end) {
    const tag = wire.tag(end);
    if (tag !== ITEM) {
      validateField(wire, tag, table, end, depth);
      continue;
    }
    wire.note(places, end);
  }
  return places;
}

/** The members of an object: four numbers for each, start and end of its key and of its value. Of equal keys the last one stands. */
function membersAt(wire: Wire, places: Places, depth: number): number[] {
  if (depth > MAX_DEPTH) throw new OtlpError(`more than ${MAX_DEPTH} messages within one another`, wire.pos);
  const members: number[] = [];
  for (let i = 0; i < places.length; i += 2) {
    wire.pos = places[i]!;
    readMember(wire, places[i + 1]!, depth, members);
  }
  if (!hasEqualKeys(wire.bytes, members)) return members;
  // Those that are left out are looked at nowhere else.
  for (let i = 0; i < places.length; i += 2) {
    wire.pos = places[i]!;
    validateMessage(wire, KEY_VALUE, places[i + 1]!, depth);
  }
  return lastOfEach(wire.bytes, members);
}

function readMember(wire: Wire, end: number, depth: number, members: number[]): void {
  let [keyStart, keyEnd, valueStart, valueEnd] = [end, end, -1, -1];
  while (wire.pos < end) {
    const tag = wire.tag(end);
    if (tag === KEY) {
      if (keyStart !== end) throw new Irregular();
      keyEnd = wire.limit(end);
      keyStart = wire.pos;
      wire.pos = keyEnd;
    } else if (tag === VALUE) {
      if (valueStart >= 0) throw new Irregular();
      valueEnd = wire.limit(end);
      valueStart = wire.pos;
      wire.pos = valueEnd;
    } else {
      validateField(wire, tag, KEY_VALUE, end, depth);
    }
  }
  members.push(keyStart, keyEnd, Math.max(valueStart, 0), Math.max(valueEnd, 0));
}

/** Puts one more `$` before the key that was written last. */
function escapeKey(out: TextOut, length: number): void {
  const key = out.bytes.slice(out.length - length - 1, out.length);
  out.length -= length + 1;
  out.byte(DOLLAR);
  out.raw(key);
}

/** Whether the key is `$double` or `$bytes`, or one of these with more `$`: what has a meaning of its own as an object's only member. */
function isReserved(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== DOLLAR || start === end) return false;
  let at = start;
  while (at < end && bytes[at] === DOLLAR) at++;
  return (end - at === 6 && isWord(bytes, at, 'double')) || (end - at === 5 && isWord(bytes, at, 'bytes'));
}

function isWord(bytes: Uint8Array, at: number, word: string): boolean {
  for (let k = 0; k < word.length; k++) if (bytes[at + k] !== word.charCodeAt(k)) return false;
  return true;
}
