/** A name as DuckDB's SQL writes it, whatever is in it. */
export function identifier(name: string): string {
  return `"${wellFormed(name).replaceAll('"', '""')}"`;
}

/** A text as DuckDB's SQL writes it. The parser ends at a NUL, so that one is put in by its number. */
export function text(value: string): string {
  const parts = wellFormed(value)
    .split('\0')
    .map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? parts.join('') : `(${parts.join(' || chr(0) || ')})`;
}

/** A number as a DOUBLE, read from text so that no digit is lost on the way; throws a RangeError when it is not finite. */
export function double(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written in SQL`);
  return `CAST('${value}' AS DOUBLE)`;
}

/** A whole number; throws a RangeError for others. */
export function bigint(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number`);
  return `CAST(${value} AS BIGINT)`;
}

/** Half of a surrogate pair cannot be stored as UTF-8 and so is in no event. */
function wellFormed(value: string): string {
  return value.toWellFormed();
}
