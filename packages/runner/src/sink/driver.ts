import type { Batch, ErrorCode, Outcome, Sink } from '@tailrace/core';
import type { DeadLetters } from '../dead-letters.ts';
import type { SinkSettings } from '../options.ts';
import { type ComponentStats, countErrors, sinkStats } from '../stats.ts';
import { pause, within } from './backoff.ts';
import { type Body, eventAt, type Slice } from './body.ts';
import { bodySize } from './body-size.ts';
import { cutter } from './cutter.ts';
import { type DeliveryContext, deliver } from './deliver.ts';
import { endBut, observeLag } from './delivered.ts';
import { sinkGate } from './gate.ts';
import { type OpenQueue, queueBytes } from './queue.ts';
import { queueBooks } from './queue-books.ts';
import { subjectsOf } from './subjects.ts';
import { takenBatches } from './taken-batches.ts';

/** A sink with everything the runner puts around it: queue → cut by encoded size and time → retry → concurrency → timeout. */
export interface SinkDriver {
  /** Takes a batch; a promise means that the caller has to wait before the next one. */
  put(batch: Batch): Promise<void> | null;
  /** The pump; resolves after `drain`, when nothing is left. */
  run(): Promise<void>;
  /**
   * No more batches will come: send what is there without waiting for company. Once `stopping` has aborted, what is on the
   * disk may stay there when the target takes nothing.
   */
  drain(stopping: AbortSignal): void;
  /** Gives up: what is left settles as errored and comes again. */
  abort(): void;
  /** Sends nothing more; what no request ends within seconds is handed on, still in the books of the component. `run` resolves then. */
  retire(handOn: (batch: Batch) => void): Promise<void>;
  /** Takes what an earlier driver of the component handed on. */
  adopt(batch: Batch): void;
}

/** How long requests under way may take to end when a driver retires; then they are sent again by its successor. */
const RETIRE_MS = 5000;
/** How long dead letters may take to be written when a driver ends; then their events are sent again after a restart. */
const LETTERS_MS = 5000;
/** How often a stopping driver looks whether its target takes anything. */
const LOOK_MS = 100;
/** A target that refuses whatever it is sent, entry by entry, takes nothing after so long. */
const TAKES_NOTHING_MS = 2000;

interface Options {
  readonly sink: Sink;
  readonly openQueue: OpenQueue;
  readonly settings: SinkSettings;
  readonly stats: ComponentStats;
  readonly deadLetters: DeadLetters;
  notReady(subject: string, reason: string | null): void;
}

