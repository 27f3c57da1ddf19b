import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import { OtlpError } from './error.ts';
import { type Field, SHAPE, type Table, WIRE_TYPE } from './tables.ts';
import { MAX_DEPTH } from './wire.ts';

/** A value of a field: 64-bit integers as bigint, bytes and ids as Uint8Array (views), enums as numbers. */
export type Decoded = string | number | bigint | boolean | Uint8Array | Message | Decoded[];

/** A message as values by the names that OTLP/JSON gives its fields; what is absent on the wire is absent here. */
export interface Message {
  [name: string]: Decoded | undefined;
}

/** Decodes a message whole, for the few that become objects; throws an {@link OtlpError}. Unknown fields are left out. */
export function decodeMessage(table: Table, bytes: Uint8Array): Message {
  const into: Message = {};
  mergeMessage(table, bytes, into, 0);
  return into;
}

/** Reads fields into a message that may have some already: singular messages are merged, lists appended, else the last one stands. */
function mergeMessage(table: Table, bytes: Uint8Array, into: Message, depth: number): void {
  if (depth > MAX_DEPTH) throw new OtlpError(`more than ${MAX_DEPTH} messages within one another`, 0);
  const reader = new BinaryReader(bytes);
  try {
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      const field = table.byNumber[number];
      if (field) readField(reader, table, field, type, into, depth);
      else reader.skip(type, number, MAX_DEPTH);
    }
  } catch (error) {
    if (error instanceof OtlpError) throw error;
    throw new OtlpError(`${table.name} cannot be read: ${(error as Error).message}`, reader.pos);
  }
}

function readField(reader: BinaryReader, table: Table, field: Field, type: WireType, into: Message, depth: number) {
  const isPacked = field.repeated && type === 2 && field.shape <= SHAPE.fixed32;
  if (type !== WIRE_TYPE[field.shape] && !isPacked) {
    throw new OtlpError(`${field.path} has wire type ${type}`, reader.pos);
  }
  if (field.oneof !== '') dropRivals(table, field, into);
  const before = into[field.name];
  if (field.repeated) {
    const list = Array.isArray(before) ? before : [];
    into[field.name] = list;
    const end = isPacked ? reader.uint32() + reader.pos : reader.pos + 1;
    if (end > reader.len) throw new OtlpError(`${field.path} reaches beyond its message`, reader.pos);
    while (reader.pos < end) list.push(readValue(reader, field, undefined, depth));
  } else {
    into[field.name] = readValue(reader, field, before, depth);
  }
}

function dropRivals(table: Table, field: Field, into: Message): void {
  for (const other of table.byNumber) {
    if (other && other !== field && other.oneof === field.oneof) into[other.name] = undefined;
  }
}

function readValue(reader: BinaryReader, field: Field, before: Decoded | undefined, depth: number): Decoded {
  if (field.message) {
    const message = (before ?? {}) as Message;
    mergeMessage(field.message, reader.bytes(), message, depth + 1);
    return message;
  }
  return SCALARS[field.type]!(reader);
}

/** How each type of protobuf is read. The 64-bit ones come as bigint on every runtime that is supported here. */
const SCALARS: Readonly<Record<string, (reader: BinaryReader) => Decoded>> = {
  bool: (reader) => reader.bool(),
  bytes: (reader) => reader.bytes(),
  hex: (reader) => reader.bytes(),
  string: (reader) => reader.string(true),
  double: (reader) => reader.double(),
  enum: (reader) => reader.int32(),
  int32: (reader) => reader.int32(),
  sint32: (reader) => reader.sint32(),
  uint32: (reader) => reader.uint32(),
  fixed32: (reader) => reader.fixed32(),
  int64: (reader) => BigInt(reader.int64()),
  uint64: (reader) => BigInt(reader.uint64()),
  fixed64: (reader) => BigInt(reader.fixed64()),
  sfixed64: (reader) => BigInt(reader.sfixed64()),
};
