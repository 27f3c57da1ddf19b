import type { EncodedBatch, ErrorCode, LeftOut, PluginContext, Verdict } from '@tailrace/core';
import type { MetricPoint } from '@tailrace/telemetry';
import { judge, reasonOf } from '../answer.ts';
import type { Answer, NoAnswer } from '../http-client.ts';
import { type Assembled, type Assembly, assemble } from './assemble.ts';
import { type Keeping, type LastValues, openLastValues } from './last-values.ts';
import { PACKED_BYTES, PLAIN_BYTES } from './limits.ts';
import type { Packing } from './packing.ts';
import type { Address } from './parts.ts';
import { type Request, readRequest, storeRequest } from './unconfirmed.ts';

/** Sends the points of bodies, one body after the other. */
export interface Delivery {
  send(body: EncodedBatch, points: readonly MetricPoint[], signal: AbortSignal): Promise<Verdict>;
  close(): Promise<void>;
}

interface Options {
  readonly context: PluginContext;
  /** Where last values are kept. */
  readonly folder: string;
  readonly keeping: Keeping;
  readonly assembly: Assembly;
  readonly packing: Packing;
  /** Unix nanoseconds. */
  readonly runStart: bigint;
  post(request: Request, signal: AbortSignal): Promise<Answer | NoAnswer>;
}

/** A request that may have been accepted: its answer did not come, or said neither yes nor no. */
interface Doubt {
  readonly request: Request;
  /** Whose request it is; `null` after a restart. */
  readonly body: EncodedBatch | null;
  /** How often it was sent again for other bodies, which wait for its outcome. */
  repetitions: number;
}

interface Progress {
  /** The addresses that have taken their part. */
  readonly done: Set<Address>;
  leftOut: readonly LeftOut[];
}

const ADDRESSES: readonly Address[] = ['series', 'distributions'];
/** A request that holds others up so often is given up, for it may be what the server fails at. */
const MOST_REPETITIONS = 3;
const QUIET_MS = 60_000;
const DONE: Verdict = { kind: 'done', refused: [] };

