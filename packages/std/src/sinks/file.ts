import { access, constants, mkdir } from 'node:fs/promises';
import {
  boolean,
  ConfigError,
  defineSink,
  type EncodedBatch,
  type Infer,
  integer,
  type LogBatch,
  object,
  ProbeError,
  type Refusal,
  type Sink,
  type SinkContext,
  string,
  type Verdict,
} from '@tailrace/core';
import { encodeLines, kernel } from '@tailrace/kernel';
import { compileFilePath, type FilePath } from './file-path.ts';
import { createOpenFiles, type OpenFiles } from './open-files.ts';
import { TemplateError } from './template.ts';

const config = object({
  path: string({
    required: true,
    minLength: 1,
    description:
      'The file, relative to the pipeline file. {{ YYYY-MM-DD }}, also with HH and mm, is the event’s time in UTC; {{ a.path }} is the text of a member.',
    examples: ['out/{{ YYYY-MM-DD }}/{{ kubernetes.namespace_name }}.ndjson'],
  }),
  fsync: boolean({
    default: false,
    description: 'Wait until the lines are on the disk before they count as delivered.',
  }),
  max_open_files: integer({
    default: 64,
    minimum: 1,
    maximum: 10_000,
    description: 'Most files that are kept open; the one that was not used for longest is closed.',
  }),
});
type FileConfig = Infer<typeof config>;

/** Appends events to NDJSON files. */
export const file = defineSink({
  type: 'file',
  summary: 'Append events to files, one JSON object per line; the path may hold dates and members.',
  description: [
    'Files are made with mode 0640 and folders with 0750. In the text of a member every character but letters, digits and `.-_@+=`',
    'becomes `_`, and it can neither be `..` nor begin with a dot, so no event leaves the folder; a missing member is `none`.',
    '',
    'Lines are whole: what a failed write left is cut off before the next attempt, what a crash left when the file is opened again.',
    'A file that was renamed or deleted is made anew, so log rotation needs no signal.',
  ].join('\n'),
  config,
  examples: [
    { title: 'One file', config: { path: 'events.ndjson' } },
    {
      title: 'A file per day and namespace',
      config: { path: 'out/{{ YYYY-MM-DD }}/{{ kubernetes.namespace_name }}.ndjson' },
    },
  ],
  create: ({ config, context }) => createFileSink(config, context),
});

function createFileSink(config: FileConfig, context: SinkContext): Sink {
  const target = readPath(config.path);
  const files = createOpenFiles({ most: config.max_open_files, fsync: config.fsync, log: context.log });
  const resolve = (path: string) => context.resolvePath(path);
  return {
    limits: { bytes: 8_000_000, events: 5000, waitMs: 1000 },
    maxInFlight: 1,
    encode(batch, from, to, out) {
      if (target.fixed === null) return encodeWithPaths(target, batch, from, to, out);
      const marks = out.marks.subarray(out.entries);
      const { count, used } = encodeLines(kernel(), batch.events(), from, to, out.bytes, out.used, marks);
      out.used += used;
      out.entries += count;
      return from + count;
    },
    async send(body, signal) {
      const { fixed } = target;
      const parts =
        fixed === null ? partsOf(body) : [{ path: fixed, lines: [body.bytes], entries: range(body.entries) }];
      return await writeParts(parts, files, resolve, context, signal);
    },
    probe: () => probe(resolve(target.folder)),
    close: () => files.close(),
  };
}

function readPath(path: string): FilePath {
  try {
    return compileFilePath(path);
  } catch (error) {
    if (error instanceof TemplateError) throw new ConfigError(['path'], error.message);
    throw error;
  }
}

const TAB = 0x09;
const NEWLINE = 0x0a;

/** Entries are the path, a tab, the event and a newline: a path holds no control character, and neither does JSON text. */
function encodeWithPaths(
  target: FilePath,
  batch: LogBatch,
  from: number,
  to: number,
  out: { append(entry: Uint8Array): boolean },
): number {
  const events = batch.events();
  for (let i = from; i < to; i++) {
    const text = events.text.subarray(events.start[i], events.end[i]);
    const entry = Buffer.concat([Buffer.from(`${target.render(batch, i)}\t`), text, Uint8Array.of(NEWLINE)]);
    if (!out.append(entry)) return i;
  }
  return to;
}

/** What goes into one file. */
interface Part {
  readonly path: string;
  readonly lines: Uint8Array[];
  readonly entries: number[];
}

/** The lines of a body by path, in their order. */
function partsOf(body: EncodedBatch): Part[] {
  const bytes = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length);
  const parts = new Map<string, Part>();
  let at = 0;
  for (let entry = 0; entry < body.entries; entry++) {
    const tab = bytes.indexOf(TAB, at);
    const end = bytes.indexOf(NEWLINE, tab) + 1;
    const path = bytes.toString('utf8', at, tab);
    let part = parts.get(path);
    if (!part) {
      part = { path, lines: [], entries: [] };
      parts.set(path, part);
    }
    part.lines.push(bytes.subarray(tab + 1, end));
    part.entries.push(entry);
    at = end;
  }
  return [...parts.values()];
}

async function writeParts(
  parts: readonly Part[],
  files: OpenFiles,
  resolve: (path: string) => string,
  context: SinkContext,
  signal: AbortSignal,
): Promise<Verdict> {
  const refused: Refusal[] = [];
  let failed = '';
  for (const { path, lines, entries } of parts) {
    const message = signal.aborted ? 'stopped before it was written' : await files.append(resolve(path), lines);
    if (!signal.aborted) context.notReady(path, message);
    if (message === null) continue;
    failed = message;
    for (const index of entries) refused.push({ index, retry: true, code: 'write_failed', message, subject: path });
  }
  refused.sort((a, b) => a.index - b.index);
  const all = parts.reduce((sum, part) => sum + part.entries.length, 0);
  if (all > 0 && refused.length === all) return { kind: 'retry', code: 'write_failed', message: failed };
  return { kind: 'done', refused };
}

async function probe(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ProbeError('write_failed', `${folder}: ${(error as Error).message}`);
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
