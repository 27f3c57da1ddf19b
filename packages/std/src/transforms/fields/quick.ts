import { ESCAPED, TYPE, TYPE_MASK } from '@tailrace/kernel';
import type { EditBuffer } from './edits.ts';
import type { Plan, PlannedField } from './plan.ts';

/** How a value that check reported is dealt with while its event stays text. */
export interface QuickFields {
  /** Texts for {@link EditBuffer.addShared}. */
  readonly shared: Uint8Array;
  /** Settles one exception, maybe by an edit; false: the event needs the long way. */
  settle(
    text: Buffer,
    event: number,
    path: number,
    start: number,
    end: number,
    type: number,
    edits: EditBuffer,
  ): boolean;
}

/** A value's alias as bytes with the quotes, and where its value stands in the shared texts. */
interface ValueAlias {
  readonly bytes: Uint8Array;
  readonly dataStart: number;
  readonly dataEnd: number;
}

/** Prepares the short way: value aliases compared as bytes, single values replaced in place. */
export function quickFields(plan: Plan): QuickFields {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const share = (text: string): { dataStart: number; dataEnd: number } => {
    const bytes = Buffer.from(text);
    pieces.push(bytes);
    size += bytes.length;
    return { dataStart: size - bytes.length, dataEnd: size };
  };
  const byLength = plan.fields.map(({ aliases }) => {
    const lists: ValueAlias[][] = [];
    for (const [alias, value] of aliases ?? []) {
      const bytes = Buffer.from(alias);
      lists[bytes.length] ??= [];
      lists[bytes.length]!.push({ bytes, ...share(value) });
    }
    return lists;
  });
  return {
    shared: Buffer.concat(pieces),
    settle(text, event, path, start, end, type, edits) {
      const field = plan.fields[path];
      const bare = type & TYPE_MASK;
      // Another name: the value has to move.
      if (!field) return false;
      if (bare === TYPE.null) return true;
      if (field.split || bare === TYPE.object) return false;
      if (field.type === 'flattened') return bare === TYPE.array && holdsObjects(text, start, end);
      if (field.aliases && bare === TYPE.string && (type & ESCAPED) === 0) {
        const found = byLength[path]![end - start]?.find((alias) => sameBytes(text, start, alias.bytes));
        if (found) edits.addShared(event, start, end, found.dataStart, found.dataEnd);
        return true;
      }
      return replace(field, text, event, start, end, edits);
    },
  };
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
