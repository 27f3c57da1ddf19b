import { type Batch, ByteWriter, type Outcome, type Sink, settleRange } from '@tailrace/core';
import type { DeadLetters } from '../dead-letters.ts';
import type { SinkSettings } from '../options.ts';
import { type ComponentStats, countErrors, observe, sinkStats } from '../stats.ts';
import { pause } from './backoff.ts';
import { type Body, bodyOf, eventAt, type Slice } from './body.ts';
import { type DeliveryContext, deliver } from './deliver.ts';
import { memoryQueue } from './queue.ts';

/** A sink with everything the runner puts around it: queue → cut by encoded size and time → retry → concurrency → timeout. */
export interface SinkDriver {
  /** Takes a batch; a promise means that the caller has to wait before the next one. */
  put(batch: Batch): Promise<void> | null;
  /** The pump; resolves after `drain`, when nothing is left. */
  run(): Promise<void>;
  /** No more batches will come: send what is there without waiting for company. */
  drain(): void;
  /** Gives up: what is left settles as errored and comes again. */
  abort(): void;
}

interface Options {
  readonly sink: Sink;
  readonly settings: SinkSettings;
  readonly stats: ComponentStats;
  readonly deadLetters: DeadLetters;
  notReady(subject: string, reason: string | null): void;
}

