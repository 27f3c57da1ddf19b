// The twin of encodeOtlpLogs: the same mapping on objects. For tests only.
import type { OtlpLogMapping } from './otlp-mapping.ts';
import {
  anyValue,
  type Bytes,
  delimited,
  fixed64,
  flatKeyValues,
  isInteger,
  isMembers,
  keyOf,
  keyValue,
  type Members,
  type Plan,
  text,
  varint,
} from './otlp-value.twin.ts';
import { parseTree, type Tree } from './tree.ts';
import { Digits, parseLossless, valueAt } from './twin.ts';

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

/** The value, each object's members where their last ones stand: JSON.parse leaves a repeated key where it stood first. */
function ordered(tree: Tree): unknown {
  if (tree.items) return tree.items.map(ordered);
  if (!tree.members) return parseLossless(Buffer.from(tree.plain ?? '', 'latin1').toString());
  const members: Members = {};
  for (const { key, value } of tree.members) {
    const name = JSON.parse(Buffer.from(key, 'latin1').toString()) as string;
    Reflect.deleteProperty(members, name);
    Object.defineProperty(members, name, { value: ordered(value), enumerable: true, configurable: true });
  }
  return members;
}

// ---- the mapping ------------------------------------------------------------------------------------------------------

const LAYOUT = new Set([
  '@timestamp',
  'observed_timestamp',
  'severity_number',
  'severity_text',
  'body',
  'attributes',
  'dropped_attributes_count',
  'trace_id',
  'span_id',
  'flags',
  'event_name',
  'resource',
  'scope',
]);

function integerIn(value: unknown, low: bigint, high: bigint): bigint | undefined {
  if (!(value instanceof Digits) || !isInteger(value.source)) return undefined;
  const number = BigInt(value.source);
  return number >= low && number <= high ? number : undefined;
}

/** Nanoseconds of an RFC 3339 time between 1970 and 2554. */
function timeOf(value: unknown): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(String(value));
  if (typeof value !== 'string' || !match) return undefined;
  const milliseconds = Date.parse(`${match[1]}T${match[2]}${match[4]!.toUpperCase()}`);
  if (Number.isNaN(milliseconds) || milliseconds < 0) return undefined;
  if (new Date(Date.parse(`${match[1]}T00:00:00Z`)).toISOString().slice(0, 10) !== match[1]) return undefined;
  const time = BigInt(milliseconds) * 1_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
  return time < 2n ** 64n ? time : undefined;
}

const onlyMembers = (value: unknown, shape: Record<string, (member: unknown) => boolean>): value is Members =>
  isMembers(value) &&
  Object.keys(value).length > 0 &&
  Object.entries(value).every(([key, member]) => Object.hasOwn(shape, key) && shape[key]!(member));

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => integerIn(value, 0n, 2n ** 32n - 1n) !== undefined;
const RESOURCE = { attributes: isMembers, dropped_attributes_count: isCount, schema_url: isText };
const SCOPE = {
  name: isText,
  version: isText,
  attributes: isMembers,
  dropped_attributes_count: isCount,
  schema_url: isText,
};
const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:$|(?<!^00.{52}|^00.{53})-)/;

function traceparentOf(value: unknown): RegExpExecArray | null {
  if (typeof value !== 'string' || value.length > 512 || /[^!-~]/.test(value)) return null;
  if (value.startsWith('00') && value.length !== 55) return null;
  return TRACEPARENT.exec(value);
}

