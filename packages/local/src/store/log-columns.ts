import { COLUMN_TYPES, identifier, sqlText } from '@tailrace/dashboards';
import type { FieldColumn } from '../field-columns.ts';

/** The DuckDB type of a declared field's column. */
export function columnType({ type }: FieldColumn): string {
  return COLUMN_TYPES[type]!;
}

/** How the columns of an event are read out of its JSON text by DuckDB's own parser, all in one pass over it. */
export interface Extraction {
  /** Gives what `source` selects (with a column `text`) a column `event`. */
  from(source: string): string;
  /** The value of each column, in the order of the fields. */
  readonly values: readonly string[];
}

type Structure = { [member: string]: Structure | string };

/** What reads these fields. */
export function extraction(fields: readonly FieldColumn[]): Extraction {
  const structure: Structure = {};
  const isAbove = (field: FieldColumn): boolean =>
    fields.some(({ steps }) => steps.length > field.steps.length && field.steps.every((step, i) => steps[i] === step));
  const values = fields.map((field) => {
    // What has declared members cannot be a value and a structure at once, and SQL has no name for a member without one.
    if (isAbove(field) || field.steps.includes('')) return typed(field, alone(field));
    put(structure, field.steps, wireType(field));
    return typed(field, ['event', ...field.steps].map(identifier).join('.'));
  });
  const transform = `json_transform(text, ${sqlText(JSON.stringify(structure))})`;
  const event = Object.keys(structure).length === 0 ? 'NULL' : transform;
  return { from: (source) => `(SELECT *, ${event} AS event FROM ${source})`, values };
}

/** A member read by itself, its value made as in the structure. */
function alone(field: FieldColumn): string {
  const json = `json_extract(text, ${sqlText(pointer(field.steps))})`;
  return `json_transform(${json}, ${sqlText(JSON.stringify(wireType(field)))})`;
}

/** JSON pointer (RFC 6901). */
function pointer(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function put(structure: Structure, steps: readonly string[], type: string): void {
  let at = structure;
  for (const step of steps.slice(0, -1)) {
    const next = at[step] ?? {};
    at[step] = next;
    at = next as Structure;
  }
  at[steps.at(-1)!] = type;
}

const isDate = ({ type }: FieldColumn): boolean => type === 'date' || type === 'date_nanos';

// Dates come as text with a zone or as a number of milliseconds, and a structure knows only one of them.
const wireType = (field: FieldColumn): string => (isDate(field) ? 'VARCHAR' : columnType(field));

/** Milliseconds of the years 0001 to 9999. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

function typed(field: FieldColumn, value: string): string {
  // A number that no double holds (1e999) would make every sum infinite.
  if (field.type === 'double') return `CASE WHEN isfinite(${value}) THEN ${value} END`;
  if (!isDate(field)) return value;
  const number = `TRY_CAST(${value} AS BIGINT)`;
  // The session's zone is UTC, so a date without one is UTC, too.
  return `CASE WHEN ${number} IS NULL THEN CAST(TRY_CAST(${value} AS TIMESTAMPTZ) AS TIMESTAMP) \
WHEN ${number} BETWEEN ${EARLIEST} AND ${LATEST} THEN make_timestamp_ms(${number}) END`;
}