/** Puts the layers around a sink. */
export function sinkDriver({ sink, settings, stats, deadLetters, notReady }: Options): SinkDriver {
  const queue = memoryQueue(settings.queue.max_bytes);
  const numbers = sinkStats(settings.queue.max_bytes);
  stats.sink = numbers;
  const stop = new AbortController();
  const writers: ByteWriter[] = [];
  const left = new Map<Batch, number>();
  const cut = cutter(sink, queue, takeWriter, releaseWriter, tooLarge);
  let draining = false;
  let slots = sink.maxInFlight;
  let waitingAgain = 0;
  let wakePump: (() => void) | null = null;
  let bug: Error | null = null;
  const ready: Body[] = [];

  function takeWriter(): ByteWriter {
    return writers.pop() ?? new ByteWriter(sink.limits.bytes, sink.limits.events);
  }
  function releaseWriter(writer: ByteWriter): void {
    writer.reset();
    writers.push(writer);
  }
  function tooLarge(batch: Batch, index: number): void {
    const message = `the event alone needs more than the ${sink.limits.bytes} bytes of a request`;
    countErrors(stats, 'event_too_large', 1);
    deadLetters.add({ component: stats.id, code: 'event_too_large', message, batch, index }, (durable) =>
      end(batch, index, index + 1, durable ? 'dead_lettered' : 'errored'),
    );
  }
  /** Books the end of events `[from, to)` of a batch; the last end of a batch frees its memory. */
  function end(batch: Batch, from: number, to: number, outcome: Outcome): void {
    const count = to - from;
    if (count <= 0) return;
    if (outcome === 'delivered') stats.sent += count;
    else if (outcome === 'dead_lettered') stats.deadLettered += count;
    else stats.returned += count;
    stats.inFlight -= count;
    numbers.bufferedEvents -= count;
    const rest = left.get(batch)! - count;
    if (rest > 0) left.set(batch, rest);
    else {
      left.delete(batch);
      queue.free(batch.bytes);
      numbers.bufferedBytes = queue.bytes;
    }
    settleRange(batch.lineage, from, to, outcome);
  }
  function endAll(body: Body, outcome: Outcome): void {
    for (const slice of body.slices) end(slice.batch, slice.from, slice.to, outcome);
  }

  const context: DeliveryContext = {
    sink,
    settings,
    stats: numbers,
    stop: stop.signal,
    subjects: new Set(),
    ends: {
      delivered(body, except) {
        stats.sentBytes += body.bytes.length;
        observeLag(numbers, body);
        if (except.length === 0) return endAll(body, 'delivered');
        const refused = new Set(except);
        for (const slice of body.slices) endBut(slice, refused, (from, to) => end(slice.batch, from, to, 'delivered'));
      },
      deadLetter(body, entry, code, message) {
        const { batch, index } = eventAt(body.slices, entry);
        deadLetters.add({ component: stats.id, code, message, batch, index }, (durable) =>
          end(batch, index, index + 1, durable ? 'dead_lettered' : 'errored'),
        );
      },
      async again(body, pauseMs) {
        waitingAgain++;
        const going = await pause(pauseMs, stop.signal);
        waitingAgain--;
        if (going) ready.push(body);
        else endAll(body, 'errored');
        wake();
      },
      givenUp(body) {
        endAll(body, 'errored');
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
  const idle = (): boolean => slots === sink.maxInFlight && waitingAgain === 0 && ready.length === 0;

  return {
    put(batch) {
      left.set(batch, batch.length);
      stats.received += batch.length;
      stats.inFlight += batch.length;
      numbers.bufferedEvents += batch.length;
      queue.put(batch);
      numbers.bufferedBytes = queue.bytes;
      return queue.room() ?? deadLetters.room();
    },
    async run() {
      while (!stop.signal.aborted) {
        if (slots === 0) {
          await new Promise<void>((resolve) => {
            wakePump = resolve;
          });
          continue;
        }
        const again = ready.shift();
        if (again) {
          void start(again);
          continue;
        }
        const body = cut.next(draining);
        if (body) void start(body);
        else if (draining && queue.batches === 0 && cut.empty() && idle()) break;
        else await cut.wait(draining);
      }
      for (const body of ready.splice(0)) endAll(body, 'errored');
      for (const slice of cut.abandon()) end(slice.batch, slice.from, slice.to, 'errored');
      while (!idle()) await new Promise((resolve) => setTimeout(resolve, 5));
      if (bug) throw bug;
    },
    drain() {
      draining = true;
      wake();
    },
    abort() {
      stop.abort();
      wake();
    },
  };
}

function endBut(slice: Slice, refused: ReadonlySet<number>, endRange: (from: number, to: number) => void): void {
  let from = slice.from;
  for (let index = slice.from; index < slice.to; index++) {
    if (!refused.has(slice.entry + index - slice.from)) continue;
    endRange(from, index);
    from = index + 1;
  }
  endRange(from, slice.to);
}

/** The lag of a request is that of its oldest batch: one look per request. */
function observeLag(numbers: NonNullable<ComponentStats['sink']>, body: Body): void {
  const { batch, from } = body.slices[0]!;
  observe(numbers.lagSeconds, Math.max(0, Date.now() / 1000 - Number(batch.time(from)) / 1e9));
}

/** Cuts bodies from the queue by encoded size, count and time. */
function cutter(
  sink: Sink,
  queue: ReturnType<typeof memoryQueue>,
  takeWriter: () => ByteWriter,
  releaseWriter: (writer: ByteWriter) => void,
  tooLarge: (batch: Batch, index: number) => void,
) {
  let writer: ByteWriter | null = null;
  let slices: Slice[] = [];
  let cursor = 0;
  let deadline = 0;

  function close(): Body | null {
    if (!writer || writer.entries === 0) return null;
    const full = writer;
    const body = bodyOf(full, slices, () => releaseWriter(full));
    writer = null;
    slices = [];
    return body;
  }
  /** Encodes as much of one batch as fits; true when the writer is full. */
  function fill(batch: Batch): boolean {
    writer ??= takeWriter();
    if (writer.entries === 0) deadline = performance.now() + sink.limits.waitMs;
    const entry = writer.entries;
    const next = sink.encode(batch as never, cursor, batch.length, writer);
    if (next > cursor) slices.push({ batch, from: cursor, to: next, entry });
    cursor = next;
    if (cursor === batch.length) {
      queue.take();
      cursor = 0;
      return writer.entries === writer.marks.length;
    }
    if (writer.entries === 0) tooLarge(batch, cursor++);
    if (cursor === batch.length) {
      queue.take();
      cursor = 0;
    }
    return writer.entries > 0;
  }

  return {
    /** The next body, if one is full or has waited long enough. */
    next(hurry: boolean): Body | null {
      for (let batch = queue.peek(); batch; batch = queue.peek()) if (fill(batch)) return close();
      return hurry || performance.now() >= deadline ? close() : null;
    },
    /** Until a batch arrives, or the open body has waited long enough. */
    async wait(hurry: boolean): Promise<void> {
      const arrival = queue.arrival();
      if (hurry || !writer || writer.entries === 0) return arrival;
      const timer = setTimeout(() => queue.wake(), Math.max(1, deadline - performance.now()));
      await arrival;
      clearTimeout(timer);
    },
    empty: () => !writer || writer.entries === 0,
    /** What was never sent, the open body and the queue. */
    abandon(): Slice[] {
      const rest = slices;
      for (let batch = queue.take(); batch; batch = queue.take()) {
        rest.push({ batch, from: cursor, to: batch.length, entry: 0 });
        cursor = 0;
      }
      if (writer) releaseWriter(writer);
      writer = null;
      slices = [];
      return rest;
    },
  };
}
