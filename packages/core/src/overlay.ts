import {
  AGAIN,
  compilePaths,
  EDIT,
  ERR,
  type Events,
  kernel,
  locate,
  MAX_EVENT_BYTES,
  ROW,
  splice,
  TYPE,
} from '@tailrace/kernel';
import type { Step } from './path.ts';

/** One edit of one event: `value` is JSON text, or `null` to remove the member. */
export interface Edit {
  readonly steps: readonly Step[];
  readonly value: Uint8Array | null;
}

/** The edits of a batch's events, in the order in which they were made. */
export type Overlay = ReadonlyMap<number, readonly Edit[]>;

/** A position in one event's text, ready for the kernel's `splice`. */
interface Splice {
  readonly event: number;
  readonly kind: number;
  readonly at: number;
  readonly end: number;
  readonly data: readonly Uint8Array[];
}

const encoder = new TextEncoder();
const COMMA = encoder.encode(',');

/** The same events with their edits applied; events without edits keep their bytes. */
export function applyOverlay(events: Events, overlay: Overlay): Events {
  const edited = [...overlay.keys()].sort((a, b) => a - b);
  let part = pick(events, edited);
  let pending = edited.map((i) => overlay.get(i)!);
  // Each pass applies, per event, the longest run of edits that cannot disturb each other. One pass is the rule.
  while (pending.some((edits) => edits.length > 0)) {
    const pass = planPass(part, pending);
    const spliced = splice(kernel(), part, toRows(pass.splices));
    const refused = spliced.status.findIndex((code) => code !== ERR.ok);
    // Without this the event would go on as if nobody had edited it.
    if (refused >= 0)
      throw new RangeError(`edits would make event ${edited[refused]} longer than ${MAX_EVENT_BYTES} bytes`);
    part = spliced;
    pending = pass.left;
  }
  return patch(events, edited, part);
}

/** Views of the chosen events; the text is shared. */
function pick(events: Events, indices: readonly number[]): Events {
  const start = Uint32Array.from(indices, (i) => events.start[i]!);
  const end = Uint32Array.from(indices, (i) => events.end[i]!);
  return { text: events.text, start, end, length: indices.length };
}

/** Puts the edited events in the place of their originals. */
function patch(events: Events, edited: readonly number[], part: Events): Events {
  if (edited.length === events.length) return part;
  let size = 0;
  for (let i = 0; i < events.length; i++) size += events.end[i]! - events.start[i]!;
  for (const [k, i] of edited.entries()) size += part.end[k]! - part.start[k]! - (events.end[i]! - events.start[i]!);
  const out = {
    text: new Uint8Array(size),
    start: new Uint32Array(events.length),
    end: new Uint32Array(events.length),
  };
  let at = 0;
  let k = 0;
  for (let i = 0; i < events.length; i++) {
    const from = edited[k] === i ? part : events;
    const j = edited[k] === i ? k++ : i;
    out.start[i] = at;
    out.text.set(from.text.subarray(from.start[j]!, from.end[j]!), at);
    at += from.end[j]! - from.start[j]!;
    out.end[i] = at;
  }
  return { ...out, length: events.length };
}

function planPass(part: Events, pending: readonly (readonly Edit[])[]): { splices: Splice[]; left: Edit[][] } {
  const index = new PathIndex();
  for (const edits of pending) for (const edit of edits) index.add(edit.steps);
  const table = index.locate(part);
  const splices: Splice[] = [];
  const left = pending.map((edits, event) => {
    const done = planEvent(event, edits, part, index, table, splices);
    const again = edits.slice(0, done).filter((edit) => standsTwice(edit, event, index, table));
    return [...again, ...edits.slice(done)];
  });
  return { splices, left };
}

/** Plans one event's edits up to the first that an earlier one may disturb; returns how many it took. */
function planEvent(
  event: number,
  edits: readonly Edit[],
  part: Events,
  index: PathIndex,
  table: Uint32Array,
  splices: Splice[],
): number {
  const taken: Splice[] = [];
  const created = new Set<string>();
  let done = 0;
  for (; done < edits.length; done++) {
    const edit = edits[done]!;
    if (edits.slice(0, done).some((earlier) => disturbs(earlier, edit))) break;
    const next = planEdit(event, edit, part, index, table);
    if (next === null) continue;
    if (next.created !== undefined && created.has(next.created)) break;
    if (taken.some((earlier) => overlaps(earlier, next))) break;
    if (next.created !== undefined) created.add(next.created);
    const sibling = taken.findIndex(
      (earlier) => earlier.kind === EDIT.insert && next.kind === EDIT.insert && earlier.at === next.at,
    );
    if (sibling < 0) taken.push(next);
    else taken[sibling] = { ...taken[sibling]!, data: [...taken[sibling]!.data, COMMA, ...next.data] };
  }
  taken.sort((a, b) => a.at - b.at || b.kind - a.kind);
  splices.push(...taken);
  return done;
}

