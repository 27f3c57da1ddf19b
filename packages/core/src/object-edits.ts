import { type Json, sameJson } from './json.ts';
import { type Path, printPath, type Step } from './path.ts';

/** One change between two objects; `value` undefined: the member was removed. */
export interface ObjectEdit {
  readonly path: Path;
  readonly value: Json | undefined;
}

/** The smallest members that differ: objects are compared member by member, arrays as wholes. */
export function objectEdits(before: { [key: string]: Json }, after: { [key: string]: Json }): ObjectEdit[] {
  const edits: ObjectEdit[] = [];
  compare(before, after, [], edits);
  return edits;
}

function compare(
  before: { [key: string]: Json },
  after: { [key: string]: Json },
  at: readonly Step[],
  edits: ObjectEdit[],
): void {
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key) || after[key] === undefined) edits.push(edit([...at, key], undefined));
  }
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const known = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isObject(known) && isObject(value) && Object.keys(value).length > 0) compare(known, value, [...at, key], edits);
    else if (!Object.hasOwn(before, key) || !sameJson(known, value)) edits.push(edit([...at, key], value));
  }
}

function edit(steps: readonly Step[], value: Json | undefined): ObjectEdit {
  return { path: { text: printPath(steps), steps }, value };
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
