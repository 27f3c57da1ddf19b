import { type FieldRow, MESSAGES } from './otlp.generated.ts';

/** A message of proto/, by its name without `opentelemetry.proto` and version. */
export type MessageName = keyof typeof MESSAGES;

/** What a field's values are on the wire: a varint, 8 or 4 bytes, or a length and that many bytes (text, bytes, a message). */
export const SHAPE = { unknown: 0, varint: 1, fixed64: 2, fixed32: 3, text: 4, bytes: 5, message: 6 } as const;

/** The wire type that goes with each SHAPE. */
export const WIRE_TYPE = [-1, 0, 1, 5, 2, 2, 2] as const;

/** A field of a message. */
export interface Field {
  readonly number: number;
  /** As OTLP/JSON writes it. */
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** With the message's name before it, for errors. */
  readonly path: string;
  /** Protobuf's type; `hex` for the ids that OTLP/JSON writes as hex, `enum`, or the message's name. */
  readonly type: string;
  readonly shape: number;
  readonly repeated: boolean;
  /** The oneof it is a member of, or nothing. */
  readonly oneof: string;
  readonly message: Table | undefined;
}

/** A message's fields, also by their numbers; absent ones are undefined. */
export interface Table {
  readonly name: MessageName;
  readonly fields: readonly Field[];
  readonly byNumber: readonly (Field | undefined)[];
}

const SHAPES: Readonly<Record<string, number>> = {
  bool: SHAPE.varint,
  enum: SHAPE.varint,
  int32: SHAPE.varint,
  int64: SHAPE.varint,
  sint32: SHAPE.varint,
  uint32: SHAPE.varint,
  uint64: SHAPE.varint,
  double: SHAPE.fixed64,
  fixed64: SHAPE.fixed64,
  sfixed64: SHAPE.fixed64,
  fixed32: SHAPE.fixed32,
  string: SHAPE.text,
  bytes: SHAPE.bytes,
  hex: SHAPE.bytes,
};

const tables = link();

/** The table of a message. */
export function tableOf(name: MessageName): Table {
  return tables.get(name)!;
}

/** Messages contain each other, so that all tables exist before any gets its fields. */
function link(): ReadonlyMap<string, Table> {
  const names = Object.keys(MESSAGES) as MessageName[];
  const made = new Map(names.map((name) => [name as string, emptyTable(name)]));
  for (const [name, table] of made) {
    for (const row of MESSAGES[name as MessageName] as readonly FieldRow[]) {
      const field = fieldOf(name, row, made);
      table.fields.push(field);
      table.byNumber[field.number] = field;
    }
  }
  return made;
}

function emptyTable(name: MessageName) {
  const highest = Math.max(...MESSAGES[name].map(([number]) => number));
  // No holes: an array with holes is slower to read.
  const byNumber = Array.from<Field | undefined>({ length: highest + 1 }).fill(undefined);
  return { name, fields: [] as Field[], byNumber };
}

function fieldOf(table: string, row: FieldRow, made: ReadonlyMap<string, Table>): Field {
  const [number, name, type, repeated, oneof] = row;
  const message = made.get(type);
  const shape = message ? SHAPE.message : SHAPES[type];
  if (shape === undefined) throw new Error(`field ${name} has the unknown type ${type}`);
  // The same shape for all, with or without a message: they are read on the way of every byte.
  const nameBytes = Buffer.from(name);
  return { number, name, nameBytes, path: `${table}.${name}`, type, shape, repeated, oneof, message };
}
