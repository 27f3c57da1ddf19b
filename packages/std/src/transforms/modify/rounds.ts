import type { Path, Step } from '@tailrace/core';
import { compilePaths, type Paths } from '@tailrace/kernel';
import type { Action, Operation } from './operation.ts';

/** An operation and the columns of its round's table in which its paths stand. */
export interface PlacedOperation {
  readonly operation: Operation;
  readonly conditionColumns: readonly number[];
  readonly actions: readonly { readonly action: Action; readonly columns: readonly number[] }[];
}

/** Operations none of which reads what one before it writes: one look at the batch serves them all. */
export interface Round {
  readonly paths: Paths;
  readonly operations: readonly PlacedOperation[];
}

/** Cuts the list of operations into rounds, as few as keep their order true. */
export function roundsOf(operations: readonly Operation[]): Round[] {
  const rounds: Round[] = [];
  let under: Operation[] = [];
  let written: (readonly Step[])[] = [];
  const close = (): void => {
    if (under.length > 0) rounds.push(roundOf(under));
    under = [];
    written = [];
  };
  for (const operation of operations) {
    if (readsOf(operation).some((read) => written.some((steps) => related(steps, read)))) close();
    under.push(operation);
    written.push(...operation.actions.flatMap(({ writes }) => writes.map(disturbed)));
  }
  close();
  return rounds;
}

function roundOf(operations: readonly Operation[]): Round {
  const paths: (readonly Step[])[] = [];
  const columns = new Map<string, number>();
  const columnOf = (steps: readonly Step[]): number => {
    const key = JSON.stringify(steps);
    const known = columns.get(key);
    if (known !== undefined) return known;
    columns.set(key, paths.length);
    return paths.push(steps) - 1;
  };
  const placed = operations.map((operation) => ({
    operation,
    conditionColumns: operation.condition?.paths.map(columnOf) ?? [],
    actions: operation.actions.map((action) => ({ action, columns: action.reads.map(({ steps }) => columnOf(steps)) })),
  }));
  return { paths: compilePaths(paths), operations: placed };
}

function readsOf({ condition, actions }: Operation): (readonly Step[])[] {
  return [...(condition?.paths ?? []), ...actions.flatMap(({ reads }) => reads.map(({ steps }) => steps))];
}

/** The member whose content an edit may change: items behind a removed one move up. */
function disturbed({ steps }: Path): readonly Step[] {
  return typeof steps.at(-1) === 'number' ? steps.slice(0, -1) : steps;
}

/** Whether a change of one can be seen in the other: one leads through the other, or makes an object of what the other takes for a list. */
function related(a: readonly Step[], b: readonly Step[]): boolean {
  const shorter = Math.min(a.length, b.length);
  for (let k = 0; k < shorter; k++) if (a[k] !== b[k]) return typeof a[k] !== typeof b[k];
  return true;
}
