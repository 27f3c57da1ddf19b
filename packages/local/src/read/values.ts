import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
  type DuckDBValue,
  DuckDBVariantValue,
} from '@duckdb/node-api';
import type { SqlValue } from '@tailrace/dashboards';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Significant decimal digits that a double keeps. */
const DIGITS = 15;

/**
 * A value of DuckDB, safe for JSON: numbers that a double cannot hold are text, as are NaN and the infinities; times are ISO 8601 in UTC,
 * bytes base64; lists, maps and structs are JSON text.
 */
export function cellOf(value: DuckDBValue): SqlValue {
  const json = jsonOf(value);
  return typeof json === 'object' && json !== null ? JSON.stringify(json) : json;
}

function jsonOf(value: DuckDBValue): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof DuckDBDecimalValue) return decimal(value.toString());
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(jsonOf);
  if (value instanceof DuckDBMapValue) {
    return Object.fromEntries(value.entries.map((entry) => [keyText(jsonOf(entry.key)), jsonOf(entry.value)]));
  }
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, member]) => [name, jsonOf(member)]));
  }
  if (value instanceof DuckDBUnionValue || value instanceof DuckDBVariantValue) return jsonOf(value.value);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64');
  // Only here it is in UTC whatever the time zone of the process.
  if (value instanceof DuckDBTimestampTZValue) return isoText(String(new DuckDBTimestampValue(value.micros)));
  return MOMENTS.some((moment) => value instanceof moment) ? isoText(String(value)) : String(value);
}

const MOMENTS = [
  DuckDBTimestampValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
];

function keyText(key: Json): string {
  return typeof key === 'string' ? key : JSON.stringify(key);
}

function decimal(text: string): number | string {
  const digits = text.replace(/^-?0*|\./g, '');
  return digits.length <= DIGITS ? Number(text) : text;
}

/** `2026-11-21 10:00:00.5` in UTC as `2026-11-21T10:00:00.5Z`; what is no such time (infinity, BC) stays. */
function isoText(text: string): string {
  return /^\d{4,6}-\d\d-\d\d \d\d:/.test(text) ? `${text.replace(' ', 'T')}Z` : text;
}
