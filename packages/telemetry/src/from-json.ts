import { BinaryWriter, type WireType } from '@bufbuild/protobuf/wire';
import { JsonReader } from './json-reader.ts';
import { scalarWriter } from './json-scalars.ts';
import { layoutOf } from './layout.ts';
import { type Field, SHAPE, type Table, WIRE_TYPE } from './tables.ts';
import type { OtlpSignal } from './types.ts';
import { MAX_DEPTH } from './wire.ts';

/**
 * The protobuf bytes of a request in OTLP/JSON (OTLP 1.11, “JSON Protobuf Encoding”): ids in hex, enums as numbers, names in
 * lowerCamelCase, 64-bit integers as text or numbers; unknown members are passed over, `null` is absent. Throws an {@link OtlpError}.
 */
export function requestFromJson(signal: OtlpSignal, text: Uint8Array): Uint8Array {
  const reader = new JsonReader(text);
  const writer = new BinaryWriter();
  if (reader.kind() !== 'object') reader.fail('a request is a JSON object');
  writeMessage(reader, writer, layoutOf(signal).request, 0);
  if (reader.peek() !== 0 || reader.pos < text.length) reader.fail('something stands behind the request');
  return writer.finish();
}

function writeMessage(reader: JsonReader, writer: BinaryWriter, table: Table, depth: number): void {
  if (depth > MAX_DEPTH) reader.fail(`more than ${MAX_DEPTH} messages within one another`);
  if (!reader.open('object')) return;
  /** A bit for each field, and the oneof that is set. */
  let seen = 0;
  let oneof = '';
  do {
    reader.name();
    const field = table.fields.find((one) => reader.says(one.nameBytes));
    const kind = reader.kind();
    if (field === undefined || kind === 'null') {
      reader.skip();
      continue;
    }
    if ((seen & (1 << field.number)) !== 0) reader.fail(`${field.path} is there twice`);
    if (field.oneof !== '' && field.oneof === oneof) reader.fail(`${table.name} has more than one ${oneof}`);
    seen |= 1 << field.number;
    if (field.oneof !== '') oneof = field.oneof;
    if (field.repeated) writeList(reader, writer, field, depth);
    else writeValue(reader, writer, field, depth);
  } while (reader.more('object'));
}

function writeList(reader: JsonReader, writer: BinaryWriter, field: Field, depth: number): void {
  if (reader.kind() !== 'array') reader.fail(`${field.path} is an array`);
  if (!reader.open('array')) return;
  const isPacked = field.shape <= SHAPE.fixed32;
  if (isPacked) writer.tag(field.number, 2).fork();
  do {
    if (isPacked) scalarWriter(field)(reader, writer, field.path);
    else writeValue(reader, writer, field, depth);
  } while (reader.more('array'));
  if (isPacked) writer.join();
}

function writeValue(reader: JsonReader, writer: BinaryWriter, field: Field, depth: number): void {
  if (!field.message) {
    writer.tag(field.number, WIRE_TYPE[field.shape] as WireType);
    scalarWriter(field)(reader, writer, field.path);
    return;
  }
  if (reader.kind() !== 'object') reader.fail(`${field.path} is an object`);
  writer.tag(field.number, 2).fork();
  writeMessage(reader, writer, field.message, depth + 1);
  writer.join();
}
