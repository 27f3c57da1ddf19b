// The twin of encodeOtlpLogs: the same mapping on objects. For tests only.
import type { OtlpLogMapping } from './otlp-mapping.ts';
import { integerIn, onlyMembers, parseEvent, RESOURCE, SCOPE, timeOf, traceparentOf } from './otlp-read.twin.ts';
import {
  anyValue,
  type Bytes,
  delimited,
  fixed64,
  flatKeyValues,
  isMembers,
  keyOf,
  keyValue,
  type Members,
  type Plan,
  text,
  varint,
} from './otlp-value.twin.ts';
import { valueAt } from './twin.ts';

export interface TwinTime {
  readonly nanoseconds: bigint;
  readonly own: boolean;
  readonly now: bigint;
}

export interface TwinRecord {
  readonly resource: Uint8Array;
  readonly scope: Uint8Array;
  readonly record: Uint8Array;
}

type Path = readonly string[];
type Read<T> = (value: unknown, path: Path) => T | undefined;

const LAYOUT = new Set([
  ...['@timestamp', 'observed_timestamp', 'severity_number', 'severity_text', 'body', 'attributes'],
  ...['dropped_attributes_count', 'trace_id', 'span_id', 'flags', 'event_name', 'resource', 'scope'],
]);
const MOST = 2n ** 32n - 1n;

const isLayout = (path: Path): boolean => path.length === 1 && LAYOUT.has(path[0]!);

/** Takes members out of an event: what is taken is no attribute any more. */
function picker(event: Members, mapping: OtlpLogMapping) {
  const lifted = new Set<string>();
  const types = new Map(mapping.types.map(({ path, type }) => [keyOf(path), type]));
  const inlined = isMembers(event['attributes']);
  let layoutMembers = inlined ? 1 : 0;
  const lift = (path: Path): void => {
    lifted.add(keyOf(path));
    if (isLayout(path)) layoutMembers++;
  };
  const first = <T>(paths: readonly Path[], read: Read<T>) => {
    for (const path of paths) {
      if (lifted.has(keyOf(path)) || (inlined && keyOf(path) === '["attributes"]')) continue;
      const value = valueAt(event, path);
      const found = value === undefined ? undefined : read(value, path);
      if (found !== undefined) return { found, path };
    }
    return undefined;
  };
  const take = <T>(paths: readonly Path[], read: Read<T>): T | undefined => {
    const result = first(paths, read);
    if (result) lift(result.path);
    return result?.found;
  };
  const strangers = (): number => Object.keys(event).length - layoutMembers;
  return { event, plan: { lifted, types }, inlined, lift, first, take, strangers };
}

type Picker = ReturnType<typeof picker>;

/** The record that an event becomes, and its resource and scope. */
export function twinRecord(source: string, mapping: OtlpLogMapping, time: TwinTime): TwinRecord {
  const from = picker(parseEvent(source), mapping);
  const { resource, scope } = origins(from, mapping);
  const dropped = from.take([['dropped_attributes_count']], (value) => integerIn(value, 0n, MOST)) ?? 0n;
  const ids = traceContext(from, mapping);
  const eventName = from.take(mapping.eventName, nonEmpty);
  const severity = severityOf(from, mapping);
  const body = mapping.body === 'event' ? undefined : bodyOf(from, mapping.body);
  const times = timesOf(from, time);
  const flags = flagsOf(from, mapping, ids.traceId) ?? ids.flags;
  const isOwn = from.strangers() === 0;
  const observed = times.observed === 0n && !isOwn ? time.now : times.observed;
  const number = severity.number ?? (isOwn ? 0n : severity.byName);
  const attributes = attributesOf(from, mapping);
  const record = [
    ...(times.own === 0n ? [] : [0x09, ...fixed64(times.own)]),
    ...(number === 0n ? [] : [0x10, ...varint(number)]),
    ...(severity.text === undefined ? [] : text(3, severity.text)),
    ...(body ? delimited(5, bodyValue(body.value, body.path, from.plan)) : []),
    ...(mapping.body === 'event' ? delimited(5, delimited(6, attributes)) : attributes),
    ...(dropped === 0n ? [] : [0x38, ...varint(dropped)]),
    ...(flags === 0n ? [] : [0x45, ...fixed64(flags).slice(0, 4)]),
    ...(ids.traceId === undefined ? [] : delimited(9, [...Buffer.from(ids.traceId, 'hex')])),
    ...(ids.spanId === undefined ? [] : delimited(10, [...Buffer.from(ids.spanId, 'hex')])),
    ...(observed === 0n ? [] : [0x59, ...fixed64(observed)]),
    ...(eventName === undefined ? [] : text(12, eventName)),
  ];
  return { resource: resource(), scope: scope(), record: Uint8Array.from(record) };
}

const nonEmpty = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function traceContext(from: Picker, mapping: OtlpLogMapping) {
  const id = (digits: number) => (value: unknown) =>
    typeof value === 'string' && new RegExp(`^(?!0*$)[0-9a-fA-F]{${digits}}$`).test(value) ? value : undefined;
  const zeros = (digits: number) => (value: unknown) => (value === '0'.repeat(digits) ? value : undefined);
  let traceId = from.take(mapping.traceId, id(32));
  let spanId = from.take(mapping.spanId, id(16));
  let flags = 0n;
  const parent = traceId === undefined && from.first(mapping.traceparent, (value) => traceparentOf(value) ?? undefined);
  if (parent) {
    traceId = parent.found[1];
    spanId ??= parent.found[2];
    flags = BigInt(`0x${parent.found[3]}`);
  }
  traceId ??= from.take([['trace_id']], zeros(32));
  spanId ??= from.take([['span_id']], zeros(16));
  return { traceId, spanId, flags };
}

