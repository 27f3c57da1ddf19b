import type { Found } from './find.ts';
import { identityKey, identityOf } from './identity.ts';
import { type Opened, openContent, shows, tailOf } from './open.ts';
import type { Run } from './options.ts';
import type { Instance, Registry } from './registry.ts';
import { printOf, type Tail } from './tail.ts';

/**
 * Takes up a stored instance in a file that seems to go on with it: the one that it was in, under another name, or a copy, compressed
 * or not. `null` when that does not hold what the instance held.
 */
export async function resume(run: Run, registry: Registry, instance: Instance, found: Found): Promise<Tail | null> {
  const { path, print, doneTo, size } = instance.record;
  if (await isOfAnother(run, registry, instance, found)) return null;
  const opened = await openContent(run, found);
  if (!opened) return null;
  try {
    const { compressed } = opened.handle;
    const isCopy = instance.record.inode !== String(opened.identity.inode);
    const isLong = compressed || opened.stats.size >= BigInt(isCopy ? doneTo : size);
    if (isLong && (await shows(opened.handle, print))) {
      registry.claim(instance);
      if (!compressed) registry.move(instance, opened.identity);
      if (isCopy) registry.update(instance, { size: Math.max(doneTo, compressed ? 0 : Number(opened.stats.size)) });
      const tail = await tailOf(run, registry, opened, instance, { path, place: found.path });
      return Object.assign(tail, { isCopy });
    }
    await opened.handle.close();
    return null;
  } catch (error) {
    registry.release(instance);
    await opened.handle.close();
    throw error;
  }
}

/** Opens a copy of what a tail read, if the file is one. */
export async function openCopy(run: Run, registry: Registry, tail: Tail, found: Found): Promise<Opened | null> {
  if (await isOfAnother(run, registry, tail.instance, found)) return null;
  const opened = await openContent(run, found);
  if (!opened) return null;
  if (await shows(opened.handle, printOf(tail.before, tail.position))) return opened;
  await opened.handle.close();
  return null;
}

/** Lets a tail, without an open file, go on in an open copy at `path`. */
export function goOnIn(registry: Registry, tail: Tail, path: string, { handle, identity, stats }: Opened): void {
  const most = Math.max(tail.position, handle.compressed ? 0 : Number(stats.size));
  const key = identityKey(identity);
  Object.assign(tail, { key, identity, handle, place: path, most, isCopy: true, goneSince: Date.now(), dirty: true });
  tail.compressed = handle.compressed;
  if (!handle.compressed) registry.move(tail.instance, identity);
  registry.update(tail.instance, { place: path, size: most });
}

/** Whether a file still is what one of the stored instances that nobody reads was, other than `instance`. */
async function isOfAnother(run: Run, registry: Registry, instance: Instance, found: Found): Promise<boolean> {
  const others = registry.candidates(identityOf(found.stats, run.births), found.path).filter((other) => {
    const { ended, size, doneTo } = other.record;
    if (other === instance) return false;
    return (
      found.path.endsWith('.gz') || (ended ? BigInt(size) === found.stats.size : BigInt(doneTo) <= found.stats.size)
    );
  });
  if (others.length === 0) return false;
  const opened = await openContent(run, found);
  if (!opened) return true;
  try {
    for (const { record } of others) if (await shows(opened.handle, record.print)) return true;
    return false;
  } finally {
    await opened.handle.close();
  }
}
