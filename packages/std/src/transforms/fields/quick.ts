import { ESCAPED, EXCEPTION_ROW, TYPE, TYPE_MASK } from '@tailrace/kernel';
import type { EditBuffer } from './edits.ts';
import type { Plan, PlannedField } from './plan.ts';

/** What check reported of one event: rows `[from, to)` of the table; the event is `text[start, end)`. */
export interface Reported {
  readonly text: Buffer;
  readonly start: number;
  readonly end: number;
  readonly rows: Uint32Array;
  readonly from: number;
  readonly to: number;
}

/** How values that check reported are dealt with while their event stays text. */
export interface QuickFields {
  /** Texts for {@link EditBuffer.addShared}. */
  readonly shared: Uint8Array;
  /** Settles the exception at `row`, maybe by an edit; false: the event needs the long way. */
  settle(reported: Reported, row: number, edits: EditBuffer): boolean;
}

/** A value's alias as bytes with the quotes, and where its value stands in the shared texts. */
interface ValueAlias {
  readonly bytes: Uint8Array;
  readonly dataStart: number;
  readonly dataEnd: number;
}

/**
 * Prepares the short way: single values replaced in place, value aliases compared as bytes, members moved and filled beside
 * where they stand.
 */
export function quickFields(plan: Plan): QuickFields {
  const { shared, byLength } = valueAliases(plan);
  return {
    shared,
    settle(reported, row, edits) {
      const { text, rows } = reported;
      const path = rows[row + 1]!;
      const field = plan.fields[path];
      if (!field) return moveQuickly(reported, row, plan, edits);
      const bare = rows[row + 5]! & TYPE_MASK;
      if (bare === TYPE.null) return true;
      if (bare === TYPE.object) return field.type === 'flattened';
      const start = rows[row + 3]!;
      const end = rows[row + 4]!;
      if (field.type === 'flattened') return bare === TYPE.array && holdsObjects(text, start, end);
      if (field.split) return fillQuickly(reported, row, plan, edits);
      if (bare !== TYPE.string || (rows[row + 5]! & ESCAPED) !== 0 || !field.isText) {
        return replace(field, text, rows[row]!, start, end, edits);
      }
      const found = byLength[path]![end - start]?.find((alias) => sameBytes(text, start, alias.bytes));
      if (found) edits.addShared(rows[row]!, start, end, found.dataStart, found.dataEnd);
      return true;
    },
  };
}

function valueAliases({ fields }: Plan): { shared: Uint8Array; byLength: ValueAlias[][][] } {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const byLength = fields.map(({ aliases }) => {
    const lists: ValueAlias[][] = [];
    for (const [alias, value] of aliases ?? []) {
      const bytes = Buffer.from(alias);
      const data = Buffer.from(value);
      lists[bytes.length] ??= [];
      lists[bytes.length]!.push({ bytes, dataStart: size, dataEnd: size + data.length });
      pieces.push(data);
      size += data.length;
    }
    return lists;
  });
  return { shared: Buffer.concat(pieces), byLength };
}

function replace(
  field: PlannedField,
  text: Buffer,
  event: number,
  start: number,
  end: number,
  edits: EditBuffer,
): boolean {
  const before = text.toString('utf8', start, end);
  const after = field.coerce(before);
  if (after === null) return false;
  if (after !== before) edits.add(event, start, end, after);
  return true;
}

/** A member with another name gets the declared one where it stands, if that is beside it and nobody else wants it. */
function moveQuickly(reported: Reported, row: number, plan: Plan, edits: EditBuffer): boolean {
  const { text, rows } = reported;
  const { to, beside } = plan.moves[rows[row + 1]! - plan.fields.length]!;
  if (beside === null || to.split || to.type === 'object' || to.type === 'flattened') return false;
  if (!isFree(reported, row, to, plan)) return false;
  const value = to.coerce(text.toString('utf8', rows[row + 3], rows[row + 4]));
  if (value === null) return false;
  edits.add(rows[row]!, rows[row + 2]!, rows[row + 4]!, beside + value);
  return true;
}

/** Missing fields are filled behind the one whose pieces they take, if they stand beside it. */
function fillQuickly(reported: Reported, row: number, plan: Plan, edits: EditBuffer): boolean {
  const { text, rows } = reported;
  const field = plan.fields[rows[row + 1]!]!;
  if ((rows[row + 5]! & TYPE_MASK) !== TYPE.string) return false;
  const before = text.toString('utf8', rows[row + 3], rows[row + 4]);
  let members = field.coerce(before);
  if (members === null) return false;
  const pieces = (JSON.parse(before) as string).split(field.split!.separator);
  for (const [i, { into, beside }] of field.split!.targets.entries()) {
    if (pieces[i] === undefined || pieces[i] === '') continue;
    const value = beside === null ? null : into.coerce(JSON.stringify(pieces[i]));
    if (value === null || !isFree(reported, row, into, plan)) return false;
    members += `,${beside}${value}`;
  }
  if (members !== before) edits.add(rows[row]!, rows[row + 3]!, rows[row + 4]!, members);
  return true;
}

/** Whether the event surely lacks a field: its key is nowhere in the text, and nothing else that was reported would fill it. */
function isFree(
  { text, start, end, rows, from, to }: Reported,
  row: number,
  wanted: PlannedField,
  plan: Plan,
): boolean {
  for (let other = from; other < to; other += EXCEPTION_ROW) {
    const path = rows[other + 1]!;
    const claims = plan.fields[path]?.split ?? plan.moves[path - plan.fields.length]?.to === wanted;
    if (other !== row && claims) return false;
  }
  const event = text.subarray(start, end);
  // An escape could write the key in another way.
  return !event.includes(wanted.keyText) && !event.includes('\\u');
}

function sameBytes(text: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (text[at + i] !== bytes[i]) return false;
  return true;
}

const [QUOTE, BACKSLASH, COMMA, OPEN_ARRAY, OPEN_OBJECT, CLOSE_ARRAY, CLOSE_OBJECT] = Buffer.from('"\\,[{]}');

/** Whether all items of the array are objects or null. */
function holdsObjects(text: Uint8Array, start: number, end: number): boolean {
  let depth = 1;
  let itemNext = true;
  for (let at = start + 1; at < end; at++) {
    const c = text[at]!;
    if (c <= 32) continue;
    if (depth === 1 && itemNext && c !== CLOSE_ARRAY) {
      // `n` begins null.
      if (c !== OPEN_OBJECT && c !== 110) return false;
      itemNext = false;
    }
    if (c === QUOTE) {
      for (at++; text[at] !== QUOTE && at < end; at++) if (text[at] === BACKSLASH) at++;
    } else if (c === OPEN_OBJECT || c === OPEN_ARRAY) depth++;
    else if (c === CLOSE_OBJECT || c === CLOSE_ARRAY) depth--;
    else if (c === COMMA && depth === 1) itemNext = true;
  }
  return true;
}
