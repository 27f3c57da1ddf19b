import type { Path } from '@tailrace/core';
import { type Kind, kindOf, parseTree } from '../fields/event-tree.ts';
import { editLeaves } from './leaves.ts';
import { type Action, changeAction, unfit } from './operation.ts';
import type { ActionOptions } from './options.ts';

const A_KIND: Readonly<Record<Kind, string>> = {
  object: 'is an object',
  array: 'is a list',
  string: 'is text',
  number: 'is a number',
  boolean: 'is true or false',
  null: 'is null',
};

/** Converts a text, or the texts of a list, as Unicode has it without a language. */
export function caseAction(where: Path, convert: (text: string) => string): Action {
  return changeAction(where, where, (text) => {
    const kind = kindOf(text);
    if (kind !== 'string' && kind !== 'array') return unfit(where, `${A_KIND[kind]}, neither text nor a list of texts`);
    if (kind === 'array' && !holdsTextsOnly(text)) return unfit(where, 'is a list that holds more than texts');
    return editLeaves(text, ({ value }) => {
      const converted = convert(value);
      return converted === value ? null : converted;
    });
  });
}

function holdsTextsOnly(list: string): boolean {
  return parseTree(list).root.items!.every(({ kind }) => kind === 'string' || kind === 'null');
}

/** Cuts a text into a list. */
export function splitAction(where: Path, to: Path, options: Omit<ActionOptions<'split'>, 'field' | 'to'>): Action {
  return changeAction(where, to, (text) => {
    if (text[0] !== '"') return unfit(where, `${A_KIND[kindOf(text)]}, no text`);
    return JSON.stringify(pieces(JSON.parse(text) as string, options));
  });
}

function pieces(text: string, options: Omit<ActionOptions<'split'>, 'field' | 'to'>): string[] {
  const { separator, trim, drop_empty: dropEmpty, limit } = options;
  let list = text.split(separator);
  if (limit !== undefined && list.length > limit) {
    list = [...list.slice(0, limit - 1), list.slice(limit - 1).join(separator)];
  }
  if (trim) list = list.map((piece) => piece.trim());
  return dropEmpty ? list.filter((piece) => piece !== '') : list;
}

/** Makes one text of a list. */
export function joinAction(where: Path, to: Path, separator: string): Action {
  return changeAction(where, to, (text) => {
    const { source, root } = parseTree(text);
    if (!root.items) return unfit(where, `${A_KIND[root.kind]}, no list`);
    const items: string[] = [];
    for (const { kind, from, to: end } of root.items) {
      if (kind === 'object' || kind === 'array') return unfit(where, `is a list with an item that ${A_KIND[kind]}`);
      const item = source.slice(from, end);
      if (kind !== 'null') items.push(kind === 'string' ? (JSON.parse(item) as string) : item);
    }
    return JSON.stringify(items.join(separator));
  });
}
