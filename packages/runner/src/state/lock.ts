import { randomBytes } from 'node:crypto';
import { link, open, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateError } from './checkpoints.ts';

/** Held as long as the process uses a data_dir. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Makes this process the only one in `dataDir`. The lock is a listening unix socket: it dies with its process, whatever the process
 * id namespace, and tells who holds it. Throws a {@link StateError} that names the owner.
 */
export async function lockDataDir(dataDir: string): Promise<Lock> {
  // Socket paths are limited to about 100 bytes; through a descriptor of the folder they stay short.
  const folder = await open(dataDir, 'r');
  const short = process.platform === 'linux' ? `/proc/self/fd/${folder.fd}` : dataDir;
  const name = `lock.${randomBytes(6).toString('hex')}`;
  const server = await listen(join(short, name));
  const lock = join(dataDir, 'lock');
  try {
    await take(join(dataDir, name), lock, join(short, 'lock'), dataDir);
  } catch (error) {
    server.close();
    await folder.close();
    throw error;
  } finally {
    await unlink(join(dataDir, name)).catch(() => undefined);
  }
  return {
    async release() {
      await unlink(lock).catch(() => undefined);
      await new Promise((resolve) => server.close(resolve));
      await folder.close();
    },
  };
}

async function take(own: string, lock: string, address: string, dataDir: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      await link(own, lock);
      return await verify(own, lock, dataDir);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await ask(address);
    if (owner !== null)
      throw new StateError(`data_dir ${dataDir} is in use by ${owner}: stop it, or give this one another data_dir.`);
    await unlink(lock).catch(() => undefined);
  }
  throw new StateError(`data_dir ${dataDir}: its lock could not be taken; is another tailrace starting there?`);
}

/** Two processes that find the same stale lock may both replace it; the later one wins, and the earlier one sees it here. */
async function verify(own: string, lock: string, dataDir: string): Promise<void> {
  await sleep(20);
  const [mine, theirs] = await Promise.all([stat(own), stat(lock).catch(() => null)]);
  if (theirs?.ino !== mine.ino)
    throw new StateError(`data_dir ${dataDir} was taken by another tailrace that started at the same time.`);
}

function listen(path: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`process ${process.pid} on ${hostname()}`);
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

/** Who answers at a lock; `null` when nobody does. */
function ask(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path);
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('error', () => resolve(null));
    socket.on('close', () => resolve(answer || 'a process that does not answer'));
  });
}
