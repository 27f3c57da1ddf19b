import { BinaryWriter, type WireType } from '@bufbuild/protobuf/wire';
import type { Decoded, Message } from './decode.ts';
import { type Field, SHAPE, type Table, WIRE_TYPE } from './tables.ts';

/** The bytes of a message of values; the opposite of decodeMessage. What is there is written, zero or not. */
export function encodeMessage(table: Table, message: Message): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, table, message);
  return writer.finish();
}

function writeMessage(writer: BinaryWriter, table: Table, message: Message): void {
  for (const field of table.byNumber) {
    const value = field && message[field.name];
    if (field === undefined || value === undefined) continue;
    if (!field.repeated) writeTagged(writer, field, value);
    else if (field.shape <= SHAPE.fixed32) writePacked(writer, field, value as Decoded[]);
    else for (const item of value as Decoded[]) writeTagged(writer, field, item);
  }
}

function writePacked(writer: BinaryWriter, field: Field, values: readonly Decoded[]): void {
  if (values.length === 0) return;
  writer.tag(field.number, 2).fork();
  for (const value of values) SCALARS[field.type]!(writer, value);
  writer.join();
}

function writeTagged(writer: BinaryWriter, field: Field, value: Decoded): void {
  writer.tag(field.number, WIRE_TYPE[field.shape] as WireType);
  if (!field.message) {
    SCALARS[field.type]!(writer, value);
    return;
  }
  writer.fork();
  writeMessage(writer, field.message, value as Message);
  writer.join();
}

/** How each type of protobuf is written. */
const SCALARS: Readonly<Record<string, (writer: BinaryWriter, value: Decoded) => unknown>> = {
  bool: (writer, value) => writer.bool(value as boolean),
  bytes: (writer, value) => writer.bytes(value as Uint8Array),
  hex: (writer, value) => writer.bytes(value as Uint8Array),
  string: (writer, value) => writer.string(value as string),
  double: (writer, value) => writer.double(value as number),
  enum: (writer, value) => writer.int32(value as number),
  int32: (writer, value) => writer.int32(value as number),
  sint32: (writer, value) => writer.sint32(value as number),
  uint32: (writer, value) => writer.uint32(value as number),
  fixed32: (writer, value) => writer.fixed32(value as number),
  int64: (writer, value) => writer.int64(value as bigint),
  uint64: (writer, value) => writer.uint64(value as bigint),
  fixed64: (writer, value) => writer.fixed64(value as bigint),
  sfixed64: (writer, value) => writer.sfixed64(value as bigint),
};
