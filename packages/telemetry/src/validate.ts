import { OtlpError } from './error.ts';
import { type Field, SHAPE, type Table, WIRE_TYPE } from './tables.ts';
import { invalidUtf8 } from './utf8.ts';
import { MAX_DEPTH, type Wire } from './wire.ts';

/** Goes through a message up to `end` and throws an {@link OtlpError} where it is not what its table says; unknown fields need only be well formed. */
export function validateMessage(wire: Wire, table: Table, end: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new OtlpError(`more than ${MAX_DEPTH} messages within one another`, wire.pos);
  while (wire.pos < end) validateField(wire, wire.tag(end), table, end, depth);
}

/** As {@link validateMessage}, for one field whose tag was read. */
export function validateField(wire: Wire, tag: number, table: Table, end: number, depth: number): void {
  const number = tag >>> 3;
  const field = number < table.byNumber.length ? table.byNumber[number] : undefined;
  if (field === undefined) {
    wire.skip(tag, end, depth);
    return;
  }
  if ((tag & 7) !== WIRE_TYPE[field.shape]!) {
    validatePacked(wire, tag, field, end);
    return;
  }
  switch (field.shape) {
    case SHAPE.message:
      validateMessage(wire, field.message!, wire.limit(end), depth + 1);
      break;
    case SHAPE.text:
      validateText(wire, field, wire.limit(end));
      break;
    case SHAPE.bytes:
      wire.pos = wire.limit(end);
      break;
    case SHAPE.varint:
      wire.skipVarint(end);
      break;
    case SHAPE.fixed64:
      wire.advance(8, end);
      break;
    default:
      wire.advance(4, end);
  }
}

function validateText(wire: Wire, field: Field, end: number): void {
  const invalid = invalidUtf8(wire.bytes, wire.pos, end);
  if (invalid >= 0) throw new OtlpError(`${field.path} is not UTF-8`, invalid);
  wire.pos = end;
}

/** Numbers that repeat may stand together behind one length. */
function validatePacked(wire: Wire, tag: number, field: Field, end: number): void {
  const isNumber = field.shape === SHAPE.varint || field.shape === SHAPE.fixed64;
  if (!field.repeated || !isNumber || (tag & 7) !== 2) {
    throw new OtlpError(`${field.path} has wire type ${tag & 7} instead of ${WIRE_TYPE[field.shape]}`, wire.pos - 1);
  }
  const limit = wire.limit(end);
  while (wire.pos < limit) {
    if (field.shape === SHAPE.varint) wire.skipVarint(limit);
    else wire.advance(8, limit);
  }
}
