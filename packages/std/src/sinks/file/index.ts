import { access, constants } from 'node:fs/promises';
import {
  ConfigError,
  defineSink,
  type EncodedBatch,
  type LogBatch,
  makeFolder,
  ProbeError,
  type Refusal,
  type Sink,
  type SinkContext,
  type Verdict,
} from '@tailrace/core';
import { encodeLines, kernel } from '@tailrace/kernel';
import { TemplateError } from '../template.ts';
import { causeOf } from './cause.ts';
import { config, type FileConfig, rotationOf, syncDelayOf } from './options.ts';
import { compileFilePath, type FilePath } from './path.ts';
import { markBytes } from './rotated-files.ts';
import { createTidying } from './tidy.ts';
import { createWriter, type FileWriter, type Segment } from './writer.ts';

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
    '',
    'No name in the path becomes longer than the 255 bytes that file systems take, less what rotation puts behind it: where the texts of members',
    'make it longer they are cut, and a hash of the whole name follows the last of them. Where a path can never be a file (it is too long as a',
    'whole, a folder has its name, a file is in the place of a folder) its events become dead letters (`path_refused`). What may go away (a full disk,',
    'a missing right) is tried again; other files go on meanwhile, unless it concerns all of them.',
    '',
    'With `rotate` the sink does it itself: a file is renamed to its name with the time of the rotation in UTC behind it, and a new one is',
    'made. With `gzip` the rotated file stays until its compressed copy is whole, on the disk and has its name, so that a kill at any moment',
    'leaves one of them; what it left undone is finished at the next start, where both being there means that the plain one goes. One process',
    'writes to a path that is rotated. `keep` counts per path, so with dates in the path it does not reach the files of earlier days.',
    '',
    'What a failed fsync leaves in doubt is cut off and written again. With `fsync` other than `never` the names of new and rotated files are',
    'on the disk as well.',
  ].join('\n'),
  config,
  examples: [
    { title: 'One file', config: { path: 'events.ndjson' } },
    {
      title: 'A file per day and namespace',
      config: { path: 'out/{{ YYYY-MM-DD }}/{{ kubernetes.namespace_name }}.ndjson', max_open_files: 200 },
    },
    {
      title: 'Files of 100 MB or an hour, the last ten of them, compressed',
      config: { path: 'events.ndjson', rotate: { max_bytes: '100MB', max_age: '1h', keep: 10, gzip: true } },
    },
    {
      title: 'Nothing counts as delivered before it is on the disk',
      config: { path: 'events.ndjson', fsync: 'interval', fsync_interval: '200ms' },
    },
  ],
  create: ({ config, context }) => createFileSink(config, context),
});

/** Requests that wait for one fsync together. */
const WAITING_TOGETHER = 8;

function createFileSink(config: FileConfig, context: SinkContext): Sink {
  const rotation = rotationOf(config);
  const target = readPath(config.path, rotation ? markBytes(rotation.gzip) : 0);
  const syncDelayMs = syncDelayOf(config);
  const resolve = (path: string) => context.resolvePath(path);
  // With one path for all events, whatever is wrong with it concerns all of them.
  const common = target.fixed === null ? resolve(target.folder) : null;
  const tidying = rotation && createTidying(rotation, context.log);
  const rotated = (path: string) => tidying?.rotated(path);
  const writer = createWriter({ mostOpen: config.max_open_files, syncDelayMs, rotation, log: context.log, rotated });
  const maxInFlight = syncDelayMs ? WAITING_TOGETHER : 1;
  let inFlight = 0;
  let begun = false;
  return {
    limits: { bytes: 8_000_000, events: 5000, waitMs: 1000 },
    maxInFlight,
    encode(batch, from, to, out) {
      if (target.fixed === null) return encodeWithPaths(target, batch, from, to, out);
      const marks = out.marks.subarray(out.entries);
      const { count, used } = encodeLines(kernel(), batch.events(), from, to, out.bytes, out.used, marks);
      out.used += used;
      out.entries += count;
      return from + count;
    },
    async send(body, signal) {
      if (!begun) tidying?.sweep(resolve(target.pattern));
      begun = true;
      inFlight++;
      const parts = target.fixed === null ? partsOf(body) : [partOf(target.fixed, body)];
      const all = await write(parts, writer, resolve, signal);
      // Nobody else can come before one of those that wait has ended.
      if (inFlight === maxInFlight) writer.syncNow();
      signal.addEventListener('abort', writer.syncNow, { once: true });
      const verdict = await verdictOf(all, body.entries, common, context, signal);
      signal.removeEventListener('abort', writer.syncNow);
      inFlight--;
      return verdict;
    },
    probe: () => probe(resolve(target.folder)),
    async close() {
      await writer.close();
      await tidying?.close();
    },
  };
}

