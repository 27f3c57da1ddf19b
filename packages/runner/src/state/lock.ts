import { randomBytes } from 'node:crypto';
import { open, readdir, rename, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StateError } from './checkpoints.ts';

/** Held as long as the process uses a data_dir. */
export interface Lock {
  release(): Promise<void>;
}

const LOCK_NAME = /^lock\.[0-9a-f]{16}$/;
/** How long another process may take to decide whether it starts; then it counts as the owner. */
const DECIDE_MS = 5000;

/**
 * Makes this process the only one in `dataDir`; throws a {@link StateError} that names the owner. Each process listens on a unix
 * socket of its own in the folder: it dies with its process, whatever the process id namespace, and tells who holds it. Names are
 * random and used once, so removing the socket of a dead process can never hit a living one. Who starts lists its own socket first and
 * asks the others afterwards: of two that start at once at least one sees the other, and the lower name goes first.
 */
export async function lockDataDir(dataDir: string): Promise<Lock> {
  // Socket paths are limited to about 100 bytes; through a descriptor of the folder they stay short.
  const folder = await open(dataDir, 'r');
  const short = process.platform === 'linux' ? `/proc/self/fd/${folder.fd}` : dataDir;
  const name = `lock.${randomBytes(8).toString('hex')}`;
  const state = { isHolder: false };
  const release = async (server: Server | null): Promise<void> => {
    await unlink(join(dataDir, name)).catch(() => undefined);
    if (server) await new Promise((resolve) => server.close(resolve));
    await folder.close();
  };
  let server: Server | null = null;
  try {
    // It gets its name when it listens: a socket that refuses is dead.
    server = await listen(join(short, `${name}.new`), () => state.isHolder);
    await rename(join(dataDir, `${name}.new`), join(dataDir, name));
    await outlast(dataDir, short, name);
    state.isHolder = true;
  } catch (error) {
    await release(server);
    throw error;
  }
  return { release: () => release(server) };
}

/** Returns when nobody else holds the folder or goes first. */
async function outlast(dataDir: string, short: string, own: string): Promise<void> {
  const giveUpAt = performance.now() + DECIDE_MS;
  for (const name of await readdir(dataDir)) {
    if (!LOCK_NAME.test(name) || name === own) continue;
    for (;;) {
      const other = await ask(join(short, name));
      if (other === null) break;
      if (other.isHolder || performance.now() > giveUpAt) throw inUse(dataDir, other.owner);
      if (name < own) throw inUse(dataDir, `${other.owner}, which started at the same time`);
      await sleep(10);
    }
    await unlink(join(dataDir, name)).catch(() => undefined);
  }
}

function inUse(dataDir: string, owner: string): StateError {
  return new StateError(`data_dir ${dataDir} is in use by ${owner}: stop it, or give this one another data_dir.`);
}

function listen(path: string, isHolder: () => boolean): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`${isHolder() ? 'holds' : 'starts'} process ${process.pid} on ${hostname()}`);
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.on('error', () => undefined);
      resolve(server);
    });
  });
}

/** Who answers at a socket; `null` when its process is gone. */
function ask(path: string): Promise<{ owner: string; isHolder: boolean } | null> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(path);
    const silent = { owner: 'a process that does not answer', isHolder: true };
    socket.setTimeout(2000, () => socket.destroy());
    socket.on('data', (data) => {
      answer += data.toString();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const isGone = error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ECONNRESET';
      resolve(isGone ? null : silent);
    });
    socket.on('close', () => {
      const [, verb, owner] = /^(holds|starts) (.*)$/s.exec(answer) ?? [];
      resolve(owner === undefined ? silent : { owner, isHolder: verb === 'holds' });
    });
  });
}
