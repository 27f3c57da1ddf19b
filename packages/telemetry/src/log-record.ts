import { Irregular } from './irregular.ts';
import { tableOf } from './tables.ts';
import type { TextOut } from './text-out.ts';
import { validateField } from './validate.ts';
import type { ValueWriter } from './value-text.ts';
import type { Wire } from './wire.ts';

const LOG_RECORD = tableOf('logs.LogRecord');
/** Messages around a LogRecord: request, ResourceLogs, ScopeLogs. */
const DEPTH = 3;

/** What a LogRecord holds: numbers, and where the pieces with a length start and end (both 0: absent or empty). */
export interface LogFields {
  timeLo: number;
  timeHi: number;
  observedLo: number;
  observedHi: number;
  severity: number;
  dropped: number;
  flags: number;
  /** severity_text, event_name, trace_id, span_id, body: start and end of each. */
  readonly places: number[];
  hasBody: boolean;
  readonly attributes: number[];
}

const [SEVERITY_TEXT, EVENT_NAME, TRACE_ID, SPAN_ID, BODY] = [0, 2, 4, 6, 8] as const;
/** By their tags. */
const PLACES: ReadonlyMap<number, number> = new Map([
  [0x1a, SEVERITY_TEXT],
  [0x2a, BODY],
  [0x4a, TRACE_ID],
  [0x52, SPAN_ID],
  [0x62, EVENT_NAME],
]);

/** A place to read records into, one after the other. */
export function logFields(): LogFields {
  return {
    ...{ timeLo: 0, timeHi: 0, observedLo: 0, observedHi: 0, severity: 0, dropped: 0, flags: 0 },
    ...{ places: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], hasBody: false, attributes: [] },
  };
}

/** Reads the fields of the LogRecord up to `end`, not yet what is in body and attributes. */
export function readLogRecord(wire: Wire, end: number, fields: LogFields): void {
  fields.timeLo = fields.timeHi = fields.observedLo = fields.observedHi = 0;
  fields.severity = fields.dropped = fields.flags = 0;
  fields.places.fill(0);
  fields.hasBody = false;
  fields.attributes.length = 0;
  while (wire.pos < end) readField(wire, end, fields);
}

function readField(wire: Wire, end: number, fields: LogFields): void {
  const tag = wire.tag(end);
  switch (tag) {
    case 0x32: // attributes
      wire.note(fields.attributes, end);
      break;
    case 0x09: // time_unix_nano
      wire.fixed64(end);
      fields.timeLo = wire.lo;
      fields.timeHi = wire.hi;
      break;
    case 0x59: // observed_time_unix_nano
      wire.fixed64(end);
      fields.observedLo = wire.lo;
      fields.observedHi = wire.hi;
      break;
    case 0x10: // severity_number, an enum of 32 bits
      wire.varint64(end);
      fields.severity = wire.lo | 0;
      break;
    case 0x38: // dropped_attributes_count
      wire.varint64(end);
      fields.dropped = wire.lo;
      break;
    case 0x45: // flags
      fields.flags = wire.fixed32(end);
      break;
    default:
      readPiece(wire, tag, end, fields);
  }
}

function readPiece(wire: Wire, tag: number, end: number, fields: LogFields): void {
  const place = PLACES.get(tag);
  if (place === undefined) {
    validateField(wire, tag, LOG_RECORD, end, DEPTH);
    return;
  }
  if (place === BODY) fields.hasBody = true;
  skipOver(wire, end, fields.places, place);
}

/** A message that has one of its texts twice is read anew, with both of them looked at. Notes at `k` where the value with a length starts and ends. */
function skipOver(wire: Wire, end: number, places: number[], k: number): void {
  if (places[k + 1] !== 0) throw new Irregular();
  const limit = wire.limit(end);
  places[k] = wire.pos;
  places[k + 1] = limit;
  wire.pos = limit;
}

/** Writes the members of an event that follow its `@timestamp`, each with a comma before it. */
export function writeMembers(wire: Wire, out: TextOut, values: ValueWriter, fields: LogFields): void {
  const { places, observedLo, observedHi, severity, dropped, flags, attributes } = fields;
  const has = (k: number) => places[k] !== places[k + 1];
  if (observedLo !== 0 || observedHi !== 0) {
    out.ascii(',"observed_timestamp":');
    out.timestamp(observedLo, observedHi);
  }
  if (severity !== 0) out.ascii(`,"severity_number":${severity}`);
  if (has(SEVERITY_TEXT)) {
    out.ascii(',"severity_text":');
    out.quoted(wire.bytes, places[SEVERITY_TEXT]!, places[SEVERITY_TEXT + 1]!);
  }
  if (fields.hasBody) {
    out.ascii(',"body":');
    wire.pos = places[BODY]!;
    values.value(places[BODY + 1]!, DEPTH + 1);
  }
  if (attributes.length > 0) {
    out.ascii(',"attributes":');
    values.object(attributes, DEPTH + 1);
  }
  if (dropped !== 0) out.ascii(`,"dropped_attributes_count":${dropped}`);
  if (has(TRACE_ID)) {
    out.ascii(',"trace_id":');
    out.hex(wire.bytes, places[TRACE_ID]!, places[TRACE_ID + 1]!);
  }
  if (has(SPAN_ID)) {
    out.ascii(',"span_id":');
    out.hex(wire.bytes, places[SPAN_ID]!, places[SPAN_ID + 1]!);
  }
  if (flags !== 0) out.ascii(`,"flags":${flags}`);
  if (!has(EVENT_NAME)) return;
  out.ascii(',"event_name":');
  out.quoted(wire.bytes, places[EVENT_NAME]!, places[EVENT_NAME + 1]!);
}
