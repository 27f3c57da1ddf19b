import {
  type Batch,
  type LogBatch,
  type LogColumns,
  path,
  type SourceContext,
  type SourceDeclaration,
  type Stream,
} from '@tailrace/core';
import { detectFormat, type Events, type Format, type Framed } from '@tailrace/kernel';
import type { ComponentConfig, TestConfig } from '@tailrace/runner';
import {
  containerNames,
  documentFramer,
  type Encoding,
  firstLine,
  joiningFramer,
  lineFramer,
  type MultilineConfig,
  prepareMultiline,
  toUtf8,
} from '@tailrace/std';

/** When a tested source reads: the time of events that bring none. 2026-01-01T00:00:00Z as Unix seconds. */
const TEST_SECONDS = Date.UTC(2026, 0, 1) / 1000;
/** The stream of every test, so that ids are the same in each run. */
const STREAM_ID = 'TailraceTest0000';
const FORMATS: readonly string[] = ['docker', 'cri', 'ndjson', 'text'];
const DEFAULT_EVENT_BYTES = 1_048_576;
const timestamp = path('@timestamp');

/** What sources of lines have among their options. */
interface LineOptions {
  readonly format?: unknown;
  /** Of `raw_base64`; `raw` is text. */
  readonly encoding?: Encoding | 'utf-8';
  readonly max_event_bytes?: unknown;
  readonly multiline?: MultilineConfig;
}

/** The input of a test is nothing that its source could read. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** The batches that `source` would emit for the input of a test; without a source the format is guessed. */
export async function inputBatches(
  { test }: TestConfig,
  source: ComponentConfig | undefined,
  context: SourceContext,
): Promise<readonly Batch[]> {
  const label = test.input.path ?? 'test';
  const id = source?.id ?? 'test';
  const stream: Stream = { id: STREAM_ID, source: id, label, firstSeen: TEST_SECONDS, replayBelow: 0 };
  const { raw, raw_base64: base64, events = [] } = test.input;
  if (raw === undefined && base64 === undefined) {
    return events.length === 0 ? [] : [ofEvents(events, stream, context.newBatch)];
  }
  const bytes = Buffer.from(raw ?? base64!, raw === undefined ? 'base64' : 'utf8');
  const declaration = source?.declaration as SourceDeclaration | undefined;
  if (!declaration?.sample) return framed(bytes, test, source, stream, context.newBatch);
  const input = { bytes, stream, seconds: TEST_SECONDS };
  try {
    return await declaration.sample({ config: source!.config, context, input });
  } catch (error) {
    throw new InputError(`${id} cannot read the input: ${(error as Error).message}`);
  }
}

function framed(
  given: Buffer,
  { input }: TestConfig['test'],
  source: ComponentConfig | undefined,
  stream: Stream,
  newBatch: SourceContext['newBatch'],
): LogBatch[] {
  const options = (source?.config ?? {}) as LineOptions;
  const { encoding = 'utf-8' } = options;
  const bytes = encoding === 'utf-8' || input.raw !== undefined ? given : Buffer.from(toUtf8(given, encoding));
  const format = formatOf(options.format, bytes);
  const maxEventBytes = typeof options.max_event_bytes === 'number' ? options.max_event_bytes : DEFAULT_EVENT_BYTES;
  const members = membersOf(input.path);
  const lines =
    options.format === 'json'
      ? documentFramer({ maxEventBytes, members })
      : lineFramer({ format, maxEventBytes, members });
  const multiline = options.multiline ? prepareMultiline(options.multiline, ['multiline']) : null;
  const joining = multiline && joiningFramer(lines, format, multiline);
  const framer = joining ?? lines;
  const batches: LogBatch[] = [];
  const take = (part: Framed): void => {
    if (part.length > 0) batches.push(newBatch(part, columnsOf(part, stream)));
  };
  let rest: Uint8Array = bytes;
  for (let base = 0, more = true; more; ) {
    const part = framer.frame(rest, base, { seconds: TEST_SECONDS, nanos: 0 }, input.read_to_end);
    take(part);
    rest = rest.subarray(part.consumed);
    base += part.consumed;
    more = part.more;
  }
  if (joining && input.read_to_end) take(joining.giveOut(joining.due(Number.POSITIVE_INFINITY)));
  return batches;
}

function formatOf(wanted: unknown, bytes: Buffer): Format {
  if (typeof wanted === 'string' && FORMATS.includes(wanted)) return wanted as Format;
  return detectFormat(firstLine(bytes).line);
}

function membersOf(file: string | undefined): Uint8Array {
  if (file === undefined) return new Uint8Array(0);
  return Buffer.from(JSON.stringify(containerNames(file, file)).slice(1, -1));
}

function columnsOf(events: Framed, stream: Stream): LogColumns {
  const { length, offset, endOffset, seconds, nanos, flags } = events;
  const zeros = { stream: new Uint16Array(length), sub: new Uint32Array(length) };
  return { streams: [stream], ...zeros, offset, endOffset, seconds, nanos, flags };
}

/** Events stand one byte apart in their stream; `@timestamp` is their time. */
function ofEvents(events: readonly unknown[], stream: Stream, newBatch: SourceContext['newBatch']): LogBatch {
  const { length } = events;
  const batch = newBatch(emptyObjects(length), {
    streams: [stream],
    stream: new Uint16Array(length),
    offset: Float64Array.from({ length }, (_, i) => i),
    endOffset: Float64Array.from({ length }, (_, i) => i + 1),
    sub: new Uint32Array(length),
    seconds: new Float64Array(length).fill(TEST_SECONDS),
    nanos: new Uint32Array(length),
    flags: new Uint8Array(length),
  });
  for (const [i, event] of events.entries()) {
    Object.assign(batch.object(i), event);
    const time = (event as Record<string, unknown>)[timestamp.text];
    if (time !== undefined) batch.set(i, timestamp, time);
  }
  return batch;
}

function emptyObjects(length: number): Events {
  const start = Uint32Array.from({ length }, (_, i) => i * 2);
  return { text: Buffer.from('{}'.repeat(length)), start, end: start.map((at) => at + 2), length };
}
