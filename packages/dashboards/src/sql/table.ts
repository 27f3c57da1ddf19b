import { identifier } from './quote.ts';

/** Columns by the types that field files know. */
export const COLUMN_TYPES: Readonly<Record<string, string>> = {
  keyword: 'VARCHAR',
  text: 'VARCHAR',
  ip: 'VARCHAR',
  long: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'TIMESTAMP',
  date_nanos: 'TIMESTAMP',
  object: 'JSON',
  flattened: 'JSON',
};

/** The statement that makes a table of events: a column per declared field, named by its path; times are UTC. Throws a RangeError for a type that field files do not know. */
export function eventsTable(name: string, types: Readonly<Record<string, string>>): string {
  const columns = Object.entries(types).map(([field, type]) => {
    const column = COLUMN_TYPES[type];
    if (column === undefined) throw new RangeError(`${field}: there is no column type for ${type}`);
    return `${identifier(field)} ${column}`;
  });
  return `CREATE TABLE ${identifier(name)} (${columns.join(', ')})`;
}
