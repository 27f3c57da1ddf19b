import type { TableData } from './table-data.ts';

const LETTER = 7.2;
const AROUND = 22;
/** Of the sort sign in a head. */
const SIGN = 14;
const WIDEST_HEAD = 150;
/** Text is cut to this at the least; a table that needs more scrolls sideways. */
const NARROWEST = 100;
const MEASURED_ROWS = 200;

/**
 * Widths of a table's columns in CSS pixels within `width`, guessed from their letters: numbers and heads are shown whole,
 * the widest texts are cut first, and room that is left goes to the texts.
 */
export function columnWidths({ columns, rows }: TableData, width: number): number[] {
  const wanted = columns.map(({ name }, at) => {
    const longest = rows.slice(0, MEASURED_ROWS).reduce((most, row) => Math.max(most, row[at]?.text.length ?? 0), 0);
    return Math.max(longest * LETTER, Math.min(name.length * LETTER, WIDEST_HEAD) + SIGN) + AROUND;
  });
  const isText = columns.map(({ numeric, whole }) => !numeric && whole !== true);
  const fixed = wanted.reduce((sum, each, at) => sum + (isText[at] === true ? 0 : each), 0);
  const texts = wanted.filter((_, at) => isText[at] === true);
  const room = width - fixed;
  const most = highestWidth(texts, room);
  const left = room - texts.reduce((sum, each) => sum + Math.min(each, most), 0);
  const each = left > 0 ? left / Math.max(1, texts.length === 0 ? columns.length : texts.length) : 0;
  return wanted.map((column, at) => {
    if (isText[at] === true) return Math.min(column, most) + each;
    return texts.length === 0 ? column + each : column;
  });
}

/** The width that no text may exceed for all to fit in the room. */
function highestWidth(texts: readonly number[], room: number): number {
  const sorted = [...texts].sort((one, other) => one - other);
  let left = room;
  for (const [at, text] of sorted.entries()) {
    const share = left / (sorted.length - at);
    if (text > share) return Math.max(NARROWEST, share);
    left -= text;
  }
  return Number.POSITIVE_INFINITY;
}
