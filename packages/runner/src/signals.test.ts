import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Batch,
  defineSink,
  defineSource,
  type EncodedBatch,
  type LogBatch,
  type Outcome,
  type PluginDeclaration,
  RecordBatch,
  type RecordSignal,
  recordFromText,
  type Signal,
  type SourceContext,
  type Verdict,
} from '@tailrace/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ReplayError, replayLetters } from './dead-letters/replay.ts';
import { batchMaker, component, done, empty, pipelineConfig, quiet, runIn, testFolder } from './test-pipeline.ts';

const folder = testFolder({ beforeEach, afterEach });
const all: readonly Signal[] = ['logs', 'metrics', 'traces'];

/** Records whose bytes are the given numbers, the even ones in one envelope and the odd ones in another. */
function recordsOf(context: SourceContext, signal: RecordSignal, numbers: readonly number[]): RecordBatch {
  const { columns } = batchMaker(context)(numbers.map((n) => ({ n })));
  const records = {
    text: Uint8Array.from(numbers),
    start: Uint32Array.from(numbers, (_, i) => i),
    end: Uint32Array.from(numbers, (_, i) => i + 1),
    length: numbers.length,
    envelopes: [Uint8Array.of(0, 0), Uint8Array.of(1, 1, 1)],
    envelope: Uint32Array.from(numbers, (n) => n % 2),
  };
  return context.newRecordBatch(signal, records, columns);
}

type Script = (context: SourceContext) => Batch[];

/** A source of all signals that also tells which of them are read. */
function mixedSource(script: Script, told: { reads?: readonly boolean[] } = {}): PluginDeclaration {
  return defineSource({
    type: 'mixed',
    summary: 'All signals.',
    output: all,
    config: empty,
    examples: [],
    create: ({ context }) => ({
      async run(io) {
        io.ready();
        told.reads = all.map((signal) => io.reads(signal));
        const settled: Promise<Outcome>[] = [];
        for (const batch of script(context)) settled.push((await io.emit(batch, { bytes: 1 })).settled);
        io.inputEnded?.();
        await Promise.all(settled);
      },
    }),
  }) as PluginDeclaration;
}

/** A sink that remembers each body: its signal, and per entry a number, of records with the size of their envelope. */
function gatheringSink(input: readonly Signal[], judge: (body: EncodedBatch) => Verdict = () => done) {
  const bodies: string[] = [];
  const declaration = defineSink({
    type: 'gathering',
    summary: 'Remembers.',
    input,
    config: empty,
    examples: [],
    create: () => ({
      limits: { bytes: 10_000, events: 100, waitMs: 5 },
      maxInFlight: 1,
      encode(batch: LogBatch | RecordBatch, from, to, out) {
        for (let i = from; i < to; i++) out.append(Buffer.from(`${entryOf(batch, i)} `));
        return to;
      },
      send(body) {
        expect(body.end(body.entries - 1)).toBe(body.bytes.length);
        const verdict = judge(body);
        const refused = new Set(verdict.kind === 'done' ? verdict.refused.map(({ index }) => index) : []);
        const entries = Buffer.from(body.bytes).toString().trim().split(' ');
        const stored = entries.filter((_, entry) => !refused.has(entry));
        if (stored.length > 0) bodies.push(`${body.signal} ${stored.join(' ')}`);
        return Promise.resolve(verdict);
      },
    }),
  }) as PluginDeclaration;
  return { bodies, declaration };
}

function entryOf(batch: LogBatch | RecordBatch, i: number): string {
  if (batch instanceof RecordBatch) return `${batch.record(i)[0]}/${batch.envelopeOf(i).length}`;
  return String((JSON.parse(batch.text(i)) as { n: number }).n);
}

const script: Script = (context) => [
  batchMaker(context)([{ n: 1 }, { n: 2 }]),
  recordsOf(context, 'metrics', [3, 4]),
  recordsOf(context, 'metrics', [5]),
  recordsOf(context, 'traces', [6]),
];

it.each(['memory', 'disk'] as const)('each sink gets the signals it takes, one in a body (%s queue)', async (type) => {
  const [everything, logs, numbers] = [gatheringSink(all), gatheringSink(['logs']), gatheringSink(['metrics'])];
  const told: { reads?: readonly boolean[] } = {};
  const summary = await runIn(folder.path, [
    component('in', mixedSource(script, told), []),
    component('everything', everything.declaration, ['in'], { queue: { type } }),
    component('logs', logs.declaration, ['in'], { queue: { type } }),
    component('numbers', numbers.declaration, ['in'], { queue: { type } }),
  ]);
  expect(everything.bodies).toEqual(['logs 1 2', 'metrics 3/3 4/2 5/3', 'traces 6/2']);
  expect(logs.bodies).toEqual(['logs 1 2']);
  expect(numbers.bodies).toEqual(['metrics 3/3 4/2 5/3']);
  expect(told.reads).toEqual([true, true, true]);
  expect(summary.components.map(({ id, sent }) => [id, sent])).toEqual([
    ['in', 6],
    ['everything', 6],
    ['logs', 2],
    ['numbers', 3],
  ]);
});

it('what nobody takes is discarded, and the source can know it', async () => {
  const told: { reads?: readonly boolean[] } = {};
  const logs = gatheringSink(['logs']);
  await runIn(folder.path, [
    component('in', mixedSource(script, told), []),
    component('logs', logs.declaration, ['in']),
  ]);
  expect(told.reads).toEqual([true, false, false]);
  expect(logs.bodies).toEqual(['logs 1 2']);
});

it('refused records are dead letters with their exact bytes, and replay sends them again', async () => {
  const refuse = (body: EncodedBatch): Verdict => ({
    kind: 'done',
    refused: [{ index: body.entries - 1, retry: false, code: 'document_refused', message: 'no' }],
  });
  const first = gatheringSink(all, refuse);
  await runIn(folder.path, [component('in', mixedSource(script), []), component('out', first.declaration, ['in'])]);
  expect(first.bodies).toEqual(['logs 1', 'metrics 3/3 4/2']);

  const file = join(folder.path, 'data', 'dead-letters.ndjson');
  const letters = (await readFile(file, 'utf8')).trim().split('\n');
  const read = letters.map((line) => JSON.parse(line) as { signal: Signal; event: object });
  expect(read.map(({ signal }) => signal)).toEqual(['logs', 'metrics', 'traces']);
  const text = JSON.stringify(read[1]!.event);
  expect(recordFromText(text)).toEqual({ envelope: Uint8Array.of(1, 1, 1), record: Uint8Array.of(5) });

  const replay = (sink: PluginDeclaration, into?: string) =>
    replayLetters(
      pipelineConfig(folder.path, [component('in', mixedSource(script), []), component('out', sink, ['in'])]),
      {
        ...{ stop: new AbortController().signal, log: quiet, version: '0', env: { NODE_NAME: 'test' } },
        ...{ filter: {}, keep: false, into, onDamage: () => expect.unreachable() },
      },
    );
  const logsOnly = replay(gatheringSink(['logs']).declaration);
  await expect(logsOnly).rejects.toThrow(ReplayError);
  await expect(logsOnly).rejects.toThrow('letters hold metrics and traces, but "out" (gathering) takes logs');
  const second = gatheringSink(all);
  const { letters: count, settled } = await replay(second.declaration, 'in');
  expect([count, settled]).toEqual([3, 3]);
  expect(second.bodies).toEqual(['logs 2', 'metrics 5/3', 'traces 6/2']);
});
