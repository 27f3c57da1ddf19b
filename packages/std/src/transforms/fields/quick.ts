import { EXCEPTION_ROW, TYPE, TYPE_MASK } from '@tailrace/kernel';
import type { EditBuffer } from './edits.ts';
import type { Plan, PlannedField } from './plan.ts';
import { remembered } from './remembered.ts';

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

/**
 * Prepares the short way: single values replaced in place, members moved and filled beside where they stand.
 */
export function quickFields(plan: Plan): QuickFields {
  const values = sharedValues(plan);
  const fillers = fillersOf(plan);
  return {
    shared: values.text,
    settle(reported, row, edits) {
      const { text, rows } = reported;
      const path = rows[row + 1]!;
      const field = plan.fields[path];
      if (!field) {
        const alias = path - plan.fields.length - plan.moves.length;
        if (alias < 0) return moveQuickly(reported, row, plan, edits);
        edits.addShared(rows[row]!, rows[row + 3]!, rows[row + 4]!, values.ends[alias]!, values.ends[alias + 1]!);
        return true;
      }
      const bare = rows[row + 5]! & TYPE_MASK;
      if (bare === TYPE.null) return true;
      if (bare === TYPE.object) return false;
      const start = rows[row + 3]!;
      const end = rows[row + 4]!;
      // What the kernel could take for a flattened field it has not reported.
      if (field.type === 'flattened') return false;
      const fill = fillers.get(path);
      if (fill) return fillQuickly(reported, row, plan, fill, edits);
      return replace(field, text, rows[row]!, start, end, edits);
    },
  };
}

/** The values that aliases stand for, one after the other: value i is `text[ends[i], ends[i + 1])`. */
function sharedValues({ valueAliases }: Plan): { text: Uint8Array; ends: readonly number[] } {
  const pieces = valueAliases.map(({ value }) => Buffer.from(value));
  const ends = [0];
  for (const piece of pieces) ends.push(ends.at(-1)! + piece.length);
  return { text: Buffer.concat(pieces), ends };
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

/** What a text becomes with its pieces beside it, and the fields that those fill. */
interface Filled {
  readonly members: string;
  readonly fields: readonly PlannedField[];
}

/** `null`: the long way. */
type Fill = (before: string) => Filled | null;

function fillersOf({ fields }: Plan): ReadonlyMap<number, Fill> {
  const splits = [...fields.entries()].filter(([, field]) => field.split);
  return new Map(splits.map(([path, field]) => [path, remembered((before) => fill(field, before))]));
}

function fill(field: PlannedField, before: string): Filled | null {
  let members = field.coerce(before);
  if (members === null) return null;
  const pieces = (JSON.parse(before) as string).split(field.split!.separator);
  const fields: PlannedField[] = [];
  for (const [i, { into, beside }] of field.split!.targets.entries()) {
    if (pieces[i] === undefined || pieces[i] === '') continue;
    const value = beside === null ? null : into.coerce(JSON.stringify(pieces[i]));
    if (value === null) return null;
    members += `,${beside}${value}`;
    fields.push(into);
  }
  return { members, fields };
}

/** Missing fields are filled behind the one whose pieces they take, if they stand beside it. */
function fillQuickly(reported: Reported, row: number, plan: Plan, fill: Fill, edits: EditBuffer): boolean {
  const { text, rows } = reported;
  if ((rows[row + 5]! & TYPE_MASK) !== TYPE.string) return false;
  const start = rows[row + 3]!;
  const end = rows[row + 4]!;
  const before = text.toString('utf8', start, end);
  const filled = fill(before);
  if (filled === null) return false;
  for (const field of filled.fields) if (!isFree(reported, row, field, plan)) return false;
  if (filled.members !== before) edits.add(rows[row]!, start, end, filled.members);
  return true;
}

/** Whether the event lacks a field, and nothing else that was reported would fill it. */
function isFree({ rows, from, to }: Reported, row: number, wanted: PlannedField, plan: Plan): boolean {
  for (let other = from; other < to; other += EXCEPTION_ROW) {
    const path = rows[other + 1]!;
    if ((rows[other + 5]! & TYPE_MASK) === TYPE.present) {
      if (plan.fields[path] === wanted) return false;
      continue;
    }
    if (other !== row && plan.fills[path]!.includes(wanted)) return false;
  }
  return true;
}