function flagsOf(from: Picker, mapping: OtlpLogMapping, traceId: string | undefined): bigint | undefined {
  return from.take(mapping.flags, (value, path) => {
    if (keyOf(path) === '["flags"]' && traceId === undefined && from.strangers() !== 1) return undefined;
    return integerIn(value, 1n, MOST);
  });
}

function severityOf(from: Picker, mapping: OtlpLogMapping) {
  const name = from.take(mapping.severityText, nonEmpty);
  const number = from.take(mapping.severityNumber, (value, path) =>
    keyOf(path) === '["severity_number"]' ? integerIn(value, -(2n ** 31n), 2n ** 31n - 1n) : integerIn(value, 1n, 24n),
  );
  const lower = name?.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) ?? '';
  return { text: name, number, byName: BigInt(mapping.severities[lower] ?? 0) };
}

function bodyOf(from: Picker, paths: readonly Path[]) {
  const body = from.first(paths, (value, path) => (value === null && !isLayout(path) ? undefined : { value }));
  if (!body) return undefined;
  from.lift(body.path);
  return { value: body.found.value, path: body.path };
}

function timesOf(from: Picker, time: TwinTime) {
  const observed = from.first([['observed_timestamp']], timeOf)?.found || 0n;
  if (observed !== 0n) from.lift(['observed_timestamp']);
  const isKnown = time.nanoseconds >= 0n && time.nanoseconds < 2n ** 64n;
  if (isKnown || !time.own) from.take([['@timestamp']], timeOf);
  const column = isKnown ? time.nanoseconds : 0n;
  return { own: time.own ? column : 0n, observed: time.own ? observed : observed || column };
}

function attributesOf(from: Picker, mapping: OtlpLogMapping): Bytes {
  const { event, plan, inlined } = from;
  const tag = mapping.body === 'event' ? 1 : 6;
  const write = (name: string, member: unknown, path: Path): Bytes =>
    mapping.flatten && tag === 6 ? flatKeyValues(name, member, path, plan) : keyValue(tag, name, member, path, plan);
  const isWritten = (key: string): boolean =>
    key !== 'attributes' && Object.hasOwn(event, key) && !plan.lifted.has(keyOf([key]));
  return Object.entries(event).flatMap(([key, value]): Bytes => {
    if (key !== 'attributes' || !inlined) return write(key, value, [key]);
    const members = Object.entries(value as Members).filter(([name]) => !isWritten(name));
    return members.flatMap(([name, member]) => write(name, member, ['attributes', name]));
  });
}

/** Chooses resource and scope; their bytes are made when all that belongs elsewhere is taken. */
function origins(from: Picker, mapping: OtlpLogMapping) {
  const { event, plan } = from;
  const resource = onlyMembers(event['resource'], RESOURCE) ? event['resource'] : undefined;
  if (resource) from.lift(['resource']);
  const scope = onlyMembers(event['scope'], SCOPE) ? event['scope'] : undefined;
  if (scope) from.lift(['scope']);
  const own = (resource?.['attributes'] ?? {}) as Members;
  const fromPaths = mapping.resourcePaths.filter(({ key, path }) => {
    const value = valueAt(event, path);
    if (value === undefined || value === null || Object.hasOwn(own, key) || plan.lifted.has(keyOf(path))) return false;
    plan.lifted.add(keyOf(path));
    return true;
  });
  const members = (tag: number, origin: string, values: Members): Bytes =>
    Object.entries(values).flatMap(([key, value]) => keyValue(tag, key, value, [origin, 'attributes', key], plan));
  const resourceContent = () => [
    ...members(1, 'resource', own),
    ...fromPaths.flatMap(({ key, path }) =>
      delimited(1, [...text(1, key), ...delimited(2, bodyValue(valueAt(event, path), path, plan))]),
    ),
    ...mapping.resource
      .filter(({ key }) => !Object.hasOwn(own, key) && !fromPaths.some((one) => one.key === key))
      .flatMap(({ key, value }) => delimited(1, [...text(1, key), ...delimited(2, text(1, value))])),
    ...counted(0x10, resource),
  ];
  const scopeContent = () => [
    ...(scope?.['name'] === undefined ? [] : text(1, scope['name'] as string)),
    ...(scope?.['version'] === undefined ? [] : text(2, scope['version'] as string)),
    ...members(3, 'scope', (scope?.['attributes'] ?? {}) as Members),
    ...counted(0x20, scope),
  ];
  return {
    resource: () => envelope(resourceContent(), resource),
    scope: () => envelope(scopeContent(), scope),
  };
}

function counted(tag: number, members: Members | undefined): Bytes {
  const value = integerIn(members?.['dropped_attributes_count'], 1n, MOST);
  return value === undefined ? [] : [tag, ...varint(value)];
}

function envelope(content: Bytes, members: Members | undefined): Uint8Array {
  const url = members?.['schema_url'];
  const head = content.length > 0 ? delimited(1, content) : [];
  return Uint8Array.from([...head, ...(url === undefined ? [] : text(3, url as string))]);
}

/** A value that was lifted as a whole: its own place among the lifted does not count. */
function bodyValue(value: unknown, path: Path, plan: Plan): Bytes {
  const any = anyValue(value, path, plan.types.get(keyOf(path)) ?? 0, plan);
  return any ?? (Array.isArray(value) ? delimited(5, []) : delimited(6, []));
}
