import { OtlpError } from './error.ts';
import { Irregular, regular } from './irregular.ts';
import { joinRequest } from './join.ts';
import { layoutOf } from './layout.ts';
import { type Field, SHAPE, type Table, WIRE_TYPE } from './tables.ts';
import { TextOut } from './text-out.ts';
import type { OtlpSignal } from './types.ts';
import { validateField } from './validate.ts';
import { MAX_DEPTH, Wire } from './wire.ts';

const [QUOTE, COMMA] = [0x22, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/**
 * The JSON of a request in protobuf (OTLP 1.11, “JSON Protobuf Encoding”): ids in hex, enums as numbers, 64-bit integers as text. JSON has
 * no form for unknown fields. Throws an {@link OtlpError}.
 */
export function requestToJson(signal: OtlpSignal, body: Uint8Array): Uint8Array {
  const { request } = layoutOf(signal);
  try {
    return printed(request, body);
  } catch (error) {
    if (!(error instanceof Irregular)) throw error;
    return printed(request, regular(request, body));
  }
}

/** One record as the OTLP/JSON of a request that holds nothing else, for people; throws an {@link OtlpError}. */
export function recordToJson(signal: OtlpSignal, envelope: Uint8Array, record: Uint8Array): string {
  return new TextDecoder().decode(requestToJson(signal, joinRequest(signal, [{ envelope, record }])));
}

function printed(table: Table, body: Uint8Array): Uint8Array {
  const wire = new Wire(body);
  const out = new TextOut(2 * body.length);
  printMessage({ wire, out, view: new DataView(body.buffer, body.byteOffset, body.byteLength) }, table, body.length, 0);
  return out.text();
}

interface Printer {
  readonly wire: Wire;
  readonly out: TextOut;
  /** The bytes of the wire. */
  readonly view: DataView;
}

/** Prints the fields up to `end` in the order in which they come. */
function printMessage(printer: Printer, table: Table, end: number, depth: number): void {
  const { wire, out } = printer;
  if (depth > MAX_DEPTH) throw new OtlpError(`more than ${MAX_DEPTH} messages within one another`, wire.pos);
  let last: Field | undefined;
  /** A bit for each field, and the oneof that is set. */
  let seen = 0;
  let oneof = '';
  out.byte(OPEN_OBJECT);
  while (wire.pos < end) {
    const tag = wire.tag(end);
    const number = tag >>> 3;
    const field = number < table.byNumber.length ? table.byNumber[number] : undefined;
    if (field === undefined) {
      wire.skip(tag, end, depth);
      continue;
    }
    if (last !== field || !field.repeated) {
      if ((seen & (1 << number)) !== 0 || (oneof !== '' && oneof === field.oneof)) throw new Irregular();
      seen |= 1 << number;
      oneof = field.oneof || oneof;
      if (last?.repeated) out.byte(CLOSE_ARRAY);
      out.ascii(last ? `,"${field.name}":` : `"${field.name}":`);
      if (field.repeated) out.byte(OPEN_ARRAY);
    }
    last = field;
    printField(printer, tag, table, field, end, depth);
  }
  if (last?.repeated) out.byte(CLOSE_ARRAY);
  out.byte(CLOSE_OBJECT);
}

function printField(printer: Printer, tag: number, table: Table, field: Field, end: number, depth: number): void {
  const { wire, out } = printer;
  const isPacked = (tag & 7) !== WIRE_TYPE[field.shape]!;
  if (field.repeated && !isPacked) separate(out);
  if (isPacked) {
    printPacked(printer, tag, table, field, end, depth);
  } else if (field.message) {
    printMessage(printer, field.message, wire.limit(end), depth + 1);
  } else if (field.shape >= SHAPE.text) {
    const limit = wire.limit(end);
    if (field.type === 'string') out.quoted(wire.bytes, wire.pos, limit);
    else if (field.type === 'hex') out.hex(wire.bytes, wire.pos, limit);
    else out.base64(wire.bytes, wire.pos, limit);
    wire.pos = limit;
  } else {
    NUMBERS[field.type]!(printer, end);
  }
}

/** Numbers that stand together behind one length, as items of the array that is open. */
function printPacked(printer: Printer, tag: number, table: Table, field: Field, end: number, depth: number): void {
  const { wire, out } = printer;
  const start = wire.pos;
  validateField(wire, tag, table, end, depth);
  const limit = wire.pos;
  wire.pos = start;
  wire.limit(end);
  while (wire.pos < limit) {
    separate(out);
    NUMBERS[field.type]!(printer, limit);
  }
}

/** A comma, unless the array has only begun: no item ends with a bracket. */
function separate(out: TextOut): void {
  if (out.bytes[out.length - 1] !== OPEN_ARRAY) out.byte(COMMA);
}

const int64 = ({ wire, out }: Printer, signed: boolean) => {
  out.byte(QUOTE);
  out.int64(wire, signed);
  out.byte(QUOTE);
};

/** How the numbers of each type are printed. An int32 has ten bytes when it is negative: the lower half tells. */
const NUMBERS: Readonly<Record<string, (printer: Printer, end: number) => void>> = {
  bool({ wire, out }, end) {
    wire.varint64(end);
    out.ascii(wire.lo === 0 && wire.hi === 0 ? 'false' : 'true');
  },
  enum: ({ wire, out }, end) => {
    wire.varint64(end);
    out.ascii(String(wire.lo | 0));
  },
  int32: ({ wire, out }, end) => {
    wire.varint64(end);
    out.ascii(String(wire.lo | 0));
  },
  sint32: ({ wire, out }, end) => {
    wire.varint64(end);
    out.ascii(String((wire.lo >>> 1) ^ -(wire.lo & 1)));
  },
  uint32: ({ wire, out }, end) => {
    wire.varint64(end);
    out.uint32(wire.lo);
  },
  fixed32: ({ wire, out }, end) => out.uint32(wire.fixed32(end)),
  int64(printer, end) {
    printer.wire.varint64(end);
    int64(printer, true);
  },
  uint64(printer, end) {
    printer.wire.varint64(end);
    int64(printer, false);
  },
  fixed64(printer, end) {
    printer.wire.fixed64(end);
    int64(printer, false);
  },
  sfixed64(printer, end) {
    printer.wire.fixed64(end);
    int64(printer, true);
  },
  double({ wire, out, view }, end) {
    const at = wire.pos;
    wire.advance(8, end);
    const value = view.getFloat64(at, true);
    if (!Number.isFinite(value)) out.ascii(`"${value}"`);
    else out.ascii(Object.is(value, -0) ? '-0' : String(value));
  },
};
