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
  /** Protobuf's type; `hex` for the ids that OTLP/JSON writes as hex, `enum`, or the message's name. */
  readonly type: string;
  readonly shape: number;
  readonly repeated: boolean;
  /** The oneof it is a member of, or nothing. */
  readonly oneof: string;
  readonly message?: Table;
}

/** A message's fields, by number and by name. Absent numbers are undefined. */
export interface Table {
  readonly name: MessageName;
  readonly byNumber: readonly (Field | undefined)[];
  readonly byName: ReadonlyMap<string, Field>;
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
      const field = fieldOf(row, made);
      table.byNumber[field.number] = field;
      table.byName.set(field.name, field);
    }
  }
  return made;
}

function emptyTable(name: MessageName) {
  const highest = Math.max(...MESSAGES[name].map(([number]) => number));
  // No holes: an array with holes is slower to read.
  const byNumber = Array.from<Field | undefined>({ length: highest + 1 }).fill(undefined);
  return { name, byNumber, byName: new Map<string, Field>() };
}

function fieldOf([number, name, type, repeated, oneof]: FieldRow, made: ReadonlyMap<string, Table>): Field {
  const message = made.get(type);
  const shape = message ? SHAPE.message : SHAPES[type];
  if (shape === undefined) throw new Error(`field ${name} has the unknown type ${type}`);
  return { number, name, type, shape, repeated, oneof, ...(message && { message }) };
}
