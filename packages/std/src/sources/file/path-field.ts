import type { LogBatch, Path } from '@tailrace/core';
import { FLAG, type FramerOptions, MAX_EVENT_BYTES } from '@tailrace/kernel';
import { containerNames } from './container-path.ts';
import type { Tail } from './tail.ts';

/** Members that every event of a file gets, as its framers take them. */
export type OwnMembers = Required<Pick<FramerOptions, 'members' | 'yielding'>>;

/** The names of the container that a file says, and its path where that is wanted. */
export function membersOf({ path, place }: Tail, pathField: Path | null): OwnMembers {
  const names: Record<string, unknown> = { ...containerNames(path, place) };
  if (!pathField) return { members: inside(names), yielding: inside({}) };
  const [first = '', ...steps] = pathField.steps.map(String);
  if (steps.length === 0) return { members: inside({ ...names, [first]: path }), yielding: inside({}) };
  const object = { ...(names[first] as object), ...objectsTo(steps, path) };
  if (Object.hasOwn(names, first)) return { members: inside({ ...names, [first]: object }), yielding: inside({}) };
  // An object of the path alone gives way to one that a line brings, which gets the path by itself.
  return { members: inside(names), yielding: inside({ [first]: object }) };
}

const objectsTo = (steps: readonly string[], value: unknown): object =>
  steps.reduceRight((inner, step) => ({ [step]: inner }), value) as object;

/** JSON members without the braces around them. */
const inside = (object: object): Uint8Array => Buffer.from(JSON.stringify(object).slice(1, -1));

/** Room for what setting a path adds: an event that has less goes on without it. */
const ROOM = 64 << 10;

/** Puts the path into the objects that lines bring themselves. */
export function putPath(batch: LogBatch, pathField: Path, path: string): void {
  const { flags } = batch.columns;
  const { start, end } = batch.events();
  for (let i = 0; i < batch.length; i++) {
    if ((flags[i]! & FLAG.yielded) === 0) continue;
    flags[i]! &= ~FLAG.yielded;
    if (end[i]! - start[i]! <= MAX_EVENT_BYTES - ROOM) batch.set(i, pathField, path);
  }
}
