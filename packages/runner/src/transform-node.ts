import {
  type Batch,
  type ErrorCode,
  type Lineage,
  type LogBatch,
  type Outcome,
  type Routing,
  retainAll,
  retainCopies,
  settleRange,
  type Ticket,
  type Transform,
} from '@tailrace/core';
import type { DeadLetters } from './dead-letters.ts';
import { heldEvents } from './held-events.ts';
import { batchesOf, thrownText } from './plugin-fault.ts';
import { countOutputs } from './routing.ts';
import { type ComponentStats, countDiscarded, countErrors } from './stats.ts';

/** An event that the transform refused while it processed a batch. */
interface Rejection {
  readonly code: ErrorCode;
  readonly message: string;
}

/** What the transform says about the batch it is processing, through its context. */
export interface Judgement {
  readonly rejected: Map<number, Rejection>;
  /** Why events are missing from the output: each, or all others. */
  readonly reasons: Map<number, string>;
  reason: string | null;
  /** By which named outputs the events of what it gives out leave. */
  readonly routings: WeakMap<Batch, Routing>;
}

/** A judgement about nothing yet. */
export function noJudgement(): Judgement {
  return { rejected: new Map(), reasons: new Map(), reason: null, routings: new WeakMap() };
}

/** Takes what a transform gives out; answers how many of the events leave by outputs that nobody reads. */
export type TransformOut = (made: Batch, routing: Routing | undefined) => number;

/** A transform in the graph: runs it over a batch and books what became of each event. */
export interface TransformNode {
  process(batch: Batch, out: TransformOut): void;
  /** Gives out what a holding transform has to give; after the final one it holds nothing any more. */
  flush(now: number, final: boolean, out: TransformOut): void;
  readonly tickMs: number | null;
  close(): void;
}

