import { Irregular, regular } from './irregular.ts';
import { type Table, tableOf } from './tables.ts';
import { TextOut } from './text-out.ts';
import { validateField } from './validate.ts';
import { ValueWriter } from './value-text.ts';
import { Wire } from './wire.ts';

/** Where the fields of a Resource or InstrumentationScope stand, as tags. */
interface OriginTags {
  readonly table: Table;
  readonly name: number;
  readonly version: number;
  readonly attributes: number;
  readonly dropped: number;
}

const NONE = 0;
const ORIGINS: Readonly<Record<string, OriginTags>> = {
  'logs.ResourceLogs': {
    table: tableOf('resource.Resource'),
    ...{ name: NONE, version: NONE, attributes: 0x0a, dropped: 0x10 },
  },
  'logs.ScopeLogs': {
    table: tableOf('common.InstrumentationScope'),
    ...{ name: 0x0a, version: 0x12, attributes: 0x1a, dropped: 0x20 },
  },
};
/** The tags of ResourceLogs.resource or ScopeLogs.scope, and of schema_url. */
const [ORIGIN, SCHEMA_URL] = [0x0a, 0x1a];

/**
 * A ResourceLogs without its scopes, or a ScopeLogs without its records, as the JSON object that events have of it; empty when it says
 * nothing. The entities of a resource, which OTLP 1.11 has in development, are left out.
 */
export function originText(table: Table, rest: Uint8Array): Uint8Array {
  try {
    return print(table, rest);
  } catch (error) {
    if (!(error instanceof Irregular)) throw error;
    return print(table, regular(table, rest));
  }
}

function print(table: Table, rest: Uint8Array): Uint8Array {
  const wire = new Wire(rest);
  const out = new TextOut(2 * rest.length);
  const places = { origin: [0, 0], schemaUrl: [0, 0] };
  while (wire.pos < rest.length) {
    const tag = wire.tag(rest.length);
    if (tag === ORIGIN) places.origin = place(wire, rest.length, places.origin);
    else if (tag === SCHEMA_URL) places.schemaUrl = place(wire, rest.length, places.schemaUrl);
    else validateField(wire, tag, table, rest.length, 2);
  }
  wire.pos = places.origin[0]!;
  printOrigin(wire, out, ORIGINS[table.name]!, places.origin[1]!);
  printText(out, 'schema_url', rest, places.schemaUrl);
  if (out.length === 0) return out.text();
  // Each member has a comma before it; the first one is where the object begins.
  out.bytes[0] = 0x7b;
  out.byte(0x7d);
  return out.text();
}

function printOrigin(wire: Wire, out: TextOut, tags: OriginTags, end: number): void {
  const attributes: number[] = [];
  let [name, version, dropped] = [[0, 0], [0, 0], 0];
  while (wire.pos < end) {
    const tag = wire.tag(end);
    if (tag === tags.attributes) wire.note(attributes, end);
    else if (tag === tags.name) name = place(wire, end, name);
    else if (tag === tags.version) version = place(wire, end, version);
    else if (tag === tags.dropped) {
      wire.varint64(end);
      dropped = wire.lo;
    } else validateField(wire, tag, tags.table, end, 3);
  }
  printText(out, 'name', wire.bytes, name);
  printText(out, 'version', wire.bytes, version);
  if (attributes.length > 0) {
    out.ascii(',"attributes":');
    new ValueWriter(wire, out).object(attributes, 3);
  }
  if (dropped !== 0) out.ascii(`,"dropped_attributes_count":${dropped}`);
}

function printText(out: TextOut, name: string, bytes: Uint8Array, [start, end]: readonly number[]): void {
  if (start === end) return;
  out.ascii(`,"${name}":`);
  out.quoted(bytes, start!, end!);
}

/** Where the value with a length starts and ends; there may be no other one before it. */
function place(wire: Wire, end: number, before: readonly number[]): number[] {
  if (before[1] !== 0) throw new Irregular();
  const limit = wire.limit(end);
  const start = wire.pos;
  wire.pos = limit;
  return [start, limit];
}
