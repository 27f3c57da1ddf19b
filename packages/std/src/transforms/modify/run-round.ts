import { type LogBatch, type Path, printPath } from '@tailrace/core';
import { type Events, kernel, locate, MAX_EVENT_BYTES, ROW, TYPE, TYPE_MASK } from '@tailrace/kernel';
import { ConditionError } from '../filter/condition.ts';
import { readValue } from '../filter/values.ts';
import type { Action, EventView, Failure, Operation } from './operation.ts';
import type { PlacedOperation, Round } from './rounds.ts';

/** What came of an operation that could not be done. */
export interface Judge {
  /** Whether the event is on its way to the dead letters. */
  isRefused(i: number): boolean;
  failed(i: number, operation: Operation, failure: Failure): void;
}

interface Edit {
  readonly where: Path;
  /** `null` removes the member. */
  readonly text: string | null;
}

/** Does the operations of a round to every event of a batch: one look at its text, and edits where something changes. */
export function runRound(round: Round, batch: LogBatch, judge: Judge): void {
  const events = batch.events();
  const found = lookAt(events, locate(kernel(), events, round.paths), round.paths.count);
  const pen = penOver(found, batch);
  for (let i = 0; i < batch.length; i++) {
    if (judge.isRefused(i)) continue;
    pen.begin(i);
    for (const placed of round.operations) {
      runOperation(placed, i, found, pen, judge);
      if (judge.isRefused(i)) break;
    }
    if (judge.isRefused(i)) continue;
    write(pen, i, batch);
  }
}

function write({ edits, isTight }: Pen, i: number, batch: LogBatch): void {
  const inSteps = isTight();
  for (const { where, text } of edits) {
    if (text === null || (inSteps && !isItem(where))) batch.remove(i, where);
    if (text !== null) batch.setText(i, where, text);
  }
}

const isItem = ({ steps }: Path): boolean => typeof steps.at(-1) === 'number';

function runOperation(placed: PlacedOperation, i: number, found: Found, pen: Pen, judge: Judge): void {
  const { operation, actions } = placed;
  const due = isDue(placed, i, found);
  if (due === false) return;
  if (due !== true) {
    judge.failed(i, operation, due);
    return;
  }
  for (const { action, columns } of actions) {
    const failure = pen.apply(action, columns);
    if (failure) judge.failed(i, operation, failure);
    if (failure && judge.isRefused(i)) return;
  }
}

function isDue({ operation, conditionColumns }: PlacedOperation, i: number, found: Found): boolean | Failure {
  if (!operation.condition) return true;
  try {
    return operation.condition.evaluate(conditionColumns.map((column) => found.value(i, column)));
  } catch (error) {
    if (error instanceof ConditionError) return { code: 'condition_error', message: `when: ${error.message}` };
    throw error;
  }
}

/** What the kernel found in a batch. */
interface Found {
  /** Bytes of the event. */
  size(i: number): number;
  /** Bytes of a member; 0 where it is missing. */
  bytes(i: number, column: number): number;
  text(i: number, column: number): string | undefined;
  /** As CEL has it. */
  value(i: number, column: number): unknown;
}

function lookAt(events: Events, table: Uint32Array, columns: number): Found {
  const bytes = Buffer.from(events.text.buffer, events.text.byteOffset, events.text.byteLength);
  const rowOf = (i: number, column: number): number => (i * columns + column) * ROW;
  return {
    size: (i) => events.end[i]! - events.start[i]!,
    bytes(i, column) {
      const row = rowOf(i, column);
      return table[row + 2]! - table[row + 1]!;
    },
    text(i, column) {
      const row = rowOf(i, column);
      if ((table[row + 3]! & TYPE_MASK) === TYPE.missing) return undefined;
      return bytes.toString('utf8', table[row + 1], table[row + 2]);
    },
    value(i, column) {
      const row = rowOf(i, column);
      return readValue(bytes, table[row + 1]!, table[row + 2]!, table[row + 3]!);
    },
  };
}

/** Collects the edits of one event after the other. */
interface Pen {
  readonly edits: readonly Edit[];
  /**
   * Whether the event fits, but not while it holds both what goes and what comes, as it does where edits are applied together: then
   * a member has to be removed before it is set.
   */
  isTight(): boolean;
  begin(i: number): void;
  apply(action: Action, columns: readonly number[]): Failure | null;
}

function penOver(found: Found, batch: LogBatch): Pen {
  const edits: Edit[] = [];
  let event = 0;
  /** At most what the event has after the edits so far, and what of it they bring. */
  let size = 0;
  let coming = 0;
  let action: Action | null = null;
  let columns: readonly number[] = [];
  /** Bytes of the member that goes for an edit, as far as the action has read it; an item has to stay until the new one is there. */
  const going = (where: Path): number => {
    const k = isItem(where) ? -1 : action!.reads.indexOf(where);
    return k < 0 ? 0 : found.bytes(event, columns[k]!);
  };
  const view: EventView = {
    text: (k) => found.text(event, columns[k]!),
    time: () => batch.time(event),
    set(where, text) {
      const bytes = Buffer.byteLength(text) + 2 * EDIT_BYTES;
      const before = going(where);
      size += bytes + (before > 0 ? -before : bytesAround(where));
      coming += bytes + bytesAround(where);
      edits.push({ where, text });
    },
    remove(where) {
      size += EDIT_BYTES - going(where);
      coming += EDIT_BYTES;
      edits.push({ where, text: null });
    },
  };
  return {
    edits,
    isTight: () => found.size(event) + coming > MAX_EVENT_BYTES,
    begin(i) {
      event = i;
      coming = 0;
      edits.length = 0;
      size = found.size(i);
    },
    apply(next, at) {
      action = next;
      columns = at;
      const before = { size, coming, edits: edits.length };
      const failure = next.apply(view) ?? (size > MAX_EVENT_BYTES ? TOO_LARGE : null);
      if (failure) {
        edits.length = before.edits;
        ({ size, coming } = before);
      }
      return failure;
    },
  };
}

/** What the kernel reckons with for an edit, beside its text; a member that is set may need two. */
const EDIT_BYTES = 2;
const TOO_LARGE: Failure = { code: 'too_large', message: 'the event would be longer than 4 MiB' };

/** At most what a new member needs beside its value: keys with their quotes and colons, braces, a comma. */
function bytesAround({ steps }: Path): number {
  return Buffer.byteLength(printPath(steps)) + 6 * steps.length + 1;
}
