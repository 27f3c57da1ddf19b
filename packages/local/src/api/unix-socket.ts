import { randomBytes } from 'node:crypto';
import { chmod, lstat, open, rename, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { listening } from './listen.ts';

/**
 * Listens on a unix socket that only its owner can open (mode 0600); gives what stops it. A socket that is already there is replaced: it
 * is of a dead process, or of a part of this one that goes, since the store has one owner. Rejects when something else lies there.
 */
export async function listenOnSocket(server: Server, path: string): Promise<() => Promise<void>> {
  const found = await lstat(path).catch(() => null);
  if (found !== null && !found.isSocket()) throw new Error(`${path}: there is a file that is no socket; move it away`);
  // Socket paths are limited to about 100 bytes; through a descriptor of the folder they stay short.
  const folder = await open(dirname(path), 'r');
  const short = process.platform === 'linux' ? `/proc/self/fd/${folder.fd}` : dirname(path);
  // It gets its name when its mode is right.
  const name = `.${randomBytes(8).toString('hex')}`;
  const hidden = join(dirname(path), name);
  try {
    await listening(server, { path: join(short, name) });
    await chmod(hidden, 0o600);
    await rename(hidden, path);
  } catch (error) {
    server.close();
    await folder.close();
    throw new Error(`${path}: cannot listen: ${error instanceof Error ? error.message : error}`);
  }
  const own = await lstat(path);
  return async () => {
    const now = await lstat(path).catch(() => null);
    if (now?.ino === own.ino) await unlink(path).catch(() => undefined);
    await folder.close();
  };
}
