import type { Entry } from '@tailrace/telemetry';
import { areTold, attributesOf, labelOf, plainObject } from './attributes.ts';
import {
  type JsonObject,
  numberOf,
  objectOf,
  originOf,
  readRecords,
  textOf,
  wholeOf,
  without,
} from './otlp-records.ts';

/** A span as a row, but for its time and place. What no column holds exactly stands in `details`, as OTLP/JSON. */
export interface SpanRow {
  /** `null` where the span does not say when it ended. */
  readonly durationNs: bigint | null;
  readonly name: string;
  readonly kind: string;
  /** Ids are lowercase hex; `null` where there is none. */
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly parentSpanId: string | null;
  /** `service.name` of the resource. */
  readonly service: string | null;
  readonly status: string;
  readonly statusMessage: string;
  /** A plain JSON object. */
  readonly attributes: string;
  readonly details: string;
}

/** Rows of spans, by entry; where one cannot be read, a text says why. */
export function spanRows(entries: readonly Entry[]): readonly (SpanRow | string)[] {
  const rows: (SpanRow | string)[] = [];
  const { groups, refused } = readRecords('traces', entries);
  for (const { above, records, entries: places } of groups) {
    const [resource = {}, scope = {}] = above;
    const name = attributesOf(objectOf(resource['resource'])['attributes']).get('service.name');
    const service = name === undefined ? null : labelOf(name);
    const origin = originOf(resource, scope);
    for (const [k, record] of records.entries()) rows[places[k]!] = rowOf(service, origin, record);
  }
  for (const [entry, reason] of refused) rows[entry] = reason;
  return rows;
}

// As OpenTelemetry's trace.proto counts them.
const KINDS: readonly string[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES: readonly string[] = ['unset', 'ok', 'error'];
/** Members of a span that columns hold whatever they are. */
const HELD = ['startTimeUnixNano', 'name', 'traceId', 'spanId', 'parentSpanId'];

function rowOf(service: string | null, origin: JsonObject, span: JsonObject): SpanRow {
  const status = objectOf(span['status']);
  const [kind, code] = [numberOf(span['kind']) ?? 0, numberOf(status['code']) ?? 0];
  const held = [...HELD];
  const durationNs = durationOf(span);
  if (durationNs !== null) held.push('endTimeUnixNano');
  if (KINDS[kind] !== undefined) held.push('kind');
  if (STATUSES[code] !== undefined) held.push('status');
  if (areTold(span['attributes'])) held.push('attributes');
  return {
    durationNs,
    ...{ name: textOf(span['name']), kind: KINDS[kind] ?? 'unspecified' },
    ...{ traceId: textOf(span['traceId']) || null, spanId: textOf(span['spanId']) || null },
    ...{ parentSpanId: textOf(span['parentSpanId']) || null, service },
    ...{ status: STATUSES[code] ?? 'unset', statusMessage: textOf(status['message']) },
    attributes: plainObject(attributesOf(span['attributes'])),
    details: JSON.stringify({ ...origin, ...without(span, held) }),
  };
}

const LONGEST = 2n ** 63n - 1n;

/** An end before the start is a clock that was set, and shows as a negative duration. */
function durationOf(span: JsonObject): bigint | null {
  const [start, end] = [wholeOf(span['startTimeUnixNano']), wholeOf(span['endTimeUnixNano'])];
  const duration = end - start;
  return start === 0n || end === 0n || duration > LONGEST || duration < -LONGEST ? null : duration;
}
