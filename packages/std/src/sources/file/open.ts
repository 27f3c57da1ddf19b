import type { BigIntStats } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Found } from './find.ts';
import { type Identity, identityKey, identityOf } from './identity.ts';
import type { Run } from './options.ts';
import type { FileRecord, Instance, Registry } from './registry.ts';
import type { Print } from './settled-range.ts';
import { createTail, PRINT_BYTES, printOf, type Tail } from './tail.ts';

/** An open file whose identity is known. */
interface Opened {
  readonly handle: FileHandle;
  readonly stats: BigIntStats;
  readonly identity: Identity;
}

/** Opens a file that the patterns found and takes up its instance, or draws a new one; `null`: it is another file by now. */
export async function takeUp(run: Run, registry: Registry, found: Found, atEnd: boolean): Promise<Tail | null> {
  const opened = await openAs(run, found.path, identityKey(identityOf(found.stats, run.births)));
  if (!opened) return null;
  try {
    const where = { path: found.knownAs ?? found.path, place: await realpath(found.path) };
    return await tailOf(run, registry, opened, await instanceOf(registry, opened, where, atEnd), where);
  } catch (error) {
    await opened.handle.close();
    throw error;
  }
}

/** Begins anew with a file that lost what was read of it: a truncated one. The older instance is forgotten. */
export async function startOver(run: Run, registry: Registry, tail: Tail): Promise<Tail> {
  const handle = tail.handle!;
  const { path, place, identity } = tail;
  const opened = { handle, identity, stats: await handle.stat({ bigint: true }) };
  const instance = await drawn(registry, opened, { path, place }, false);
  registry.remove(tail.instance);
  return await tailOf(run, registry, opened, instance, { path, place });
}

/**
 * Opens a tail's file again after its handle was closed; `false` when its path leads to another file now.
 */
export async function openAgain(run: Run, tail: Tail): Promise<boolean> {
  const opened = await openAs(run, tail.place, tail.key);
  if (!opened) return false;
  tail.handle = opened.handle;
  return true;
}

/** A file in the folder of `place` that is the wanted one: it was renamed there, as log rotation does. */
export async function findMoved(place: string, wanted: (stats: BigIntStats) => boolean): Promise<string | null> {
  const files = await filesIn(dirname(place));
  return files.find(({ stats }) => wanted(stats))?.path ?? null;
}

/** The regular files of a folder, symlinks left out; none where it cannot be read. */
export async function filesIn(folder: string): Promise<Found[]> {
  const files: Found[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const path = join(folder, entry.name);
    const stats = await stat(path, { bigint: true }).catch(() => null);
    if (stats) files.push({ path, stats });
  }
  return files;
}

/** Whether a stat can be of the file that a record tells of. */
export function couldBe(record: FileRecord, stats: BigIntStats, births: boolean): boolean {
  const { inode, birth } = identityOf(stats, births);
  if (record.inode !== String(inode) || stats.size < BigInt(record.doneTo)) return false;
  return record.birth === '0' || birth === 0n || record.birth === String(birth);
}

async function openAs(run: Run, path: string, key: string): Promise<Opened | null> {
  const handle = await open(path, 'r');
  const stats = await handle.stat({ bigint: true });
  const identity = identityOf(stats, run.births);
  if (stats.isFile() && identityKey(identity) === key) return { handle, stats, identity };
  await handle.close();
  return null;
}

/** The stored instance that this file is, else a new one. */
async function instanceOf(
  registry: Registry,
  opened: Opened,
  where: { path: string; place: string },
  atEnd: boolean,
): Promise<Instance> {
  const { handle, stats, identity } = opened;
  const others: Instance[] = [];
  for (const instance of registry.candidates(identity, where.place)) {
    if (stats.size >= BigInt(instance.record.doneTo) && (await shows(handle, instance.record.print))) {
      registry.claim(instance);
      return instance;
    }
    others.push(instance);
  }
  const instance = await drawn(registry, opened, where, atEnd);
  // The same file with other content: what the older instance was is gone. Without birth times it can also be another file.
  for (const other of others)
    if (other.record.birth === instance.record.birth && identity.birth !== 0n) registry.remove(other);
  return instance;
}

async function drawn(
  registry: Registry,
  { handle, identity, stats }: Opened,
  where: { path: string; place: string },
  atEnd: boolean,
): Promise<Instance> {
  const start = atEnd ? await lastLineStart(handle, Number(stats.size)) : 0;
  // Without a birth time only the content can tell, later, that the inode went to another file: its head, until more is known.
  const head = identity.birth === 0n ? await bytesAt(handle, 0, PRINT_BYTES) : new Uint8Array(0);
  const print = start === 0 ? printOf(head, head.length) : printOf(await bytesBefore(handle, start), start);
  return registry.draw(identity, { ...where, readFrom: start, doneTo: start, print });
}

async function tailOf(
  run: Run,
  registry: Registry,
  { handle, stats, identity }: Opened,
  instance: Instance,
  where: { path: string; place: string },
): Promise<Tail> {
  registry.update(instance, where);
  const { record } = instance;
  const stream = {
    id: instance.id,
    source: run.context.componentId,
    label: where.path,
    firstSeen: record.firstSeen,
    replayBelow: instance.restored ? Number(stats.size) : 0,
  };
  const tail = createTail(
    {
      ...where,
      key: identityKey(identity),
      identity,
      instance,
      stream,
      before: await bytesBefore(handle, record.readFrom),
      size: Number(stats.size),
      changed: stats.mtimeNs,
    },
    (point) => registry.update(instance, point),
  );
  tail.handle = handle;
  return tail;
}

async function shows(handle: FileHandle, print: Print): Promise<boolean> {
  const bytes = await bytesAt(handle, print.at, print.bytes);
  return printOf(bytes, print.at + bytes.length).hash === print.hash;
}

const bytesBefore = (handle: FileHandle, end: number): Promise<Uint8Array> =>
  bytesAt(handle, Math.max(0, end - PRINT_BYTES), Math.min(end, PRINT_BYTES));

async function bytesAt(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

/** Offset behind the last newline before `size`, so that a line under construction is read as a whole. */
async function lastLineStart(handle: FileHandle, size: number): Promise<number> {
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - 65_536);
    const newline = (await bytesAt(handle, from, end - from)).lastIndexOf(0x0a);
    if (newline >= 0) return from + newline + 1;
    end = from;
  }
  return 0;
}