/** Makes a delivery; touches neither network nor disk before the first `send`. */
export function metricDelivery(options: Options): Delivery {
  const { context, folder, assembly, packing } = options;
  /** How far bodies have come that are tried again. */
  const progress = new WeakMap<EncodedBatch, Progress>();
  let values: LastValues | null = null;
  let doubt: Doubt | null = null;
  let sequence = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let quietUntil = 0;

  function warn(message: string): void {
    context.log.warn({}, message);
  }
  /** What the disk does is not for the request to say: a failure is tried again. */
  async function load(): Promise<LastValues> {
    const opened = await openLastValues(folder, options.keeping, options.runStart, warn);
    const left = await readRequest(folder);
    if (left && left.sequence > opened.sequence) doubt = { request: left, body: null, repetitions: 0 };
    sequence = Math.max(opened.sequence, left?.sequence ?? 0);
    values = opened;
    return opened;
  }
  async function commit(request: Pick<Request, 'marks' | 'sequence'>, known: LastValues): Promise<void> {
    if (request.marks.size === 0) return;
    try {
      const forgotten = await known.commit(request.marks, request.sequence);
      if (forgotten > 0) context.countErrors('series_forgotten', forgotten);
      context.notReady('last values', null);
    } catch (error) {
      // Datadog has the values and memory knows it; only a crash now would make them come twice.
      context.countErrors('write_failed', 1);
      context.notReady('last values', `write_failed: ${messageOf(error)}`);
    }
  }
  async function transmit(sent: Doubt, known: LastValues, signal: AbortSignal): Promise<Verdict> {
    const answer = await options.post(sent.request, signal);
    const verdict = judge(answer);
    if (verdict.kind === 'done') {
      doubt = null;
      if (answer.kind === 'answer') tellErrors(answer.text);
      if (sent.body) progressOf(progress, sent.body).done.add(sent.request.address);
      await commit(sent.request, known);
    } else if (!isCertain(answer)) doubt = sent;
    else if (verdict.kind === 'refused' || verdict.kind === 'split') doubt = null;
    return verdict;
  }
  /** Sends a request in doubt again, the very same bytes; `null` when nothing is in doubt any more. */
  async function settle(body: EncodedBatch, known: LastValues, signal: AbortSignal): Promise<Verdict | null> {
    if (doubt && isPast(doubt.request)) doubt = null;
    if (!doubt) return null;
    if (doubt.body !== body) doubt.repetitions++;
    const verdict = await transmit(doubt, known, signal);
    if (doubt && doubt.repetitions >= MOST_REPETITIONS) doubt = null;
    return doubt ? verdict : null;
  }
  /** Datadog would drop what is so old and say yes. */
  function isPast({ marks }: Request): boolean {
    const oldest = BigInt(Math.floor(Date.now() - assembly.maxAgeMs)) * 1_000_000n;
    return [...marks.values()].some(({ time }) => time < oldest);
  }
  /** Datadog can take a request and still have something to say about it. */
  function tellErrors(text: string): void {
    const reason = reasonOf(text);
    if (!reason) return;
    context.countErrors('metric_refused', 1);
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + QUIET_MS;
    warn(`Datadog accepted a request, but says: ${reason}`);
  }
  function count({ refused, outOfTime }: Assembled): void {
    const sums: readonly (readonly [ErrorCode, number])[] = [
      ['metric_refused', refused],
      ['metric_out_of_time', outOfTime],
    ];
    for (const [code, number] of sums) if (number > 0) context.countErrors(code, number);
  }
  async function sendTo(
    address: Address,
    body: EncodedBatch,
    points: readonly MetricPoint[],
    known: LastValues,
    signal: AbortSignal,
  ): Promise<Verdict> {
    const assembled = assemble(points, address, known, assembly);
    if (address === 'series') progressOf(progress, body).leftOut = assembled.leftOut;
    if (assembled.text === null) {
      await commit({ marks: assembled.marks, sequence }, known);
      count(assembled);
      return DONE;
    }
    const plain = Buffer.from(assembled.text);
    const { encoding, bytes } = await packing(address, plain);
    if (plain.length > PLAIN_BYTES || bytes.length > PACKED_BYTES) return tooLarge(plain.length, bytes.length);
    const request: Request = { sequence: ++sequence, address, encoding, body: bytes, marks: assembled.marks };
    // Gauges and increments need no last values: sent twice, the second takes the place of the first.
    if (request.marks.size > 0) await storeRequest(folder, request);
    const verdict = await transmit({ request, body, repetitions: 0 }, known, signal);
    if (verdict.kind === 'done') count(assembled);
    return verdict;
  }
  async function send(body: EncodedBatch, points: readonly MetricPoint[], signal: AbortSignal): Promise<Verdict> {
    try {
      const known = values ?? (await load());
      // The next change begins where that one ends, so its outcome has to be known first.
      const unsettled = await settle(body, known, signal);
      if (unsettled) return unsettled;
      const own = progressOf(progress, body);
      for (const address of ADDRESSES) {
        if (own.done.has(address)) continue;
        const verdict = await sendTo(address, body, points, known, signal);
        if (verdict.kind !== 'done') return verdict;
      }
      return own.leftOut.length === 0 ? DONE : { kind: 'done', refused: [], leftOut: own.leftOut };
    } catch (error) {
      if (!isFileFault(error)) throw error;
      return { kind: 'retry', code: 'write_failed', message: messageOf(error) };
    }
  }

  return {
    send(body, points, signal) {
      const result = turn.then(() => send(body, points, signal));
      turn = result.catch(() => undefined);
      return result;
    },
    async close() {
      await turn;
      await values?.close();
      values = null;
    },
  };
}

function progressOf(all: WeakMap<EncodedBatch, Progress>, body: EncodedBatch): Progress {
  const known = all.get(body) ?? { done: new Set<Address>(), leftOut: [] };
  all.set(body, known);
  return known;
}

/** Whether an answer that is no yes is a no: a timeout and a failure of the server may come after it has taken the request. */
function isCertain(answer: Answer | NoAnswer): boolean {
  return answer.kind === 'answer' && answer.status !== 408 && answer.status < 500;
}

function tooLarge(plain: number, packed: number): Verdict {
  const message = `the request has ${plain} bytes, ${packed} when packed; Datadog takes ${PLAIN_BYTES} and ${PACKED_BYTES}`;
  return { kind: 'split', code: 'request_too_large', message };
}

function isFileFault(error: unknown): boolean {
  return error instanceof Error && ('syscall' in error || /use a newer tailrace/.test(error.message));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