export function twinRecord(source: string, mapping: OtlpLogMapping, time: TwinTime): TwinRecord {
  const event = ordered(parseTree(Buffer.from(source).toString('latin1'))) as Members;
  const lifted = new Set<string>();
  const types = new Map(mapping.types.map(({ path, type }) => [keyOf(path), type]));
  const plan = { lifted, types };
  let layoutMembers = 0;
  const lift = (path: readonly string[]): void => {
    lifted.add(keyOf(path));
    if (path.length === 1 && LAYOUT.has(path[0]!)) layoutMembers++;
  };
  const first = <T>(
    paths: readonly (readonly string[])[],
    read: (value: unknown, path: readonly string[]) => T | undefined,
  ) => {
    for (const path of paths) {
      if (lifted.has(keyOf(path)) || (path.length === 1 && path[0] === 'attributes' && isMembers(event['attributes'])))
        continue;
      const value = valueAt(event, path);
      const found = value === undefined ? undefined : read(value, path);
      if (found !== undefined) return { found, path };
    }
    return undefined;
  };
  const take = <T>(
    paths: readonly (readonly string[])[],
    read: (value: unknown, path: readonly string[]) => T | undefined,
  ) => {
    const result = first(paths, read);
    if (result) lift(result.path);
    return result?.found;
  };
  const nonEmpty = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  const isLayout = (path: readonly string[]): boolean => path.length === 1 && LAYOUT.has(path[0]!);

  const inlined = isMembers(event['attributes']);
  if (inlined) layoutMembers++;
  const resource = onlyMembers(event['resource'], RESOURCE) ? event['resource'] : undefined;
  if (resource) lift(['resource']);
  const scope = onlyMembers(event['scope'], SCOPE) ? event['scope'] : undefined;
  if (scope) lift(['scope']);
  const own = (resource?.['attributes'] ?? {}) as Members;
  const fromPaths = mapping.resourcePaths.filter(({ key, path }) => {
    const value = valueAt(event, path);
    if (value === undefined || value === null || Object.hasOwn(own, key) || lifted.has(keyOf(path))) return false;
    lifted.add(keyOf(path));
    return true;
  });
  const dropped = take([['dropped_attributes_count']], (value) => integerIn(value, 0n, 2n ** 32n - 1n)) ?? 0n;
  const id = (digits: number) => (value: unknown) =>
    typeof value === 'string' && new RegExp(`^(?!0*$)[0-9a-fA-F]{${digits}}$`).test(value) ? value : undefined;
  let traceId = take(mapping.traceId, id(32));
  let spanId = take(mapping.spanId, id(16));
  let flags = 0n;
  const parent =
    traceId === undefined ? first(mapping.traceparent, (value) => traceparentOf(value) ?? undefined) : undefined;
  if (parent) {
    traceId = parent.found[1];
    spanId ??= parent.found[2];
    flags = BigInt(`0x${parent.found[3]}`);
  }
  const zeros = (digits: number) => (value: unknown) => (value === '0'.repeat(digits) ? value : undefined);
  traceId ??= take([['trace_id']], zeros(32));
  spanId ??= take([['span_id']], zeros(16));
  const eventName = take(mapping.eventName, nonEmpty);
  const severityText = take(mapping.severityText, nonEmpty);
  const number = take(mapping.severityNumber, (value, path) =>
    keyOf(path) === '["severity_number"]' ? integerIn(value, -(2n ** 31n), 2n ** 31n - 1n) : integerIn(value, 1n, 24n),
  );
  const bodyPaths = mapping.body === 'event' ? [] : mapping.body;
  const body = first(bodyPaths, (value, path) => (value === null && !isLayout(path) ? undefined : { value }));
  if (body) lift(body.path);
  let observed = first([['observed_timestamp']], timeOf)?.found || 0n;
  if (observed !== 0n) lift(['observed_timestamp']);
  const isKnown = time.nanoseconds >= 0n && time.nanoseconds < 2n ** 64n;
  if (isKnown || !time.own) take([['@timestamp']], timeOf);
  const column = isKnown ? time.nanoseconds : 0n;
  if (!time.own && observed === 0n) observed = column;
  const count = Object.keys(event).length;
  flags =
    take(mapping.flags, (value, path) => {
      if (keyOf(path) === '["flags"]' && traceId === undefined && layoutMembers + 1 !== count) return undefined;
      return integerIn(value, 1n, 2n ** 32n - 1n);
    }) ?? flags;
  let severityNumber = number ?? 0n;
  if (layoutMembers !== count) {
    if (observed === 0n) observed = time.now;
    if (number === undefined && severityText !== undefined) {
      severityNumber = BigInt(mapping.severities[severityText.replace(/[A-Z]/g, (c) => c.toLowerCase())] ?? 0);
    }
  }

  const inner = inlined ? (event['attributes'] as Members) : {};
  for (const key of Object.keys(inner)) {
    if (key !== 'attributes' && Object.hasOwn(event, key) && !lifted.has(keyOf([key]))) {
      lifted.add(keyOf(['attributes', key]));
    }
  }
  const attributes = Object.entries(event).flatMap(([key, value]): Bytes => {
    const write = (name: string, member: unknown, path: readonly string[]): Bytes =>
      mapping.flatten && mapping.body !== 'event'
        ? flatKeyValues(name, member, path, plan)
        : keyValue(mapping.body === 'event' ? 1 : 6, name, member, path, plan);
    if (key !== 'attributes' || !inlined) return write(key, value, [key]);
    return Object.entries(value as Members).flatMap(([name, member]) => write(name, member, ['attributes', name]));
  });
  const record = [
    ...(time.own && column !== 0n ? [0x09, ...fixed64(column)] : []),
    ...(severityNumber === 0n ? [] : [0x10, ...varint(severityNumber)]),
    ...(severityText === undefined ? [] : text(3, severityText)),
    ...(body ? delimited(5, bodyValue(body.found.value, body.path, plan)) : []),
    ...(mapping.body === 'event' ? delimited(5, delimited(6, attributes)) : attributes),
    ...(dropped === 0n ? [] : [0x38, ...varint(dropped)]),
    ...(flags === 0n ? [] : [0x45, ...fixed64(flags).slice(0, 4)]),
    ...(traceId === undefined ? [] : delimited(9, [...Buffer.from(traceId, 'hex')])),
    ...(spanId === undefined ? [] : delimited(10, [...Buffer.from(spanId, 'hex')])),
    ...(observed === 0n ? [] : [0x59, ...fixed64(observed)]),
    ...(eventName === undefined ? [] : text(12, eventName)),
  ];
  const resourceAttributes = [
    ...Object.entries(own).flatMap(([key, value]) => keyValue(1, key, value, ['resource', 'attributes', key], plan)),
    ...fromPaths.flatMap(({ key, path }) =>
      delimited(1, [...text(1, key), ...delimited(2, bodyValue(valueAt(event, path), path, plan))]),
    ),
    ...mapping.resource
      .filter(({ key }) => !Object.hasOwn(own, key) && !fromPaths.some((from) => from.key === key))
      .flatMap(({ key, value }) => delimited(1, [...text(1, key), ...delimited(2, text(1, value))])),
  ];
  const envelope = (content: Bytes, members: Members | undefined): Uint8Array => {
    const url = members?.['schema_url'];
    return Uint8Array.from([
      ...(content.length > 0 ? delimited(1, content) : []),
      ...(url === undefined ? [] : text(3, url as string)),
    ]);
  };
  const counted = (tag: number, members: Members | undefined): Bytes => {
    const value = integerIn(members?.['dropped_attributes_count'], 1n, 2n ** 32n);
    return value === undefined ? [] : [tag, ...varint(value)];
  };
  const scopeContent = [
    ...(scope?.['name'] === undefined ? [] : text(1, scope['name'] as string)),
    ...(scope?.['version'] === undefined ? [] : text(2, scope['version'] as string)),
    ...Object.entries((scope?.['attributes'] ?? {}) as Members).flatMap(([key, value]) =>
      keyValue(3, key, value, ['scope', 'attributes', key], plan),
    ),
    ...counted(0x20, scope),
  ];
  return {
    resource: envelope([...resourceAttributes, ...counted(0x10, resource)], resource),
    scope: envelope(scopeContent, scope),
    record: Uint8Array.from(record),
  };
}

/** A value that was lifted as a whole: its own place among the lifted does not count. */
function bodyValue(value: unknown, path: readonly string[], plan: Plan): Bytes {
  const any = anyValue(value, path, plan.types.get(keyOf(path)) ?? 0, plan);
  return any ?? (Array.isArray(value) ? delimited(5, []) : delimited(6, []));
}