/** Wraps a transform; `judgement` is what its context writes to. */
export function transformNode(
  transform: Transform,
  judgement: Judgement,
  stats: ComponentStats,
  deadLetters: DeadLetters,
): TransformNode {
  const holding = typeof transform === 'object';
  const held = heldEvents();

  function process(batch: Batch, out: TransformOut): void {
    stats.received += batch.length;
    stats.inFlight += batch.length;
    if (batch.length > 0) attempt(batch, out);
  }
  function attempt(batch: Batch, out: TransformOut): void {
    forget(judgement);
    const outputs: Batch[] = [];
    const view = batch.fork() as LogBatch;
    if (holding) held.add(batch);
    try {
      if (holding) transform.process(view, (made) => outputs.push(made));
      else outputs.push(...batchesOf(transform(view)));
      // Edits that cannot be applied are this transform's fault: find out here, not in the next component.
      for (const made of outputs) made.fork().release();
    } catch (error) {
      // What a holding transform kept before it threw is not known, so trying again could double it.
      if (holding) throw error;
      alone(batch, error, out);
      return;
    }
    book(batch, outputs, out);
    if (holding) return;
    if (!outputs.includes(view)) view.release();
    batch.release();
  }
  /** A throw is a bug: the events that cause it are found by halving, the others go on. */
  function alone(batch: Batch, error: unknown, out: TransformOut): void {
    if (batch.length === 1) {
      countErrors(stats, 'transform_threw', 1);
      deadLetter(batch, 0, { code: 'transform_threw', message: thrownText(error) });
      return;
    }
    const middle = batch.length >> 1;
    const indices = Array.from({ length: batch.length }, (_, i) => i);
    for (const half of [indices.slice(0, middle), indices.slice(middle)]) attempt(batch.select(half).fork(), out);
  }
  function deadLetter(batch: Batch, index: number, { code, message }: Rejection): void {
    deadLetters.add({ component: stats.id, code, message, batch, index }, (durable) => {
      stats.inFlight--;
      if (durable) stats.deadLettered++;
      else stats.returned++;
      settleRange(batch.lineage, index, index + 1, durable ? 'dead_lettered' : 'errored');
    });
  }
  function book(batch: Batch, outputs: readonly Batch[], out: TransformOut): void {
    const { rejected } = judgement;
    for (const i of rejected.keys()) {
      if (!(i < batch.length)) throw new LineageLost(stats.id, 1, `rejected event ${i} of a batch of ${batch.length}`);
    }
    if (holding) held.rejected(batch, rejected.keys());
    for (const [i, rejection] of rejected) deadLetter(batch, i, rejection);
    const only = !holding && outputs.length === 1 && rejected.size === 0 ? outputs[0]! : null;
    if (only?.length === batch.length && isOneToOne(only.lineage, batch.lineage)) {
      stats.sent += batch.length;
      stats.inFlight -= batch.length;
    } else if (holding) {
      for (const made of outputs) if (made.length > 0) bookHeld(made);
    } else {
      bookEach(batch, outputs, rejected);
    }
    for (const made of outputs) {
      if (made.length > 0) give(made, out);
      else made.release();
    }
  }
  /** What leaves by an output that nobody reads has come to its end here. */
  function give(made: Batch, out: TransformOut): void {
    const routing = judgement.routings.get(made);
    if (routing) countOutputs(stats.outputs, routing, made.length);
    const unread = out(made, routing);
    stats.sent -= unread;
    countDiscarded(stats, unread, 'unread_output', true);
  }
  /** Counts, per input event, how often it came out: not at all is discarded, more than once is a split. */
  function bookEach(batch: Batch, outputs: readonly Batch[], rejected: ReadonlyMap<number, Rejection>): void {
    const uses = new Uint32Array(batch.length);
    const joined = new Uint8Array(batch.length);
    let sent = 0;
    let lost = 0;
    const known = new Set<Ticket>(batch.lineage.tickets);
    for (const made of outputs) {
      sent += made.length;
      if (made.lineage.tickets.some((ticket) => !known.has(ticket))) lost += made.length;
      for (let k = 0; k < made.length; k++) {
        uses[made.lineage.input ? made.lineage.input[k]! : k]!++;
        for (const input of made.lineage.merged?.get(k)?.inputs ?? []) joined[input] = 1;
      }
    }
    if (lost > 0) throw new LineageLost(stats.id, lost);
    let discarded = 0;
    let created = 0;
    let merged = 0;
    for (let i = 0; i < batch.length; i++) {
      if (uses[i]! > 0 && rejected.has(i)) throw new LineageLost(stats.id, uses[i]!, 'gave out an event it rejected');
      if (uses[i]! > 1) {
        created += uses[i]! - 1;
        retainCopies(batch.lineage, i, uses[i]! - 1);
      } else if (uses[i]! === 1 || rejected.has(i)) continue;
      else if (joined[i]) merged++;
      else {
        const reason = judgement.reasons.get(i);
        if (reason === undefined) discarded++;
        else countDiscarded(stats, 1, reason, true);
        settleRange(batch.lineage, i, i + 1, 'discarded');
      }
    }
    stats.created += created;
    stats.sent += sent;
    stats.merged += merged;
    countDiscarded(stats, discarded, judgement.reason ?? stats.type, true);
    stats.inFlight -= batch.length - rejected.size;
  }
  /** A holding transform gives events out later: what came out left the component, with all that it was merged from. */
  function bookHeld(made: Batch): void {
    if (!held.leave(made)) throw new LineageLost(stats.id, made.length);
    let merged = 0;
    for (const more of made.lineage.merged?.values() ?? []) merged += more.inputs.length;
    stats.sent += made.length;
    stats.merged += merged;
    stats.inFlight -= made.length + merged;
  }

  return {
    process,
    flush(now, final, out) {
      if (!holding) return;
      const outputs: Batch[] = [];
      forget(judgement);
      transform.flush(now, final, (made) => outputs.push(made));
      for (const made of outputs) {
        if (made.length === 0) continue;
        bookHeld(made);
        give(made, out);
      }
      if (!final) return;
      const dropped = held.settleRest('discarded');
      stats.inFlight -= dropped;
      countDiscarded(stats, dropped, judgement.reason ?? stats.type, true);
    },
    close() {
      if (holding) transform.close?.();
    },
    tickMs: holding ? (transform.tickMs ?? null) : null,
  };
}

function forget(judgement: Judgement): void {
  judgement.rejected.clear();
  judgement.reasons.clear();
  judgement.reason = null;
}

/** Whether a batch is its input with other texts: the tickets are handed on as they are. */
function isOneToOne(made: Lineage, input: Lineage): boolean {
  return made.tickets === input.tickets && !made.input && !made.merged;
}

/** Sends a batch to several consumers: each holds every event. */
export function branch(batch: Batch, consumers: number): void {
  for (let k = 1; k < consumers; k++) retainAll(batch.lineage, batch.length);
}

/** Settles a whole batch that nobody takes. */
export function settleAll(batch: Batch, outcome: Outcome): void {
  settleRange(batch.lineage, 0, batch.length, outcome);
}

/** A transform gave out events that are not those of its input: the ledger cannot hold. */
class LineageLost extends Error {
  override readonly name = 'LineageLost';
  constructor(component: string, events: number, what?: string) {
    super(
      `lineage_lost: ${component} ${what ?? `gave out ${events} events that were not made by select, derive or merge of the batch it received`}`,
    );
  }
}
