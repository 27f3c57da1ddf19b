import type { ErrorCode } from '@tailrace/core';
import {
  check,
  type Events,
  EXCEPTION_ROW,
  type KnownPaths,
  kernel,
  TYPE,
  TYPE_MASK,
  UNKNOWN,
  UNKNOWN_ROW,
} from '@tailrace/kernel';
import type { Conform, Conformed } from './conform.ts';
import type { EditBuffer } from './edits.ts';
import { parseTree } from './event-tree.ts';
import { leafKeysOf } from './names.ts';
import type { Plan, PlannedField } from './plan.ts';
import type { QuickFields, Reported } from './quick.ts';
import type { KnownRenames } from './renames.ts';

/** Why an event goes to the dead letters. */
export interface Refused {
  readonly code: ErrorCode;
  readonly message: string;
}

const NOT_JSON: Refused = { code: 'not_json', message: 'the event is no JSON object' };

/** What was found in a batch, besides the edits. */
export interface Findings {
  readonly refused: Map<number, Refused>;
  /** Events whose `@timestamp` may be another one. */
  readonly retimed: number[];
  conflicts: number;
  overflowed: number;
}

/** What a transform made when it was created, and the batch. */
export interface Tools {
  readonly events: Events;
  readonly plan: Plan;
  readonly quick: QuickFields;
  readonly edits: EditBuffer;
  readonly conform: Conform;
  /** Hashes of undeclared fields that were let in; `null`: none is. */
  readonly known: KnownPaths | null;
  /** Undeclared keys whose safe form is known. */
  readonly renames: KnownRenames;
}

/** Looks at the events that check reported, in their order, and writes the edits that they need. */
export function planEdits(tools: Tools): Findings {
  const { events, plan, edits, known, renames } = tools;
  const { exceptions, unknown, unchecked } = check(kernel(), events, plan.paths, plan.expect, true, {
    watched: plan.watched,
    ...(known && { known }),
  });
  const text = Buffer.from(events.text.buffer, events.text.byteOffset, events.text.byteLength);
  const findings: Findings = { refused: new Map(), retimed: [], conflicts: 0, overflowed: 0 };
  edits.cut(0);
  // One for all events: nobody keeps it.
  const reported = { text, start: 0, end: 0, rows: exceptions, from: 0, to: 0 };
  let x = 0;
  let u = 0;
  let n = 0;
  for (;;) {
    const i = Math.min(exceptions[x] ?? NONE, unknown[u] ?? NONE, unchecked[n] ?? NONE);
    if (i === NONE) return findings;
    const before = edits.count;
    const unknownFrom = u;
    let quick = true;
    let unsafe = false;
    for (; unknown[u] === i; u += UNKNOWN_ROW) {
      unsafe ||= unknown[u + 7] !== 0;
      // One that came earlier in this batch may be known by now.
      quick &&= known !== null && (unknown[u + 7] !== 0 || known.has(unknown[u + 5]!, unknown[u + 6]!));
    }
    const from = x;
    while (exceptions[x] === i) x += EXCEPTION_ROW;
    reported.start = events.start[i]!;
    reported.end = events.end[i]!;
    reported.from = from;
    reported.to = x;
    const isChecked = unchecked[n] !== i;
    if (!isChecked) n++;
    // Edits have to be in the order of the text, so an event has renamed keys or other edits here, not both.
    if (quick && unsafe) quick = from === x && renames.settle(reported, unknown, unknownFrom, u, edits);
    if (quick && isChecked && settleAll(tools, reported, findings)) continue;
    edits.cut(before);
    const conformed = long(tools, i, reported, isChecked, findings);
    if (!known || !conformed || conformed.overflowed) continue;
    // All its undeclared fields have a place now, so the next event with them is quick.
    for (let row = unknownFrom; row < u; row += UNKNOWN_ROW) learn(tools, reported, unknown, row);
  }
}

/** Notes what the next event with an undeclared member needs no long way for. */
function learn({ known, renames, plan }: Tools, event: Reported, rows: Uint32Array, row: number): void {
  const flags = rows[row + 7];
  const low = rows[row + 5]!;
  const high = rows[row + 6]!;
  if (flags === 0) known!.add(low, high);
  else if (flags === UNKNOWN.dot) renames.learn(event, rows, row, plan);
  else if (flags === UNKNOWN.objects) {
    const array = event.text.toString('utf8', rows[row + 2], rows[row + 3]);
    known!.addBelow(low, high, leafKeysOf(parseTree(array).root));
  }
}

const NONE = 0xffff_ffff;

/** Settles what check reported of one event on the short way, if it can be. */
function settleAll({ quick, edits, plan }: Tools, reported: Reported, findings: Findings): boolean {
  const { rows, from, to } = reported;
  for (let row = from; row < to; row += EXCEPTION_ROW) {
    if ((rows[row + 5]! & TYPE_MASK) === TYPE.present) continue;
    if (!quick.settle(reported, row, edits)) return false;
    if (plan.setsTime[rows[row + 1]!] === 1) findings.retimed.push(rows[row]!);
  }
  return true;
}

/** The long way of one event; `null` when it is no JSON. */
function long(tools: Tools, i: number, where: Reported, isChecked: boolean, findings: Findings): Conformed | null {
  const { start, end } = where;
  const known = isChecked ? fieldsIn(where, tools.plan) : null;
  const conformed = tryConform(tools.conform, where.text.toString('utf8', start, end), known);
  if (!conformed) {
    findings.refused.set(i, NOT_JSON);
    return null;
  }
  findings.conflicts += conformed.conflicts;
  if (conformed.overflowed) findings.overflowed++;
  if (conformed.refused !== null) findings.refused.set(i, { code: 'type_conflict', message: conformed.refused });
  else if (conformed.text !== null) {
    tools.edits.add(i, start, end, conformed.text);
    if (conformed.retimed) findings.retimed.push(i);
  }
  return conformed;
}

function fieldsIn({ rows, from, to }: Reported, plan: Plan): Set<PlannedField> {
  const fields = new Set<PlannedField>();
  for (let row = from; row < to; row += EXCEPTION_ROW) {
    if ((rows[row + 5]! & TYPE_MASK) === TYPE.present) continue;
    const path = rows[row + 1]!;
    const field = plan.fields[path] ?? plan.valueAliases[path - plan.fields.length - plan.moves.length]?.field;
    if (field) fields.add(field);
  }
  return fields;
}

function tryConform(conform: Conform, source: string, reported: ReadonlySet<PlannedField> | null): Conformed | null {
  try {
    return conform(source, reported);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
