import { bytesKey, concatBytes } from './bytes.ts';
import { packEnvelope } from './envelope.ts';
import { OtlpError } from './error.ts';
import { AT, kindOf, type Layout, layoutOf } from './layout.ts';
import { gather, split } from './split.ts';
import type { Field, Table } from './tables.ts';
import { nanosOf, secondsOf } from './time.ts';
import type { Cut, Envelope, OtlpSignal } from './types.ts';
import { validateField, validateMessage } from './validate.ts';
import { MOST_ITEMS, Wire } from './wire.ts';

type Above = Pick<Envelope, 'resource' | 'scope'>;

/** The records found so far. */
interface Found {
  readonly start: number[];
  readonly end: number[];
  readonly envelope: number[];
  readonly seconds: number[];
  readonly nanos: number[];
  readonly envelopes: Uint8Array[];
  readonly known: Map<string, number>;
}

/**
 * Validates the protobuf bytes of an Export…ServiceRequest and cuts them into records; throws an {@link OtlpError}. Resources, scopes
 * and metrics without any record are left out, and so are unknown fields of the request itself, which belong to no record.
 */
export function cutRequest(signal: OtlpSignal, body: Uint8Array): Cut {
  const layout = layoutOf(signal);
  const found: Found = { start: [], end: [], envelope: [], seconds: [], nanos: [], envelopes: [], known: new Map() };
  const wire = new Wire(body);
  const { children } = split(wire, layout.request, AT.resource, body.length, 0);
  for (let i = 0; i < children.length; i += 2) cutResource(wire, layout, children[i]!, children[i + 1]!, found);
  return {
    text: body,
    start: Uint32Array.from(found.start),
    end: Uint32Array.from(found.end),
    length: found.start.length,
    envelopes: found.envelopes,
    envelope: Uint32Array.from(found.envelope),
    seconds: Float64Array.from(found.seconds),
    nanos: Uint32Array.from(found.nanos),
  };
}

function cutResource(wire: Wire, layout: Layout, start: number, end: number, found: Found): void {
  wire.pos = start;
  const { rest: resource, children: scopes } = split(wire, layout.resource, AT.scope, end, 1);
  for (let i = 0; i < scopes.length; i += 2) {
    wire.pos = scopes[i]!;
    const { rest: scope, children: items } = split(wire, layout.scope, AT.item, scopes[i + 1]!, 2);
    if (layout.item.name === 'metrics.Metric') {
      for (let k = 0; k < items.length; k += 2) {
        cutMetric(wire, layout, { resource, scope }, items[k]!, items[k + 1]!, found);
      }
    } else if (items.length > 0) {
      validateEach(wire, layout.item, items);
      takeRecords(wire, layout, items, intern(packEnvelope({ resource, scope }), found), found);
    }
  }
}

function validateEach(wire: Wire, table: Table, places: readonly number[]): void {
  for (let i = 0; i < places.length; i += 2) {
    wire.pos = places[i]!;
    validateMessage(wire, table, places[i + 1]!, 3);
  }
}

/** Cuts a metric's points. Of several kinds of data the last one stands, and data of one kind are merged: so protobuf reads a oneof. */
function cutMetric(wire: Wire, layout: Layout, above: Above, start: number, end: number, found: Found): void {
  const head: number[] = [];
  const data: number[] = [];
  let field: Field | undefined;
  wire.pos = start;
  while (wire.pos < end) {
    const at = wire.pos;
    const tag = wire.tag(end);
    const next = layout.item.byNumber[tag >>> 3];
    validateField(wire, tag, layout.item, end, 3);
    if (next?.oneof !== 'data') {
      head.push(at, wire.pos);
      continue;
    }
    if (next !== field) data.length = 0;
    field = next;
    data.push(at, wire.pos);
  }
  if (field === undefined) return;
  const points: number[] = [];
  const rests: Uint8Array[] = [];
  for (let i = 0; i < data.length; i += 2) {
    wire.pos = data[i]!;
    wire.tag(end);
    const parts = split(wire, field.message!, AT.point, wire.limit(end), 4);
    for (const place of parts.children) points.push(place);
    rests.push(parts.rest);
  }
  if (points.length === 0) return;
  const metric = { head: gather(wire.bytes, head), kind: kindOf(field), data: concatBytes(rests) };
  const envelope = intern(packEnvelope({ ...above, metric }), found);
  takeRecords(wire, layout, points, envelope, found);
}

function intern(envelope: Uint8Array, { envelopes, known }: Found): number {
  const key = bytesKey(envelope);
  const index = known.get(key);
  if (index !== undefined) return index;
  known.set(key, envelopes.length);
  return envelopes.push(envelope) - 1;
}

function takeRecords(wire: Wire, layout: Layout, places: readonly number[], envelope: number, found: Found): void {
  for (let i = 0; i < places.length; i += 2) {
    const [start, end] = [places[i]!, places[i + 1]!];
    if (found.start.length === MOST_ITEMS) throw new OtlpError(`more than ${MOST_ITEMS} records in one request`, start);
    found.start.push(start);
    found.end.push(end);
    found.envelope.push(envelope);
    findTime(wire, layout, start, end);
    found.seconds.push(secondsOf(wire.lo, wire.hi));
    found.nanos.push(nanosOf(wire.lo, wire.hi));
  }
}

/** Reads a record's time into the wire's `lo` and `hi`: the first of its time fields that is not zero, else zero. */
function findTime(wire: Wire, { times }: Layout, start: number, end: number): void {
  let [lo, hi] = [0, 0];
  wire.pos = start;
  while (wire.pos < end) {
    const tag = wire.tag(end);
    const rank = (tag & 7) === 1 ? times.indexOf(tag >>> 3) : -1;
    if (rank < 0) {
      wire.skip(tag, end, 0);
      continue;
    }
    wire.fixed64(end);
    if (wire.lo === 0 && wire.hi === 0) continue;
    [lo, hi] = [wire.lo, wire.hi];
    if (rank === 0) break;
  }
  wire.lo = lo;
  wire.hi = hi;
}
