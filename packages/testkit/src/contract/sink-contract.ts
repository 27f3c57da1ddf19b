import assert from 'node:assert/strict';
import {
  type AnySink,
  type Batch,
  ByteWriter,
  type EncodedBatch,
  resolveConfig,
  type SinkDeclaration,
  signalsOf,
  type Verdict,
} from '@tailrace/core';
import { batchOf, pluginContext } from '../harness.ts';
import { type ContractOptions, chosenConfig, declarationContract } from './declaration.ts';
import { inFolder, type TestHooks, withPatience } from './hooks.ts';

/** What a sink's suite may be told. */
export interface SinkContractOptions extends ContractOptions {
  /** Log events that the sink can take, at least three; some plain ones unless set. */
  readonly events?: readonly object[];
  /** A batch of at least three events instead, for a sink that takes no logs. */
  readonly batch?: () => Batch;
  /** Starts a target that takes everything, and gives the options that lead to it; without it nothing is sent. */
  readonly target?: (folder: string) => Promise<SinkTarget>;
}

/** A target of a sink under test. */
export interface SinkTarget {
  /** Options beside `config` of the suite. */
  readonly config: object;
  stop?(): Promise<void>;
}

const EVENTS: readonly object[] = Array.from({ length: 12 }, (_, i) => ({
  '@timestamp': `2026-11-20T10:00:0${i % 10}.5Z`,
  message: `event ${i} ${'é'.repeat(i)}`,
  fields: { n: i, ok: i % 2 === 0 },
}));

/**
 * The contract of a sink, as tests: bodies never grow beyond the writer, whatever its size, and hold each event once and in order; encoding
 * again gives the same bytes; sending ends when it is told to, and says of each entry what became of it.
 */
export function sinkContract(hooks: TestHooks, declaration: SinkDeclaration, options: SinkContractOptions = {}): void {
  hooks.describe(`the contract of the sink ${declaration.type}`, () => {
    declarationContract(hooks, declaration, options);
    const hasBatch = options.batch !== undefined || signalsOf(declaration.input).includes('logs');
    if (!hasBatch) return;
    const batch = (): Batch => options.batch?.() ?? batchOf(options.events ?? EVENTS);
    encoding(hooks, declaration, options, batch);
    sending(hooks, declaration, options, batch);
  });
}

async function withSink(
  declaration: SinkDeclaration,
  options: SinkContractOptions,
  target: object | null,
  body: (sink: AnySink) => Promise<void>,
): Promise<void> {
  const { config: chosen, files } = chosenConfig(declaration, options);
  const config = target ? { ...options.config, ...target } : chosen;
  await inFolder(files, async (folder) => {
    const { context } = pluginContext(folder);
    const sink = await declaration.create({
      config: resolveConfig(declaration.config, config),
      context,
    });
    try {
      await body(sink);
    } finally {
      await sink.close?.();
    }
  });
}

function encoding(
  { test }: TestHooks,
  declaration: SinkDeclaration,
  options: SinkContractOptions,
  batch: () => Batch,
): void {
  const check = (body: (sink: AnySink) => void): Promise<void> =>
    withSink(declaration, options, null, async (sink) => {
      await Promise.resolve();
      body(sink);
    });

  test('its limits are numbers that a body can have', () =>
    check(({ limits, maxInFlight }) => {
      const numbers = [limits.bytes, limits.events, limits.waitMs, maxInFlight];
      assert.ok(limits.bytes >= 1 && limits.events >= 1 && limits.waitMs >= 0 && maxInFlight >= 1, numbers.join(', '));
    }));

  test('encode takes every event, one entry each, in order', () =>
    check((sink) => {
      const events = batch();
      const { writer, next } = encode(sink, events, 0, sink.limits.bytes, sink.limits.events);
      assert.deepEqual([next, writer.entries], [events.length, events.length]);
    }));

  test('encode stops at the limit of the writer, of bytes and of entries, and goes on where it stopped', () =>
    check((sink) => {
      const events = batch();
      const whole = encode(sink, events, 0, sink.limits.bytes, sink.limits.events).writer.used;
      const largest = Math.max(...eachAlone(sink, events).map((entry) => entry.length));
      for (const bytes of [largest, largest + 1, Math.ceil(whole / 2), whole - 1, whole]) {
        if (bytes >= largest) pieces(sink, events, bytes, events.length);
      }
      for (const entries of [1, 2, events.length - 1]) pieces(sink, events, sink.limits.bytes, entries);
    }));

  test('an event that alone is too large for the writer is left to the runner: nothing is written', () =>
    check((sink) => {
      const events = batch();
      const { writer, next } = encode(sink, events, 0, 1, events.length);
      assert.deepEqual([next, writer.entries, writer.used], [0, 0, 0]);
    }));

  test('encode begins where it is told, and the same events give the same bytes', () =>
    check((sink) => {
      const events = batch();
      const [first, again] = [eachAlone(sink, events), eachAlone(sink, batch())];
      assert.deepEqual(again, first);
      const from = Math.floor(events.length / 2);
      const rest = encode(sink, events, from, sink.limits.bytes, sink.limits.events);
      assert.deepEqual([rest.next, rest.writer.entries], [events.length, events.length - from]);
    }));
}

