import type { QueryAnswer } from '@tailrace/local';

/** Widest cell where nothing else says how wide it may be, in columns of the terminal. */
const WIDEST = 80;
/** No column is made narrower than that to fit. */
const NARROWEST = 8;
const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|UINTEGER|FLOAT|DOUBLE|DECIMAL.*|BIGNUM)$/;

/** The rows in aligned columns, cut to `width` columns of the terminal where it has that many; a plan as it is. */
export function tableText({ columns, rows }: QueryAnswer, width: number | undefined): string {
  if (columns[0]?.name === 'explain_key') return rows.map((row) => `${String(row[1]).trimEnd()}\n`).join('');
  const lines = [columns.map(({ name }) => shown(name)), ...rows.map((row) => row.map(shown))];
  const widest = columns.length === 1 ? (width ?? Number.POSITIVE_INFINITY) : WIDEST;
  const natural = columns.map((_, i) =>
    Math.min(
      widest,
      lines.reduce((most, line) => Math.max(most, widthOf(line[i]!)), 0),
    ),
  );
  const widths = fitted(natural, width);
  const isNumber = columns.map(({ type }) => NUMERIC.test(type));
  const [head, ...body] = lines.map((line) =>
    line
      .map((cell, i) => padded(cut(cell, widths[i]!), widths[i]!, isNumber[i] === true))
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map((columnWidth) => '─'.repeat(columnWidth)).join('  ');
  return [head, rule, ...body].map((line) => `${line}\n`).join('');
}

/** A cell as text of one line: nothing that comes from a log may steer the terminal. */
function shown(cell: unknown): string {
  if (cell === null) return 'NULL';
  const text = typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
  return text.replace(UNSHOWN, (character) => ESCAPES[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Controls, formats such as those that turn the direction of writing, line ends, halves of pairs. */
const UNSHOWN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The widest columns give way until all fit. */
function fitted(natural: readonly number[], width: number | undefined): number[] {
  const widths = [...natural];
  if (width === undefined) return widths;
  const room = width - 2 * (widths.length - 1);
  let excess = widths.reduce((sum, columnWidth) => sum + columnWidth, 0) - room;
  while (excess > 0) {
    const most = Math.max(...widths);
    if (most <= NARROWEST) return widths;
    const next = Math.max(NARROWEST, ...widths.filter((columnWidth) => columnWidth < most));
    const columns = widths.flatMap((columnWidth, i) => (columnWidth === most ? [i] : []));
    const step = Math.min(most - next, Math.ceil(excess / columns.length));
    for (const i of columns) widths[i]! -= step;
    excess -= step * columns.length;
  }
  return widths;
}

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** What terminals draw two columns wide (Unicode Standard Annex 11, the blocks in use). */
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of characters.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of characters.segment(text)) {
    used += WIDE.test(segment) ? 2 : 1;
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function padded(text: string, width: number, isNumber: boolean): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return isNumber ? space + text : text + space;
}
