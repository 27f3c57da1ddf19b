import { parseTree, type Value } from '../fields/event-tree.ts';

/** A text, a number, true or false somewhere in a value. */
export interface Leaf {
  readonly kind: 'string' | 'number' | 'boolean';
  /** What the text says; a number as it is written, or `true` or `false`. */
  readonly value: string;
}

/** The text that takes the place of a leaf; `null`: it stays as it is. */
export type LeafEdit = (leaf: Leaf) => string | null;

/** JSON text of a value whose leaves were edited, however deep they are; `null` when all stay. What stays keeps its text. */
export function editLeaves(text: string, edit: LeafEdit): string | null {
  const first = text[0];
  if (first !== '{' && first !== '[') return editLeaf(text, edit);
  const { source, root } = parseTree(text);
  let changed = false;
  const print = (value: Value): string => {
    if (value.items) return `[${value.items.map(print).join(',')}]`;
    if (value.members) {
      return `{${[...value.members.values()].map((member) => `${member.keyText}:${print(member)}`).join(',')}}`;
    }
    const before = source.slice(value.from, value.to);
    const after = editLeaf(before, edit);
    if (after !== null) changed = true;
    return after ?? before;
  };
  const printed = print(root);
  return changed ? printed : null;
}

function editLeaf(text: string, edit: LeafEdit): string | null {
  if (text === 'null') return null;
  const after = edit(leafOf(text));
  return after === null ? null : JSON.stringify(after);
}

function leafOf(text: string): Leaf {
  if (text[0] === '"') return { kind: 'string', value: JSON.parse(text) as string };
  return { kind: text === 'true' || text === 'false' ? 'boolean' : 'number', value: text };
}
