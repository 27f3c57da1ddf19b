import {
  type BatchTransform,
  type Infer,
  type LogBatch,
  oneOf,
  parseJson,
  type TransformContext,
} from '@tailrace/core';
import { become, type EventObject, eventFault } from './event-value.ts';

/** What a function is told about the event that it gets, beside its content. */
export interface ScriptContext {
  /** The event's identity: the same whenever it is read again. Events that one is split into get identities of their own from it. */
  readonly id: string;
  /** Nanoseconds since 1970: of the event, or of its reading where it brings no time. */
  readonly time: bigint;
  /** Id of the source that read it. */
  readonly source: string;
  /** What it was read from: a file's path, an address, `stdin`. */
  readonly input: string;
  /** Id of the component that calls the function. */
  readonly component: string;
}

/**
 * A function over events: it returns the event, changed or not, another event in its place, several, or null for none. Integers beyond
 * 2^53 are `bigint`; it must not be async, and what it does not return in time holds everything up.
 */
export type ScriptFunction = (event: EventObject, context: ScriptContext) => object | readonly object[] | null;

/** The option that says what becomes of an event for which the function fails. */
export const ON_ERROR = oneOf(['dead_letter', 'keep', 'drop'], {
  default: 'dead_letter',
  description:
    'What becomes of an event, as it came, for which the function throws or returns something that is no event; counted as `script_failed`.',
});

/** Most events that one is split into. */
const MAX_SPLIT = 10_000;

interface RunOptions {
  readonly run: ScriptFunction;
  readonly onError: Infer<typeof ON_ERROR>;
  readonly context: TransformContext;
  /** What it threw, in words, with its place. */
  describe(error: unknown): string;
}

/** Makes a transform of a function. */
export function runFunction({ run, onError, context, describe }: RunOptions): BatchTransform {
  /** The events that one becomes, or why it failed. */
  function called(event: EventObject, about: ScriptContext): readonly object[] | string {
    let result: unknown;
    try {
      result = run(event, about);
    } catch (error) {
      return describe(error);
    }
    if (result === null) return [];
    if (result === undefined) return 'returned nothing: return the event, a list of events, or null to drop it';
    const events: readonly unknown[] = Array.isArray(result) ? result : [result];
    if (events.length > MAX_SPLIT) return `returned ${events.length} events: at most ${MAX_SPLIT} are taken`;
    const fault = events.map(eventFault).find((one) => one !== null);
    return fault === undefined ? (events as readonly object[]) : `returned ${fault}`;
  }

  return (batch) => {
    // Identity and time are read here: asking the batch itself would make it write back, and parse anew, what the function is changing.
    const before = batch.fork();
    const made: Made = { from: [], events: [] };
    let failed = 0;
    for (let i = 0; i < batch.length; i++) {
      const results = called(batch.object(i), aboutEvent(before, i, context.componentId));
      if (typeof results !== 'string') add(made, i, results);
      else {
        failed++;
        if (onError === 'keep') add(made, i, [parseJson(before.text(i)) as EventObject]);
        else if (onError === 'drop') context.discardReason('script_failed', i);
        else context.reject(i, 'script_failed', results);
      }
    }
    if (failed > 0) context.countErrors('script_failed', failed);
    const isOneToOne = made.from.length === batch.length && made.from.every((i, k) => i === k);
    const out = isOneToOne ? batch : outOf(before, made.from);
    for (const [k, event] of made.events.entries()) become(out.object(k), event as EventObject);
    before.release();
    return out;
  };
}

/** The events that come out, and the index of the one that each was made of. */
interface Made {
  readonly from: number[];
  readonly events: object[];
}

function add({ from, events }: Made, i: number, results: readonly object[]): void {
  for (const event of results) {
    from.push(i);
    events.push(event);
  }
}

/** The events that others are made of, each with its text as often as it is named: what stays the same keeps its bytes. */
function outOf(before: LogBatch, from: readonly number[]): LogBatch {
  const isSplit = from.some((i, k) => i === from[k - 1]);
  if (!isSplit) return before.select(from);
  return before.derive(
    from,
    from.map((i) => before.text(i)),
  );
}

function aboutEvent(batch: LogBatch, i: number, component: string): ScriptContext {
  return {
    component,
    get id() {
      return batch.id(i);
    },
    get time() {
      return batch.time(i);
    },
    get source() {
      return batch.position(i).stream.source;
    },
    get input() {
      return batch.position(i).stream.label;
    },
  };
}

/** Why a value is no function that can be called for an event. */
export function functionFault(run: unknown): string | null {
  if (typeof run !== 'function') return `is no function but ${run === null ? 'null' : typeof run}`;
  const kind = Object.prototype.toString.call(run).slice(8, -1);
  // A class cannot be called, and says so of each event only.
  if (/^class\b/.test(Function.prototype.toString.call(run))) return 'is a class: expected a function';
  if (kind === 'Function') return null;
  return `is an ${kind}: expected a function that returns its events at once, not async and no generator`;
}
