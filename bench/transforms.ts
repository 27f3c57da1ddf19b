/** CPU per event of the transforms over the lines of bench/run.ts, in one run with JSON.parse of the same text. `node --conditions=source bench/transforms.ts` */
import { fileURLToPath } from 'node:url';
import { LogBatch, type LogColumns, resolveConfig, type Schema, type TransformDeclaration } from '@tailrace/core';
import { createFramer, type Events, type Framed, kernel } from '@tailrace/kernel';
import { fields, filter, mirrordLines, mirrordPresets, unpack } from '@tailrace/std';
import { pluginContext } from '@tailrace/testkit';
import { cpuPerItem } from './rows/cpu.ts';

const LINES = 20_000;
const MILLISECONDS = 1000;
const MEMBERS =
  '"kubernetes":{"namespace_name":"mirrord","pod_name":"mirrord-operator-6d5f8c9b7-abcde","container_name":"mirrord-operator"},"docker":{"container_id":"0123456789abcdef"}';
const FIELD_FILE = fileURLToPath(new URL('../pipelines/mirrord/fields.yaml', import.meta.url));

const framer = createFramer(kernel(), { format: 'docker', maxEventBytes: 1 << 20, members: Buffer.from(MEMBERS) });
const frame = (lines: Uint8Array): Framed => framer.frame(lines, 0, { seconds: 0, nanos: 0 });

/** The generated lines in pieces of whole lines. */
function pieces(): Uint8Array[] {
  const all: Uint8Array[] = [];
  let rest: Uint8Array = new Uint8Array();
  for (const chunk of mirrordLines({ ...mirrordPresets.benchmark, lines: LINES, format: 'docker' })) {
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(10) + 1;
    all.push(bytes.subarray(0, end));
    rest = bytes.subarray(end);
  }
  return all;
}

/** The same events in memory that the kernel does not know. */
const copied = ({ text, start, end, length }: Events): Events => ({
  text: text.slice(),
  start: start.slice(),
  end: end.slice(),
  length,
});

function columnsOf(framed: Framed): LogColumns {
  return {
    streams: [{ id: 'benchbenchbenchb', source: 'bench', label: 'bench', firstSeen: 0, replayBelow: 0 }],
    stream: new Uint16Array(framed.length),
    offset: framed.offset.slice(),
    endOffset: framed.endOffset.slice(),
    sub: new Uint32Array(framed.length),
    seconds: framed.seconds.slice(),
    nanos: framed.nanos.slice(),
    flags: framed.flags.slice(),
  };
}

async function created<S extends Schema<unknown>>(declaration: TransformDeclaration<S>, config: unknown) {
  const context = {
    ...pluginContext().context,
    reject: () => {},
    route: () => undefined,
    loadModule: () => Promise.reject(new Error('no modules')),
    discardReason: () => {},
  };
  const resolved = resolveConfig(declaration.config, config) as Parameters<typeof declaration.create>[0]['config'];
  const transform = await declaration.create({ config: resolved, context });
  if (typeof transform !== 'function') throw new TypeError(`${declaration.type} holds events back`);
  return (batch: LogBatch): LogBatch => transform(batch) as LogBatch;
}

/** CPU of this process in µs per event; `run` deals with one batch. */
function measure(batches: readonly LogBatch[], run: (batch: LogBatch) => unknown): number {
  const length = batches.reduce((sum, batch) => sum + batch.length, 0);
  return cpuPerItem(length, () => batches.forEach(run), MILLISECONDS);
}

const lines = pieces();
const framed = lines.map((piece) => {
  const events = frame(piece);
  return LogBatch.fromSource(copied(events), columnsOf(events));
});
/** Gives the memory of a result back, as the runner does once it is delivered. */
const done = (from: LogBatch, result: LogBatch): void => {
  if (result.events().text !== from.events().text) result.release();
};
const fresh = (batch: LogBatch): LogBatch => batch.withEvents(batch.events());
const unpackLog = await created(unpack, {});
const unpacked = framed.map((batch) => unpackLog(batch));
const typed = await created(fields, { file: FIELD_FILE });
const declared = unpacked.map((batch) => typed(batch));
const condition = 'fields.message == "Session End" && fields.session_duration > 60';
const chosen = await created(filter, { condition });
const bytes = framed.reduce((sum, batch) => sum + batch.events().text.length, 0);
const events = framed.reduce((sum, batch) => sum + batch.length, 0);
/** The same memory, of which the kernel does not know that it has it already. */
const unknown = (events: Events): Events => ({ ...events, text: events.text.subarray() });

/** Frames a piece, unpacks and types its events. `between` stands for what becomes of a text between two stages. */
function chain(piece: Uint8Array, between: (events: Events) => Events): void {
  const one = frame(piece);
  const source = LogBatch.fromSource(between(one), columnsOf(one));
  const opened = unpackLog(source);
  const passed = opened.withEvents(between(opened.events()));
  for (const batch of new Set([source, opened, passed, typed(passed)])) batch.release();
}
const measureChain = (between: (events: Events) => Events): number =>
  cpuPerItem(events, () => lines.map((piece) => chain(piece, between)), MILLISECONDS);
const texts = unpacked.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => batch.text(i)));

const rows: [string, number][] = [
  ['unpack', measure(framed, (batch) => done(batch, unpackLog(fresh(batch))))],
  ['fields (mirrord’s field file)', measure(unpacked, (batch) => done(batch, typed(fresh(batch))))],
  [`filter (${condition})`, measure(declared, (batch) => chosen(fresh(batch)))],
  ['framing, unpack and fields, one after the other', measureChain((passed) => passed)],
  ['the same with texts that the kernel does not know again', measureChain(unknown)],
  [
    'JSON.parse alone of the unpacked event',
    cpuPerItem(texts.length, () => texts.map((text) => JSON.parse(text)), MILLISECONDS),
  ],
];
console.log(`${events} events, ${Math.round(bytes / events)} bytes each as framed; CPU µs per event`);
for (const [name, cost] of rows) console.log(`${cost.toFixed(2).padStart(6)}  ${name}`);
