import { type Path, printJson } from '@tailrace/core';
import { type Action, missing, presentText } from './operation.ts';

/** Gives a field a value. */
export function setAction(where: Path, value: unknown): Action {
  const text = printJson(value);
  return {
    reads: [],
    writes: [where],
    apply(view) {
      view.set(where, text);
      return null;
    },
  };
}

/** Gives a field a value where it is missing or null. */
export function defaultAction(where: Path, value: unknown): Action {
  const text = printJson(value);
  return {
    reads: [where],
    writes: [where],
    apply(view) {
      if (presentText(view, 0) === undefined) view.set(where, text);
      return null;
    },
  };
}

/** Copies a field; with `moves` it goes from its old place. */
export function copyAction(from: Path, to: Path, moves: boolean): Action {
  return {
    reads: [from],
    writes: moves ? [from, to] : [to],
    apply(view) {
      const text = view.text(0);
      if (text === undefined) return missing(from);
      if (moves) view.remove(from);
      view.set(to, text);
      return null;
    },
  };
}

/** Removes a field; one that is not there is none the less removed. */
export function removeAction(where: Path): Action {
  return {
    hides: true,
    reads: [],
    writes: [where],
    apply(view) {
      view.remove(where);
      return null;
    },
  };
}