interface Encoded {
  readonly writer: ByteWriter;
  readonly next: number;
}

/** Encodes from `from` on, and checks what was written. */
function encode(sink: AnySink, events: Batch, from: number, bytes: number, entries: number): Encoded {
  const writer = new ByteWriter(bytes, entries);
  const next = sink.encode(events, from, events.length, writer);
  assert.ok(writer.used <= bytes, `${writer.used} bytes were written into ${bytes}`);
  assert.equal(writer.entries, next - from, 'one entry for each event');
  const marks = [...writer.marks.subarray(0, writer.entries)];
  assert.deepEqual(
    marks.toSorted((a, b) => a - b),
    marks,
    'the ends of the entries rise',
  );
  assert.equal(marks.at(-1) ?? 0, writer.used, 'the last entry ends where the body does');
  return { writer, next };
}

/** Each event as a body of its own. */
function eachAlone(sink: AnySink, events: Batch): Uint8Array[] {
  return Array.from({ length: events.length }, (_, i) => {
    const writer = new ByteWriter(sink.limits.bytes, 1);
    assert.equal(sink.encode(events, i, i + 1, writer), i + 1, `event ${i} fits into a body of its own`);
    return writer.bytes.slice(0, writer.used);
  });
}

/** All events in bodies of at most so much. */
function pieces(sink: AnySink, events: Batch, bytes: number, entries: number): void {
  let from = 0;
  while (from < events.length) {
    const { next } = encode(sink, events, from, bytes, entries);
    assert.ok(
      next > from,
      `nothing was written into an empty body of ${bytes} bytes and ${entries} entries, from event ${from}`,
    );
    from = next;
  }
}

function sending(
  { test }: TestHooks,
  declaration: SinkDeclaration,
  options: SinkContractOptions,
  batch: () => Batch,
): void {
  const { target } = options;
  if (!target) return;
  const atTarget = (body: (sink: AnySink) => Promise<void>): Promise<void> =>
    inFolder({}, async (folder) => {
      const { config, stop } = await target(folder);
      try {
        await withSink(declaration, options, config, body);
      } finally {
        await stop?.();
      }
    });

  test('a target that takes everything: done, and each entry is accounted for', () =>
    atTarget(async (sink) => {
      await withPatience(
        'probe did not come to an end',
        sink.probe?.(new AbortController().signal) ?? Promise.resolve(),
      );
      const body = bodyOf(sink, batch());
      const verdict = await withPatience('send gave no verdict', sink.send(body, new AbortController().signal));
      assert.equal(verdict.kind, 'done', JSON.stringify(verdict));
      checkDone(verdict, body.entries);
    }));

  test('a request that is told to stop ends, by a verdict or by rejecting', () =>
    atTarget(async (sink) => {
      const stop = new AbortController();
      const sent = sink.send(bodyOf(sink, batch()), stop.signal).then(
        () => undefined,
        () => undefined,
      );
      stop.abort();
      await withPatience('send did not end after its signal', sent);
    }));
}

function bodyOf(sink: AnySink, events: Batch): EncodedBatch {
  const { writer } = encode(sink, events, 0, sink.limits.bytes, sink.limits.events);
  return {
    signal: events.signal,
    bytes: writer.bytes.subarray(0, writer.used),
    entries: writer.entries,
    end: (entry) => writer.marks[entry]!,
    position: (entry) => events.position(entry),
    tried: () => false,
  };
}

function checkDone(verdict: Verdict, entries: number): void {
  if (verdict.kind !== 'done') return;
  const named = [...verdict.refused, ...(verdict.leftOut ?? [])].map(({ index }) => index);
  assert.ok(
    named.every((index) => Number.isInteger(index) && index >= 0 && index < entries),
    `entries ${named.join(', ')}`,
  );
  assert.equal(new Set(named).size, named.length, 'no entry is refused twice');
}
