import { printPath } from '@tailrace/core';
import { producerOf } from '../routing.ts';
import type { CheckedComponent } from './check-component.ts';
import { nearest } from './nearest.ts';
import type { Problem, Report } from './problem.ts';

/** The named outputs of a component; `undefined`: it has one without a name; `null`: its options are faulty, so nobody knows. */
function outputsOf({ declaration, options }: CheckedComponent): readonly string[] | null | undefined {
  if (declaration?.kind !== 'transform') return declaration ? undefined : null;
  if (!declaration.outputs) return undefined;
  return options ? declaration.outputs(options.config) : null;
}

/** What others may write among their `inputs` to read a component. */
export function readableNames(component: CheckedComponent): readonly string[] {
  const outputs = outputsOf(component);
  return outputs?.map((output) => `${component.id}.${output}`) ?? [component.id];
}

/** Says what is wrong with reading `from` by this name; `undefined` when nothing is. */
export function outputFault(
  from: CheckedComponent,
  name: string,
): Pick<Problem, 'what' | 'expected' | 'near'> | undefined {
  const outputs = outputsOf(from);
  const names = readableNames(from);
  if (outputs === null || names.includes(name)) return undefined;
  if (outputs === undefined) return { what: `"${from.id}" has no named outputs`, expected: `"${from.id}"` };
  const expected = `one of ${names.join(', ')}`;
  if (name === from.id) return { what: `"${name}" has named outputs`, expected };
  const what = `"${from.id}" has no output "${name.slice(from.id.length + 1)}"`;
  return { what, expected, near: nearest(name, names) };
}

/** Warns of outputs that no component reads, of components that are read at all: what leaves by them is discarded. */
export function warnOfUnread(
  components: readonly CheckedComponent[],
  inputs: ReadonlyMap<string, readonly string[]>,
  warn: Report,
): void {
  const read = new Set([...inputs.values()].flat());
  const producers = new Set([...read].map(producerOf));
  for (const component of components) {
    const { section, id, keyPlace } = component;
    if (!outputsOf(component) || !producers.has(id)) continue;
    const unread = readableNames(component).filter((name) => !read.has(name));
    if (unread.length === 0) continue;
    const what = `no component reads ${listed(unread)}, so what leaves there is discarded`;
    warn({ ...keyPlace, path: printPath([section, id]), what });
  }
}

function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.length === 1 ? quoted[0]! : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}
