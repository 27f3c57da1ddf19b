import { type Entry, joinRequest, OtlpError, requestToJson } from '@tailrace/telemetry';

/** Signals whose events are OTLP records. */
export type RecordSignal = 'metrics' | 'traces';

/** A value of OTLP/JSON (OTLP 1.11, “JSON Protobuf Encoding”): 64-bit integers are text, NaN and the infinities too, ids hex. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: Json | undefined;
}

/** Records under one envelope. `above` are the messages around them, from the resource down, each without what stands in it. */
export interface RecordGroup {
  readonly above: readonly JsonObject[];
  readonly records: readonly JsonObject[];
  /** Which of the entries they were. */
  readonly entries: readonly number[];
}

/** Records as values. `refused` holds, by entry, why one cannot be read. */
export interface ReadRecords {
  readonly groups: readonly RecordGroup[];
  readonly refused: ReadonlyMap<number, string>;
}

/** Reads records and what stands above them; neighbours that share an envelope are read in one go. */
export function readRecords(signal: RecordSignal, entries: readonly Entry[]): ReadRecords {
  const groups: RecordGroup[] = [];
  const refused = new Map<number, string>();
  for (let from = 0; from < entries.length; ) {
    const to = endOfRun(entries, from);
    readRun(signal, entries, from, to, groups, refused);
    from = to;
  }
  return { groups, refused };
}

function endOfRun(entries: readonly Entry[], from: number): number {
  const { envelope } = entries[from]!;
  let to = from + 1;
  while (to < entries.length && Buffer.compare(entries[to]!.envelope, envelope) === 0) to++;
  return to;
}

function readRun(
  signal: RecordSignal,
  entries: readonly Entry[],
  from: number,
  to: number,
  groups: RecordGroup[],
  refused: Map<number, string>,
): void {
  const indices = Array.from({ length: to - from }, (_, k) => from + k);
  try {
    groups.push({ ...readGroup(signal, entries.slice(from, to)), entries: indices });
  } catch (error) {
    if (!(error instanceof OtlpError)) throw error;
    if (to - from === 1) {
      refused.set(from, error.message);
      return;
    }
    // One that cannot be read takes no other with it.
    for (const i of indices) readRun(signal, entries, i, i + 1, groups, refused);
  }
}

/** Ways from the request down to the records; of a metric the last step is its kind. */
const STEPS = { metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'], traces: ['resourceSpans', 'scopeSpans'] };
const KINDS = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

function readGroup(signal: RecordSignal, entries: readonly Entry[]): Omit<RecordGroup, 'entries'> {
  const text = new TextDecoder().decode(requestToJson(signal, joinRequest(signal, entries)));
  let inner = JSON.parse(text) as JsonObject;
  const above: JsonObject[] = [];
  for (const step of STEPS[signal]) {
    const [only] = objectsOf(inner[step]);
    if (!only) throw new OtlpError(`${step} is missing above a record`, 0);
    above.push(only);
    inner = only;
  }
  if (signal === 'metrics') {
    const kind = KINDS.find((name) => inner[name] !== undefined);
    if (kind === undefined) throw new OtlpError('a data point of no kind', 0);
    inner = objectOf(inner[kind]);
    above.push(inner);
  }
  const records = objectsOf(inner[signal === 'metrics' ? 'dataPoints' : 'spans']);
  if (records.length !== entries.length) throw new OtlpError('an envelope brings records of its own', 0);
  return { above, records };
}

// ---- members ----------------------------------------------------------------------------------------------------------

/** The object there; an empty one where there is none. */
export function objectOf(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The objects of the list there. */
export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}

/** The text there; empty where there is none. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A 64-bit integer, which OTLP/JSON writes as text; 0 where there is none. */
export function wholeOf(value: Json | undefined): bigint {
  return typeof value === 'string' || typeof value === 'number' ? BigInt(value) : 0n;
}

/** A double or an integer; `null` where there is none. */
export function numberOf(value: Json | undefined): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? Number(value) : null;
}

/** Whether a double holds the integer as it is. */
export function isExact(value: Json | undefined): boolean {
  return value === undefined || typeof value !== 'string' || BigInt(Number(value)) === BigInt(value);
}

/** The object without some of its members. */
export function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

/** What `details` keeps of the resource and the scope above a record; each has a schema of its own. */
export function originOf(resource: JsonObject, scope: JsonObject): JsonObject {
  const { schemaUrl, ...rest } = without(scope, ['metrics', 'spans']);
  return {
    ...without(resource, ['scopeMetrics', 'scopeSpans']),
    ...rest,
    ...(schemaUrl !== undefined && { scopeSchemaUrl: schemaUrl }),
  };
}