function readPath(path: string, markBytes: number): FilePath {
  try {
    return compileFilePath(path, markBytes);
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

/** What goes into one file: lines, where each ends, and which entries of the body they are. */
interface Part {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly ends: readonly number[];
  readonly entries: readonly number[];
}

function partOf(path: string, body: EncodedBatch): Part {
  const entries = Array.from({ length: body.entries }, (_, entry) => entry);
  return { path, bytes: body.bytes, ends: entries.map((entry) => body.end(entry)), entries };
}

/** The lines of a body by path, in their order. */
function partsOf(body: EncodedBatch): Part[] {
  const bytes = Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length);
  const parts = new Map<string, { lines: Uint8Array[]; ends: number[]; entries: number[] }>();
  let at = 0;
  for (let entry = 0; entry < body.entries; entry++) {
    const tab = bytes.indexOf(TAB, at);
    const end = body.end(entry);
    const path = bytes.toString('utf8', at, tab);
    const part = parts.get(path) ?? { lines: [], ends: [], entries: [] };
    parts.set(path, part);
    part.lines.push(bytes.subarray(tab + 1, end));
    part.ends.push((part.ends.at(-1) ?? 0) + end - tab - 1);
    part.entries.push(entry);
    at = end;
  }
  return [...parts].map(([path, { lines, ends, entries }]) => ({ path, bytes: Buffer.concat(lines), ends, entries }));
}

/** What was written of a part. */
interface Written {
  readonly part: Part;
  readonly segments: readonly Segment[];
}

async function write(
  parts: readonly Part[],
  writer: FileWriter,
  resolve: (path: string) => string,
  signal: AbortSignal,
): Promise<Written[]> {
  const all: Written[] = [];
  for (const part of parts) {
    const { path, bytes, ends } = part;
    const stopped = { from: 0, to: ends.length, stored: Promise.resolve(new Error('stopped before it was written')) };
    const segments = signal.aborted ? [stopped] : await writer.append(resolve(path), bytes, ends);
    all.push({ part, segments });
  }
  return all;
}

async function verdictOf(
  all: readonly Written[],
  entries: number,
  common: string | null,
  context: SinkContext,
  signal: AbortSignal,
): Promise<Verdict> {
  const refused: Refusal[] = [];
  let failed = '';
  let ofTarget = 0;
  for (const { part, segments } of all) {
    let problem: string | null = null;
    for (const { from, to, stored } of segments) {
      const error = await stored;
      if (error === null) continue;
      const { message } = error;
      const cause = await causeOf(error, common);
      const why: Omit<Refusal, 'index'> =
        cause === 'spoilt path'
          ? { retry: false, code: 'path_refused', message }
          : { retry: true, code: 'write_failed', message, subject: part.path };
      if (why.retry) failed = problem = message;
      if (cause === 'target') ofTarget += to - from;
      for (const index of part.entries.slice(from, to)) refused.push({ index, ...why });
    }
    if (!signal.aborted) context.notReady(part.path, problem);
  }
  refused.sort((a, b) => a.index - b.index);
  if (entries > 0 && ofTarget === entries) return { kind: 'retry', code: 'write_failed', message: failed };
  return { kind: 'done', refused };
}

async function probe(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ProbeError('write_failed', `${folder}: ${(error as Error).message}`);
  }
}
