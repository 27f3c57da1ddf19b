/** A logs request as events, from objects of the oracle: what logEvents does without them. */
import { decodeWith, oracleRequest } from './oracle.fixture.ts';

type Plain = Record<string, unknown>;

const list = (value: unknown) => (value ?? []) as Plain[];

/** Members that are zero or empty are left out. */
function compact(members: Plain): Plain {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== 0 && value !== ''),
  );
}

/** JSON text of a value of protobufjs; built by hand, since integers and doubles differ in it. */
function anyText(value: Plain | undefined): string {
  const [[kind, content] = ['none', null]] = Object.entries(value ?? {});
  if (kind === 'stringValue') return JSON.stringify(content);
  if (kind === 'boolValue') return String(content);
  if (kind === 'intValue') return String(content);
  if (kind === 'doubleValue') return doubleText(content as number);
  if (kind === 'bytesValue') return `{"$bytes":"${String(content)}"}`;
  if (kind === 'arrayValue')
    return `[${list((content as Plain)['values'])
      .map(anyText)
      .join()}]`;
  if (kind === 'kvlistValue') return objectText(list((content as Plain)['values']), true);
  return 'null';
}

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `{"$double":"${value}"}`;
  if (Object.is(value, -0)) return '-0.0';
  return /[.e]/.test(String(value)) ? String(value) : `${value}.0`;
}

function objectText(members: Plain[], isValue: boolean): string {
  const last = new Map<string, string>();
  for (const { key = '', value } of members) {
    last.delete(key as string);
    last.set(key as string, anyText(value as Plain));
  }
  const escaped = (key: string) => (isValue && last.size === 1 && /^\$+(double|bytes)$/.test(key) ? `$${key}` : key);
  return `{${[...last].map(([key, text]) => `${JSON.stringify(escaped(key))}:${text}`).join()}}`;
}

function timeText(nanoseconds: bigint): string {
  const [seconds, nanos] = [nanoseconds / 1_000_000_000n, nanoseconds % 1_000_000_000n];
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
}

function originText({ attributes, name, version, droppedAttributesCount }: Plain, schemaUrl: unknown): string {
  const head = compact({ name, version });
  const tail = compact({ dropped_attributes_count: droppedAttributesCount, schema_url: schemaUrl });
  const members = [
    ...Object.entries(head).map(([key, value]) => `"${key}":${JSON.stringify(value)}`),
    ...(list(attributes).length > 0 ? [`"attributes":${objectText(list(attributes), false)}`] : []),
    ...Object.entries(tail).map(([key, value]) => `"${key}":${JSON.stringify(value)}`),
  ];
  return members.length > 0 ? `{${members.join()}}` : '';
}

function eventText(record: Plain, resource: string, scope: string, now: bigint): string {
  const time = BigInt((record['timeUnixNano'] ?? '0') as string);
  const observed = BigInt((record['observedTimeUnixNano'] ?? '0') as string);
  const hex = (value: unknown) => Buffer.from((value ?? '') as string, 'base64').toString('hex');
  const members: [string, string][] = [['@timestamp', JSON.stringify(timeText(time || observed || now))]];
  if (observed) members.push(['observed_timestamp', JSON.stringify(timeText(observed))]);
  const scalars = (some: Plain) => {
    for (const [name, value] of Object.entries(compact(some))) members.push([name, JSON.stringify(value)]);
  };
  scalars({ severity_number: record['severityNumber'], severity_text: record['severityText'] });
  if ('body' in record) members.push(['body', anyText(record['body'] as Plain)]);
  const attributes = list(record['attributes']);
  if (attributes.length > 0) members.push(['attributes', objectText(attributes, false)]);
  scalars({
    dropped_attributes_count: record['droppedAttributesCount'],
    trace_id: hex(record['traceId']),
    span_id: hex(record['spanId']),
    flags: record['flags'],
    event_name: record['eventName'],
  });
  if (resource) members.push(['resource', resource]);
  if (scope) members.push(['scope', scope]);
  return `{${members.map(([name, text]) => `"${name}":${text}`).join()}}`;
}

/** The texts of all events of a request; `now`: the time of reading in nanoseconds since 1970. */
export function logEventsTwin(body: Uint8Array, now: bigint): string[] {
  const resources = list(decodeWith(oracleRequest('logs'), body)['resourceLogs']);
  return resources.flatMap(({ resource, scopeLogs, schemaUrl }) =>
    list(scopeLogs).flatMap(({ scope, logRecords, schemaUrl: scopeUrl }) =>
      list(logRecords).map((record) =>
        eventText(
          record,
          originText((resource ?? {}) as Plain, schemaUrl),
          originText((scope ?? {}) as Plain, scopeUrl),
          now,
        ),
      ),
    ),
  );
}