/** Whether a removed member has namesakes before it, which would now come to light. */
function standsTwice(edit: Edit, event: number, index: PathIndex, table: Uint32Array): boolean {
  const row = (event * index.count + index.of(edit.steps)) * ROW;
  return edit.value === null && (table[row + 3]! & AGAIN) !== 0;
}

/** Whether the place of an edit depends on an earlier one of the same event. */
function disturbs(earlier: Edit, later: Edit): boolean {
  const { steps } = earlier;
  // The items behind a removed one move up.
  const moves = earlier.value === null && typeof steps.at(-1) === 'number' && later.steps.length >= steps.length;
  return related(moves ? steps.slice(0, -1) : steps, later.steps);
}

function related(a: readonly Step[], b: readonly Step[]): boolean {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return false;
  return true;
}

function overlaps(a: Splice, b: Splice): boolean {
  if (a.kind === EDIT.insert || b.kind === EDIT.insert) {
    const [inserted, other] = a.kind === EDIT.insert ? [a, b] : [b, a];
    return other.kind !== EDIT.insert && inserted.at >= other.at && inserted.at < other.end;
  }
  return a.at < b.end && b.at < a.end;
}

/** Where an edit goes in its event's text; `null` when there is nothing to do (removing what is not there, an index past the end). */
function planEdit(
  event: number,
  edit: Edit,
  part: Events,
  index: PathIndex,
  table: Uint32Array,
): (Splice & { created?: string }) | null {
  const { steps, value } = edit;
  const row = (depth: number) => (event * index.count + index.of(steps.slice(0, depth))) * ROW;
  const leaf = row(steps.length);
  if ((table[leaf + 3]! & 15) !== TYPE.missing) {
    const [key, start, end] = [table[leaf]!, table[leaf + 1]!, table[leaf + 2]!];
    if (value !== null) return { event, kind: EDIT.replace, at: start, end, data: [value] };
    return { event, kind: EDIT.remove, at: key, end, data: [] };
  }
  if (value === null) return null;
  let depth = steps.length - 1;
  while (depth > 0 && (table[row(depth) + 3]! & 15) === TYPE.missing) depth--;
  const rest = steps.slice(depth);
  if (rest.some((step) => typeof step === 'number')) return null;
  const created = rest.length > 1 ? { created: `${depth === 0 ? 0 : table[row(depth) + 1]} ${rest[0]}` } : {};
  if (depth === 0) {
    const open = openingBrace(part, event);
    return { event, kind: EDIT.insert, at: open, end: open, data: [member(rest, value)], ...created };
  }
  const at = table[row(depth) + 1]!;
  if ((table[row(depth) + 3]! & 15) === TYPE.object) {
    return { event, kind: EDIT.insert, at, end: at, data: [member(rest, value)], ...created };
  }
  // The way leads through something that is no object: the edit replaces it, as an assignment would have to.
  return {
    event,
    kind: EDIT.replace,
    at,
    end: table[row(depth) + 2]!,
    data: [encoder.encode('{'), member(rest, value), encoder.encode('}')],
  };
}

function openingBrace(part: Events, event: number): number {
  let at = part.start[event]!;
  while (part.text[at] !== 0x7b) at++;
  return at;
}

/** `"a":{"b":<value>}` for the steps a, b. */
function member(steps: readonly Step[], value: Uint8Array): Uint8Array {
  const open = steps.map((step) => `${JSON.stringify(step)}:`).join('{');
  const head = encoder.encode(open);
  const out = new Uint8Array(head.length + value.length + steps.length - 1).fill(0x7d);
  out.set(head);
  out.set(value, head.length);
  return out;
}

function toRows(splices: readonly Splice[]): { rows: Uint32Array; count: number; data: Uint8Array } {
  const rows = new Uint32Array(splices.length * 6);
  const data = new Uint8Array(
    splices.reduce((sum, edit) => sum + edit.data.reduce((n, piece) => n + piece.length, 0), 0),
  );
  let at = 0;
  for (const [k, edit] of splices.entries()) {
    const from = at;
    for (const piece of edit.data) {
      data.set(piece, at);
      at += piece.length;
    }
    rows.set([edit.event, edit.kind, edit.at, edit.end, from, at], k * 6);
  }
  return { rows, count: splices.length, data };
}

/** All prefixes of the paths of a pass, located with one kernel call. */
class PathIndex {
  readonly #indices = new Map<string, number>();
  readonly #paths: (readonly Step[])[] = [];

  get count(): number {
    return this.#paths.length;
  }

  add(steps: readonly Step[]): void {
    for (let depth = 1; depth <= steps.length; depth++) {
      const prefix = steps.slice(0, depth);
      const key = JSON.stringify(prefix);
      if (this.#indices.has(key)) continue;
      this.#indices.set(key, this.#paths.length);
      this.#paths.push(prefix);
    }
  }

  of(steps: readonly Step[]): number {
    return this.#indices.get(JSON.stringify(steps))!;
  }

  locate(part: Events): Uint32Array {
    return locate(kernel(), part, compilePaths(this.#paths));
  }
}
