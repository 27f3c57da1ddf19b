import type { BinaryWriter } from '@bufbuild/protobuf/wire';
import { OtlpError } from './error.ts';
import { type JsonReader, NUMBER } from './json-reader.ts';
import type { Field } from './tables.ts';

/** Reads a value of a type as OTLP/JSON has it and writes it as protobuf, without its tag; `name` says what to complain of. */
type ScalarWriter = (reader: JsonReader, writer: BinaryWriter, name: string) => void;

const INT32 = [-(2n ** 31n), 2n ** 31n - 1n] as const;
const UINT32 = [0n, 2n ** 32n - 1n] as const;
const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const UINT64 = [0n, 2n ** 64n - 1n] as const;
const INTEGER = /^-?\d{1,20}$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const HEX = /^(?:[0-9a-fA-F]{2})*$/;

/** What writes the values of a field that is no message. */
export function scalarWriter(field: Field): ScalarWriter {
  return WRITERS[field.type]!;
}

const WRITERS: Readonly<Record<string, ScalarWriter>> = {
  bool(reader, writer, name) {
    const kind = reader.kind();
    if (kind !== 'true' && kind !== 'false') reader.fail(`${name} is true or false`);
    reader.word(kind as 'true' | 'false');
    writer.bool(kind === 'true');
  },
  string(reader, writer, name) {
    readString(reader, name, 'is text in quotes');
    writer.bytes(reader.utf8());
  },
  bytes(reader, writer, name) {
    const at = readString(reader, name, 'is base64 in quotes');
    const text = reader.text();
    if (!BASE64.test(text)) throw new OtlpError(`${name} is not base64`, at);
    writer.bytes(Buffer.from(text, 'base64'));
  },
  hex(reader, writer, name) {
    const at = readString(reader, name, 'is hexadecimal digits in quotes');
    const text = reader.text();
    if (!HEX.test(text)) throw new OtlpError(`${name} is not pairs of hexadecimal digits`, at);
    writer.bytes(Buffer.from(text, 'hex'));
  },
  double(reader, writer, name) {
    writer.double(readDouble(reader, name));
  },
  enum(reader, writer, name) {
    if (reader.kind() !== 'number') reader.fail(`${name} is a number: OTLP/JSON has no names for the values of enums`);
    writer.int32(Number(readInteger(reader, name, INT32)));
  },
  int32: (reader, writer, name) => writer.int32(Number(readInteger(reader, name, INT32))),
  sint32: (reader, writer, name) => writer.sint32(Number(readInteger(reader, name, INT32))),
  uint32: (reader, writer, name) => writer.uint32(Number(readInteger(reader, name, UINT32))),
  fixed32: (reader, writer, name) => writer.fixed32(Number(readInteger(reader, name, UINT32))),
  int64: (reader, writer, name) => writer.int64(readInteger(reader, name, INT64)),
  sfixed64: (reader, writer, name) => writer.sfixed64(readInteger(reader, name, INT64)),
  uint64: (reader, writer, name) => writer.uint64(readInteger(reader, name, UINT64)),
  fixed64: (reader, writer, name) => writer.fixed64(readInteger(reader, name, UINT64)),
};

/** Reads a string; answers where it begins. */
function readString(reader: JsonReader, name: string, what: string): number {
  if (reader.kind() !== 'string') reader.fail(`${name} ${what}`);
  const at = reader.pos;
  reader.string();
  return at;
}

/** Reads a number, or text that holds one; answers where it begins and how it is written. */
function readNumber(reader: JsonReader, name: string): { at: number; text: string } {
  const kind = reader.kind();
  const at = reader.pos;
  if (kind === 'number') return { at, text: reader.number() };
  if (kind !== 'string') reader.fail(`${name} is a number`);
  reader.string();
  return { at, text: reader.text() };
}

function readInteger(reader: JsonReader, name: string, [least, most]: readonly [bigint, bigint]): bigint {
  const { at, text } = readNumber(reader, name);
  // 5.0 and 5e3 are integers too, as far as a double tells.
  const double = NUMBER.test(text) ? Number(text) : Number.NaN;
  const isWhole = INTEGER.test(text);
  if (!isWhole && !Number.isSafeInteger(double)) throw new OtlpError(`${name} is not an integer`, at);
  const value = isWhole ? BigInt(text) : BigInt(double);
  if (value < least || value > most) throw new OtlpError(`${name} is not between ${least} and ${most}`, at);
  return value;
}

function readDouble(reader: JsonReader, name: string): number {
  const { at, text } = readNumber(reader, name);
  if (text === 'NaN') return Number.NaN;
  if (text === 'Infinity' || text === '-Infinity') return Number(text);
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new OtlpError(`${name} is not a number that a double holds`, at);
  return value;
}
