import {
  DuckDBArrayType,
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBUnionType,
  DuckDBUnionValue,
  type DuckDBValue,
  DuckDBVariantValue,
  type DuckDBVector,
} from '@duckdb/node-api';
import type { SqlValue } from '@tailrace/dashboards';

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Significant decimal digits that a double keeps. */
const DIGITS = 15;

/**
 * The values of a column of this type, each safe for JSON: numbers that a double cannot hold are text, as are NaN and the infinities; times are
 * ISO 8601 in UTC, bytes base64; lists, maps and structs are JSON text, unnamed structs as lists.
 */
export function cellsOf(vector: DuckDBVector, type: DuckDBType): (row: number) => SqlValue {
  nameByPlace(vector.type);
  return (row) => {
    const json = jsonOf(vector.getItem(row), type);
    return typeof json === 'object' && json !== null ? JSON.stringify(json) : json;
  };
}

/**
 * Names the members of each struct `0`, `1`, … in a vector's own type, by which DuckDB's library makes them members of an object: their names
 * may all be empty, or `__proto__`.
 */
function nameByPlace(type: DuckDBType | undefined): void {
  if (type instanceof DuckDBStructType) {
    const names = type.entryNames as string[];
    for (const i of names.keys()) names[i] = String(i);
  }
  for (const inner of innerTypes(type)) nameByPlace(inner);
}

function innerTypes(type: DuckDBType | undefined): readonly DuckDBType[] {
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) return [type.valueType];
  if (type instanceof DuckDBMapType) return [type.keyType, type.valueType];
  if (type instanceof DuckDBStructType) return type.entryTypes;
  return type instanceof DuckDBUnionType ? type.memberTypes : [];
}

/** `type` is not known inside a variant. */
function jsonOf(value: DuckDBValue, type?: DuckDBType): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof DuckDBDecimalValue) return decimal(value.toString());
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    const [of] = innerTypes(type);
    return value.items.map((item) => jsonOf(item, of));
  }
  if (value instanceof DuckDBMapValue) {
    const [ofKey, ofValue] = innerTypes(type);
    return Object.fromEntries(
      value.entries.map(({ key, value }) => [keyText(jsonOf(key, ofKey)), jsonOf(value, ofValue)]),
    );
  }
  if (value instanceof DuckDBStructValue) return structOf(value, type);
  if (value instanceof DuckDBUnionValue) {
    const of = type instanceof DuckDBUnionType ? type.memberTypes[type.memberIndexForTag(value.tag)] : undefined;
    return jsonOf(value.value, of);
  }
  if (value instanceof DuckDBVariantValue) return jsonOf(value.value);
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64');
  // Only here it is in UTC whatever the time zone of the process.
  if (value instanceof DuckDBTimestampTZValue) return isoText(String(new DuckDBTimestampValue(value.micros)));
  return MOMENTS.some((moment) => value instanceof moment) ? isoText(String(value)) : String(value);
}

function structOf({ entries }: DuckDBStructValue, type: DuckDBType | undefined): Json {
  if (!(type instanceof DuckDBStructType)) {
    return Object.fromEntries(Object.entries(entries).map(([name, member]) => [name, jsonOf(member)]));
  }
  const members = type.entryTypes.map((of, i) => jsonOf(entries[i]!, of));
  if (type.entryNames.every((name) => name === '')) return members;
  return Object.fromEntries(type.entryNames.map((name, i) => [name, members[i]!]));
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
