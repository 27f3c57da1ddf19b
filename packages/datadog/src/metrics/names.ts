import type { AnyValue } from '@tailrace/telemetry';

/** Longest name of a metric, in characters. */
const NAME_LENGTH = 200;

/**
 * A name as Datadog takes it: ASCII letters, digits, underscores and dots, the first one a letter; other characters become underscores.
 * At most 200
 * characters; `undefined` when no letter is there
 * (docs.datadoghq.com/developers/guide/what-best-practices-are-recommended-for-naming-metrics-and-tags).
 */
export function metricName(namespace: string | undefined, name: string): string | undefined {
  const full = namespace === undefined ? name : `${namespace}.${name}`;
  const legal = full.replace(/^[^a-zA-Z]+/, '').replace(/[^a-zA-Z0-9_.]/g, '_');
  return legal === '' ? undefined : legal.slice(0, NAME_LENGTH);
}

/** An attribute's value as text: what a tag shows and an identity is made of. */
export function attributeText(value: AnyValue): string {
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Map) {
    const members = [...value].map(([key, member]) => `${key}=${attributeText(member)}`);
    return `{${members.sort().join(',')}}`;
  }
  return `[${(value as readonly AnyValue[]).map(attributeText).join(',')}]`;
}

/** Datadog's names of units that OpenTelemetry (UCUM) and Prometheus write otherwise (docs.datadoghq.com/metrics/units). */
const UNITS: Readonly<Record<string, string>> = {
  d: 'day',
  h: 'hour',
  min: 'minute',
  s: 'second',
  seconds: 'second',
  ms: 'millisecond',
  milliseconds: 'millisecond',
  us: 'microsecond',
  microseconds: 'microsecond',
  ns: 'nanosecond',
  nanoseconds: 'nanosecond',
  bit: 'bit',
  By: 'byte',
  bytes: 'byte',
  kBy: 'kilobyte',
  KiBy: 'kibibyte',
  MBy: 'megabyte',
  MiBy: 'mebibyte',
  GBy: 'gigabyte',
  GiBy: 'gibibyte',
  '%': 'percent',
  percent: 'percent',
  Cel: 'degree celsius',
  Hz: 'hertz',
  W: 'watt',
  V: 'volt',
  J: 'joule',
};

/** Things that are counted, in UCUM an annotation in braces. */
const COUNTED = new Set(
  'connection error event file hit item job lock message miss object operation packet page process query request row session thread timeout transaction write read'.split(
    ' ',
  ),
);

/** Datadog's name of an OTLP unit; `undefined` where it has none. */
export function unitName(unit: string): string | undefined {
  const counted = /^\{([a-z]+?)s?\}$/.exec(unit)?.[1];
  return counted === undefined ? UNITS[unit] : COUNTED.has(counted) ? counted : undefined;
}
