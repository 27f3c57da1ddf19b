import type { ErrorCode, Path } from '@tailrace/core';
import type { Condition } from '../filter/condition.ts';

/** What an action sees of an event: what its paths hold, by their order in `reads`, as operations before it left it. */
export interface EventView {
  /** JSON text of the member that read `k` names; `undefined` where it is missing. */
  text(k: number): string | undefined;
  /** The event's time in nanoseconds since 1970. */
  time(): bigint;
  /** Sets a member to JSON text. */
  set(where: Path, text: string): void;
  remove(where: Path): void;
}

/** Why an action could not be done. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

/** One thing that is done to one field. */
export interface Action {
  readonly reads: readonly Path[];
  /** Members that it sets or removes. */
  readonly writes: readonly Path[];
  /** Whether nothing may be left of what stood where it writes. */
  readonly hides?: boolean;
  /** Asks the view for edits; what it asked for is forgotten when it answers with a failure. */
  apply(view: EventView): Failure | null;
}

/** What becomes of an event for which something cannot be done. */
export type Then = 'skip' | 'dead_letter';

/** A compiled entry of `operations`. */
export interface Operation {
  /** `operations[2].hash`, for messages. */
  readonly label: string;
  readonly condition: Condition | null;
  /** They all see the event as it was before the operation. */
  readonly actions: readonly Action[];
  readonly onMissing: Then;
  readonly onError: Then;
}

/** The failure of an action whose field is missing or null. */
export function missing({ text }: Path): Failure {
  return { code: 'field_missing', message: `${text} is missing` };
}

/** The failure of an action that cannot work with a value. */
export function unfit({ text }: Path, what: string): Failure {
  return { code: 'value_unfit', message: `${text} ${what}` };
}

/**
 * An action that needs what a field holds: `change` makes the JSON text that `to` takes, or answers with `null` where nothing has to
 * be done, or with what is wrong; `eventTime` is in nanoseconds since 1970.
 */
export function changeAction(
  where: Path,
  to: Path,
  change: (text: string, eventTime: () => bigint) => string | null | Failure,
): Action {
  return {
    reads: [where],
    writes: [to],
    apply(view) {
      const text = presentText(view, 0);
      if (text === undefined) return missing(where);
      const after = change(text, view.time);
      if (typeof after !== 'string') return after;
      view.set(to, after);
      return null;
    },
  };
}

/** The text of a member that an action needs; `undefined` where it is missing or null. */
export function presentText(view: EventView, k: number): string | undefined {
  const text = view.text(k);
  return text === 'null' ? undefined : text;
}
