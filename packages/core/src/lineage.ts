/** What became of an event, best first; over several branches the worst one counts. */
export type Outcome = 'delivered' | 'discarded' | 'dead_lettered' | 'errored';

const RANK: Readonly<Record<Outcome, number>> = { delivered: 0, discarded: 1, dead_lettered: 2, errored: 3 };

/** The worse of two outcomes; `errored` is the only one that is not settled: the events come again. */
export function worst(a: Outcome, b: Outcome): Outcome {
  return RANK[a] >= RANK[b] ? a : b;
}

/**
 * One emitted source batch on its way: how many of its events (and copies of them) are still under way, and the worst outcome
 * so far. Settles once, when the last one does.
 */
export class Ticket {
  readonly settled: Promise<Outcome>;
  #pending: number;
  #outcome: Outcome = 'delivered';
  #resolve!: (outcome: Outcome) => void;

  constructor(events: number) {
    this.#pending = events;
    this.settled = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    if (events === 0) this.#resolve('delivered');
  }

  get pending(): number {
    return this.#pending;
  }

  /** `count` more copies are under way (a branch, a split). */
  retain(count: number): void {
    this.#pending += count;
  }

  /** `count` of them ended so. */
  settle(count: number, outcome: Outcome): void {
    if (count === 0) return;
    if (count > this.#pending) throw new RangeError(`settled ${count} events of ${this.#pending} that are under way`);
    this.#outcome = worst(this.#outcome, outcome);
    this.#pending -= count;
    if (this.#pending === 0) this.#resolve(this.#outcome);
  }
}

/**
 * Where a batch's events come from. `input` says, per event, its index in the batch that the component received (`null`: the same
 * index); `tickets` and `ticketOf` say which source batch it settles; a merged event has further inputs and tickets in `merged`.
 */
export interface Lineage {
  readonly tickets: readonly Ticket[];
  readonly ticketOf: Uint16Array | null;
  readonly input: Uint32Array | null;
  readonly merged: ReadonlyMap<number, Merged> | null;
}

/** What a merged event stands for beyond its first input. */
export interface Merged {
  readonly inputs: readonly number[];
  readonly tickets: readonly Ticket[];
}

/** The lineage of a batch straight from a source. */
export function lineageOf(ticket: Ticket): Lineage {
  return { tickets: [ticket], ticketOf: null, input: null, merged: null };
}

/** The lineage of the chosen events, in that order. */
export function selectLineage(lineage: Lineage, indices: ArrayLike<number>): Lineage {
  const count = indices.length;
  const input = new Uint32Array(count);
  const ticketOf = lineage.ticketOf ? new Uint16Array(count) : null;
  const merged = new Map<number, Merged>();
  for (let k = 0; k < count; k++) {
    const i = indices[k]!;
    input[k] = lineage.input ? lineage.input[i]! : i;
    if (ticketOf) ticketOf[k] = lineage.ticketOf![i]!;
    const more = lineage.merged?.get(i);
    if (more) merged.set(k, more);
  }
  return { tickets: lineage.tickets, ticketOf, input, merged: merged.size > 0 ? merged : null };
}

/** The lineage of one event made of several. */
export function mergeLineage(lineage: Lineage, indices: readonly number[]): Lineage {
  const first = selectLineage(lineage, indices.slice(0, 1));
  const rest = indices.slice(1);
  const inherited = indices.map((i) => lineage.merged?.get(i)).filter((more) => more !== undefined);
  const more: Merged = {
    inputs: [...rest.map((i) => lineage.input?.[i] ?? i), ...inherited.flatMap((m) => m.inputs)],
    tickets: [...rest.map((i) => ticketAt(lineage, i)), ...inherited.flatMap((m) => m.tickets)],
  };
  return { ...first, merged: new Map([[0, more]]) };
}

/** The lineage of a view that starts anew: a merged event keeps its further tickets; its inputs are one event from here on. */
export function lineageAnew(lineage: Lineage): Lineage {
  const merged = lineage.merged && [...lineage.merged].map(([i, { tickets }]) => [i, { inputs: [], tickets }] as const);
  return { ...lineage, input: null, merged: merged && new Map(merged) };
}

/** The source batch of event `i`. */
export function ticketAt(lineage: Lineage, i: number): Ticket {
  return lineage.tickets[lineage.ticketOf ? lineage.ticketOf[i]! : 0]!;
}

/** Settles events `[from, to)` of a batch with this lineage. */
export function settleRange(lineage: Lineage, from: number, to: number, outcome: Outcome): void {
  if (!lineage.ticketOf) lineage.tickets[0]!.settle(to - from, outcome);
  else for (let i = from; i < to; i++) ticketAt(lineage, i).settle(1, outcome);
  if (!lineage.merged) return;
  for (const [i, more] of lineage.merged) {
    if (i >= from && i < to) for (const ticket of more.tickets) ticket.settle(1, outcome);
  }
}

/** `copies` more of event `i` are under way: each settles on its own all that the event was merged from. */
export function retainCopies(lineage: Lineage, i: number, copies: number): void {
  ticketAt(lineage, i).retain(copies);
  for (const ticket of lineage.merged?.get(i)?.tickets ?? []) ticket.retain(copies);
}

/** One more copy of every event of a batch of `length` events is under way. */
export function retainAll(lineage: Lineage, length: number): void {
  if (!lineage.ticketOf) lineage.tickets[0]!.retain(length);
  else for (let i = 0; i < length; i++) ticketAt(lineage, i).retain(1);
  if (lineage.merged) for (const more of lineage.merged.values()) for (const ticket of more.tickets) ticket.retain(1);
}
