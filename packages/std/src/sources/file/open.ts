import type { BigIntStats } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { type Content, gzipContent, plainContent } from './content.ts';
import type { Found } from './find.ts';
import { type Identity, identityKey, identityOf } from './identity.ts';
import { lastStart } from './last-start.ts';
import type { Run } from './options.ts';
import type { FileRecord, Instance, Registry, Where } from './registry.ts';
import type { Print } from './settled-range.ts';
import { createTail, PRINT_BYTES, printOf, type Tail } from './tail.ts';

/** An open file whose identity is known. */
export interface Opened {
  readonly handle: Content;
  readonly stats: BigIntStats;
  readonly identity: Identity;
}

/** Opens a file that the patterns found and takes up its instance, or draws a new one; `null`: it is another file by now. */
export async function takeUp(run: Run, registry: Registry, found: Found, atEnd: boolean): Promise<Tail | null> {
  const { path, knownAs } = found;
  const opened = await openContent(run, found);
  if (!opened) return null;
  try {
    const where = { path, place: await realpath(path), ...knownAs };
    return await tailOf(run, registry, opened, await instanceOf(run, registry, opened, where, atEnd), where);
  } catch (error) {
    await opened.handle.close();
    throw error;
  }
}

/** Begins anew with the open file of a tail that lost what was read of it: a truncated one. */
export async function startOver(run: Run, registry: Registry, tail: Tail): Promise<Tail> {
  const handle = tail.handle!;
  const { path, place, identity } = tail;
  const opened = { handle, identity, stats: await handle.stats() };
  const where = { path, place, home: tail.instance.record.home };
  const instance = await drawn(run, registry, opened, where, false);
  return await tailOf(run, registry, opened, instance, where);
}

/**
 * Opens a tail's file again after its handle was closed; `false` when its path leads to another file now.
 */
export async function openAgain(run: Run, tail: Tail): Promise<boolean> {
  const opened = await (tail.compressed ? openGzip : openAs)(run, tail.place, tail.key);
  if (!opened) return false;
  tail.handle = opened.handle;
  return true;
}

async function openAs(run: Run, path: string, key: string): Promise<Opened | null> {
  const handle = await open(path, 'r');
  const stats = await handle.stat({ bigint: true });
  const identity = identityOf(stats, run.births);
  if (stats.isFile() && identityKey(identity) === key) return { handle: plainContent(handle), stats, identity };
  await handle.close();
  return null;
}

async function openGzip(run: Run, path: string, key: string): Promise<Opened | null> {
  const stats = await stat(path, { bigint: true });
  const identity = identityOf(stats, run.births);
  return stats.isFile() && identityKey(identity) === key ? { handle: gzipContent(path), stats, identity } : null;
}

/** Opens a file that was found, what stands compressed in it as it was written; `null`: another one is there by now. */
export async function openContent(run: Run, { path, stats }: Found): Promise<Opened | null> {
  const key = identityKey(identityOf(stats, run.births));
  return await (path.endsWith('.gz') ? openGzip : openAs)(run, path, key);
}

/** The stored instance that this file is, else a new one. */
async function instanceOf(
  run: Run,
  registry: Registry,
  opened: Opened,
  where: Where,
  atEnd: boolean,
): Promise<Instance> {
  const { handle, stats, identity } = opened;
  // A file that only grew is as long as it ever was, and what was read is in it.
  const isLong = ({ size }: FileRecord): boolean => handle.compressed || stats.size >= BigInt(size);
  const holds = async ({ record }: Instance): Promise<boolean> => isLong(record) && (await shows(handle, record.print));
  for (const instance of registry.candidates(identity, where.place)) {
    if (await holds(instance)) {
      registry.claim(instance);
      return instance;
    }
    // The same file with other content: what the instance was is gone, or in a copy. Without birth times it can also be another file.
    if (identity.birth !== 0n && instance.record.birth === String(identity.birth))
      instance.truncated = stats.size < BigInt(instance.record.size) ? 'file_truncated' : 'file_rewritten';
  }
  return drawn(run, registry, opened, where, atEnd);
}

async function drawn(
  { options }: Run,
  registry: Registry,
  { handle, identity, stats }: Opened,
  where: Where,
  atEnd: boolean,
): Promise<Instance> {
  const { start, insideArray } = atEnd
    ? await lastStart(options, handle, Number(stats.size))
    : { start: 0, insideArray: false };
  // The head is what the file is known by until more is settled.
  const head = await bytesAt(handle, 0, PRINT_BYTES);
  const print = start === 0 ? printOf(head, head.length) : printOf(await bytesBefore(handle, start), start);
  return registry.draw(identity, {
    ...where,
    readFrom: start,
    doneTo: start,
    held: [],
    insideArray,
    print,
    // How much a compressed one holds, only reading it tells.
    size: handle.compressed ? start : Number(stats.size),
  });
}

/** The tail of an instance whose file is open. */
export async function tailOf(
  run: Run,
  registry: Registry,
  { handle, stats, identity }: Opened,
  instance: Instance,
  { path, place }: Where,
): Promise<Tail> {
  registry.update(instance, { path, place });
  const { record } = instance;
  const stream = {
    id: instance.id,
    source: run.context.componentId,
    label: path,
    firstSeen: record.firstSeen,
    replayBelow: replayBelow(instance, handle, stats),
  };
  const tail = createTail(
    {
      path,
      place,
      key: identityKey(identity),
      identity,
      instance,
      stream,
      before: await bytesBefore(handle, record.readFrom),
      size: Number(stats.size),
      changed: stats.mtimeNs,
    },
    (point) =>
      registry.update(instance, { ...point, cuts: instance.record.cuts.filter((end) => end > point.readFrom) }),
  );
  tail.handle = handle;
  tail.compressed = handle.compressed;
  if (tail.compressed) tail.most = record.size;
  return tail;
}

/** Any of what an earlier run may have sent; a compressed file does not grow any more. */
function replayBelow(instance: Instance, { compressed }: Content, { size }: BigIntStats): number {
  if (!instance.restored) return 0;
  return compressed ? Number.MAX_SAFE_INTEGER : Number(size);
}

/** Whether a file holds the bytes of a print. */
export async function shows(handle: Content, print: Print): Promise<boolean> {
  const bytes = await bytesAt(handle, print.at, print.bytes);
  return printOf(bytes, print.at + bytes.length).hash === print.hash;
}

const bytesBefore = (handle: Content, end: number): Promise<Uint8Array> =>
  bytesAt(handle, Math.max(0, end - PRINT_BYTES), Math.min(end, PRINT_BYTES));

async function bytesAt(handle: Content, at: number, length: number): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  const buffer = new Uint8Array(length);
  const { bytesRead } = await handle.read(buffer, 0, length, at);
  return buffer.subarray(0, bytesRead);
}