/** Puts the layers around a sink. */
export function sinkDriver({ sink, openQueue, settings, stats, deadLetters, notReady }: Options): SinkDriver {
  const numbers = sinkStats(queueBytes(settings.queue));
  stats.sink = numbers;
  const queue = openQueue(queueBooks(stats, numbers, notReady));
  const stop = new AbortController();
  const { take, end, forget, refuse, allEnded } = takenBatches(queue, stats, numbers);
  /** Batches that were given already: the books are kept per batch object, so one that comes twice comes as two. */
  const seen = new WeakSet<Batch>();
  const cut = cutter(sink, { take, arrival: queue.arrival, wake: queue.wake }, (batch, index, code, message) => {
    countErrors(stats, code, 1);
    deadLetter(batch, index, code, message);
  });
  let draining = false;
  let isClosed = false;
  let slots = sink.maxInFlight;
  let waitingAgain = 0;
  let wakePump: (() => void) | null = null;
  let bug: Error | null = null;
  let handOn: ((batch: Batch) => void) | null = null;
  const ready: Body[] = [];

  /** An event that ends here for good. */
  function deadLetter(batch: Batch, index: number, code: ErrorCode, message: string): void {
    deadLetters.add({ component: stats.id, code, message, batch, index }, (durable) =>
      end(batch, index, index + 1, durable ? 'dead_lettered' : 'errored'),
    );
  }
  function endAll(body: Body, outcome: Outcome): void {
    for (const slice of body.slices) end(slice.batch, slice.from, slice.to, outcome);
  }
  /** What this driver will not deliver: it comes again, or goes to the successor. */
  function giveBack(slices: readonly Slice[], wasSent = false): void {
    for (const { batch, from, to } of slices) {
      // What is on the disk is found there by the successor.
      if (!handOn || queue.isDurable || from === to) {
        end(batch, from, to, 'errored');
        continue;
      }
      const part = batch.select(Array.from({ length: to - from }, (_, k) => from + k));
      forget(batch, to - from, true);
      handOn(wasSent ? part.forkToRepeat() : part.fork());
    }
  }
  function put(given: Batch): void {
    const batch = seen.has(given) ? given.fork() : given;
    seen.add(batch);
    if (isClosed && handOn) {
      // Letters of sinks that take longer to retire.
      handOn(batch);
      return;
    }
    numbers.bufferedEvents += batch.length;
    if (!isClosed) queue.put(batch);
    else refuse(batch);
    if (stop.signal.aborted) abandon();
  }
  const context: DeliveryContext = {
    sink,
    settings,
    stats: numbers,
    stop: stop.signal,
    subjects: subjectsOf(notReady),
    gate: sinkGate({ maxInFlight: sink.maxInFlight, retry: settings.retry, stats: numbers, stop: stop.signal }),
    size: bodySize(sink.limits.bytes),
    ends: {
      delivered(body, except) {
        if (except.length === body.entries) return;
        stats.sentBytes += body.bytes.length;
        observeLag(numbers, body);
        if (except.length === 0) return endAll(body, 'delivered');
        const refused = new Set(except);
        for (const slice of body.slices) endBut(slice, refused, (from, to) => end(slice.batch, from, to, 'delivered'));
      },
      deadLetter(body, entry, code, message) {
        const { batch, index } = eventAt(body.slices, entry);
        deadLetter(batch, index, code, message);
      },
      discarded(body, entry, reason) {
        const { batch, index } = eventAt(body.slices, entry);
        end(batch, index, index + 1, 'discarded', reason);
      },
      async again(body, pauseMs) {
        waitingAgain++;
        const going = await pause(pauseMs, stop.signal);
        waitingAgain--;
        ready.push(body);
        if (!going) abandon();
        wake();
      },
      givenUp(body) {
        giveBack(body.slices, body.attempts > 0);
        body.release();
      },
      countErrors: (code, count) => countErrors(stats, code, count),
      notReady,
    },
  };

  function wake(): void {
    wakePump?.();
    queue.wake();
  }
  function woken(): Promise<void> {
    return new Promise((resolve) => {
      wakePump = resolve;
    });
  }
  async function start(body: Body): Promise<void> {
    slots--;
    try {
      await deliver(body, context);
    } catch (error) {
      // A bug in the layers themselves: what this body held comes again after a restart.
      bug ??= error as Error;
      stop.abort();
    } finally {
      slots++;
      wake();
    }
  }
  /** After `abort`: what no request holds comes again after a restart. */
  function abandon(): void {
    for (const body of ready.splice(0)) {
      context.subjects.leave(body);
      giveBack(body.slices, body.attempts > 0);
    }
    giveBack(cut.abandon());
    if (queue.isDurable) return;
    for (let batch = take(); batch; batch = take()) giveBack([{ batch, from: 0, to: batch.length, entry: 0 }]);
  }
  /** Letters that are being written end their events later; those that come too late are sent again. */
  async function closeQueue(): Promise<void> {
    await within(allEnded(), LETTERS_MS);
    isClosed = true;
    await queue.close(handOn !== null);
  }
  /** A target that takes nothing is not waited for, once all that came is on the disk. */
  async function leaveStored(stopping: AbortSignal): Promise<void> {
    let sent = stats.sent;
    let since = performance.now();
    const takesNothing = () => numbers.isPaused || performance.now() - since > TAKES_NOTHING_MS;
    while (!stopping.aborted || !takesNothing() || !queue.isStored) {
      if (!(await pause(LOOK_MS, stop.signal)) || isClosed) return;
      if (stopping.aborted && stats.sent === sent && numbers.requestsInFlight === 0) continue;
      sent = stats.sent;
      since = performance.now();
    }
    stop.abort();
    wake();
  }
  const idle = (): boolean => slots === sink.maxInFlight && waitingAgain === 0 && ready.length === 0;

  return {
    put(batch) {
      if (batch.length === 0) return null;
      stats.received += batch.length;
      stats.inFlight += batch.length;
      put(batch);
      return queue.room() ?? deadLetters.room();
    },
    async run() {
      while (!stop.signal.aborted) {
        if (slots === 0 || handOn) {
          await woken();
          continue;
        }
        const again = ready.shift();
        if (again) {
          void start(again);
          continue;
        }
        const body = cut.next(draining);
        if (body) void start(body);
        else if (draining && queue.isEmpty && cut.empty() && idle()) break;
        else await cut.wait(draining);
      }
      abandon();
      // Not for an arrival: a durable queue keeps what has arrived.
      while (!idle()) {
        await woken();
        abandon();
      }
      if (queue.isDurable) await closeQueue();
      if (bug) throw bug;
    },
    drain(stopping) {
      draining = true;
      wake();
      if (queue.isDurable) void leaveStored(stopping);
    },
    abort() {
      stop.abort();
      wake();
    },
    async retire(to) {
      handOn = to;
      const giveUpAt = performance.now() + RETIRE_MS;
      while (numbers.requestsInFlight > 0 && performance.now() < giveUpAt) await pause(10, stop.signal);
      stop.abort();
      wake();
    },
    adopt: put,
  };
}
