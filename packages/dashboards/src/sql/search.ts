import type { Condition } from '../model.ts';
import { type ColumnOf, whereOf } from './conditions.ts';
import { parseCursor } from './cursor.ts';
import { bigint, identifier, text } from './quote.ts';
import { inTime, TIME } from './time.ts';
import { wordsIn } from './words.ts';

/** What events are looked for; times in Unix milliseconds, the end not in it. */
export interface EventSearch {
  readonly from: number;
  readonly to: number;
  readonly where: readonly Condition[];
  /** Words that must all be in the event's text, in any order and case. */
  readonly text: string;
  /** Fields to show. */
  readonly columns: readonly string[];
  /** Where the page before ended: `next` of its answer. */
  readonly before?: string;
  readonly limit: number;
}

/** What a store knows of its events. */
export interface EventStore {
  /** Types of the fields that have a column. */
  readonly fields: Readonly<Record<string, string>>;
  /** The keys and indices of a field path, for fields without one; may throw. */
  stepsOf(field: string): readonly (string | number)[];
}

/** Names of the tables of events and of the streams that they came in. */
export interface EventTables {
  readonly logs: string;
  readonly streams: string;
}

const TABLES: EventTables = { logs: 'logs', streams: 'streams' };
/** More are not counted. */
const MOST_COUNTED = 10_000;
const MOST = { conditions: 100, values: 1000, columns: 100, limit: 1000, name: 1000 };

/**
 * A page of events, the newest first, as DuckDB's SQL; `readFound` reads the rows. Fields without a column are taken from the event's text.
 * Throws a RangeError for a search that is too large or whose cursor is none.
 */
export function searchSqlOf(search: EventSearch, store: EventStore, tables: EventTables = TABLES): string {
  checkSize(search);
  const cells = search.columns.map((field, at) => `${cellIn(field, store)} AS c${at}`);
  const where = [matches(search, store), ...(search.before === undefined ? [] : [olderThan(search.before)])];
  const newest = `${TIME} DESC, _stream DESC, _offset DESC, _sub DESC`;
  const found = `SELECT * FROM ${identifier(tables.logs)} WHERE ${where.join(' AND ')} ORDER BY ${newest} LIMIT ${bigint(search.limit + 1)}`;
  const place = ['id', `CAST(epoch_us(${TIME}) AS VARCHAR)`, '_stream', '_offset', '_sub'];
  return `SELECT ${[...place, ...cells].join(', ')} FROM (${found}) LEFT JOIN (SELECT number, id FROM ${identifier(tables.streams)}) ON number = _stream ORDER BY ${newest}`;
}

/** How many events a search finds, the cursor left aside: one number, 10,000 for more. Throws as {@link searchSqlOf}. */
export function foundSqlOf(search: EventSearch, store: EventStore, tables: EventTables = TABLES): string {
  checkSize(search);
  const found = `SELECT 1 FROM ${identifier(tables.logs)} WHERE ${matches(search, store)} LIMIT ${MOST_COUNTED}`;
  return `SELECT count(*) FROM (${found})`;
}

function matches(search: EventSearch, store: EventStore): string {
  const where = search.where.map((condition) => (isTime(condition.field, store) ? inMillis(condition) : condition));
  return [inTime(search), whereOf(where, columnIn(store)), ...wordsIn(search.text, '_text')].join(' AND ');
}

function isTime(field: string, { fields }: EventStore): boolean {
  return Object.hasOwn(fields, field) && (fields[field] === 'date' || fields[field] === 'date_nanos');
}

/** Times can be written in many ways, so they are compared as Unix milliseconds. */
function inMillis(condition: Condition): Condition {
  const value = (one: string | number | boolean) => {
    const millis = typeof one === 'string' ? Date.parse(one) : Number.NaN;
    return Number.isNaN(millis) ? one : millis;
  };
  const values = (all: string | number | boolean | readonly (string | number)[]) =>
    typeof all === 'object' ? all.map((one) => value(one) as string | number) : value(all);
  if ('is' in condition) return { ...condition, is: values(condition.is) };
  return 'isNot' in condition ? { ...condition, isNot: values(condition.isNot) } : condition;
}

/** Texts that are no JSON have no members. */
function columnIn(store: EventStore): ColumnOf {
  return (field) => {
    if (isTime(field, store)) return `epoch_ms(${identifier(field)})`;
    if (Object.hasOwn(store.fields, field)) return identifier(field);
    const pointer = store.stepsOf(field).map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`);
    return `TRY(json_extract_string(_text, ${text(pointer.join(''))}))`;
  };
}

function cellIn(field: string, store: EventStore): string {
  const isOther = isTime(field, store) && field !== '@timestamp';
  return isOther ? `strftime(${identifier(field)}, '%Y-%m-%dT%H:%M:%S.%gZ')` : columnIn(store)(field);
}

function olderThan(cursor: string): string {
  const { micros, stream, offset, sub } = parseCursor(cursor);
  const time = `make_timestamp(${micros})`;
  // The first says the same of the time alone, for which whole groups of rows can be skipped.
  return `${TIME} <= ${time} AND (${TIME}, _stream, _offset, _sub) < (${time}, ${stream}, ${offset}, ${sub})`;
}

function checkSize({ where, columns, limit }: EventSearch): void {
  if (where.length > MOST.conditions) throw new RangeError(`where: more than ${MOST.conditions} conditions`);
  if (columns.length > MOST.columns) throw new RangeError(`columns: more than ${MOST.columns}`);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST.limit)
    throw new RangeError(`limit: must be 1 to ${MOST.limit}, is ${limit}`);
  const long = [...where.map(({ field }) => field), ...columns].find((field) => field.length > MOST.name);
  if (long !== undefined) throw new RangeError(`a field has a name of more than ${MOST.name} characters`);
  const many = where.find(
    (condition) => 'is' in condition && Array.isArray(condition.is) && condition.is.length > MOST.values,
  );
  if (many) throw new RangeError(`where: ${many.field} has more than ${MOST.values} values`);
}
