import type { QueryAnswer } from '@tailrace/local';

/** A JSON object per row, keyed by column; of two columns with one name the later gets a number behind it. */
export function ndjsonText({ columns, rows }: QueryAnswer): string {
  const names = uniqueNames(columns.map(({ name }) => name));
  return rows.map((row) => `${JSON.stringify(Object.fromEntries(row.map((cell, i) => [names[i]!, cell])))}\n`).join('');
}

function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let n = 2; taken.has(unique); n++) unique = `${name}_${n}`;
    taken.add(unique);
    return unique;
  });
}

/** Comma-separated values (RFC 4180) with a header; NULL is empty and an empty text is `""`. */
export function csvText({ columns, rows }: QueryAnswer): string {
  const lines = [columns.map(({ name }) => name), ...rows];
  return lines.map((line) => `${line.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: unknown): string {
  if (cell === null) return '';
  const text = typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
