import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A small disk that only processes started through `enter` see in the place of `folder`; it goes with `remove` or with this process. */
export interface FaultDisk {
  /** The same folder as this process can reach it. */
  readonly path: string;
  /** Put before a command line, lets it run where the disk is mounted. */
  readonly enter: readonly string[];
  /** Leaves so many bytes free, 0 unless told. */
  fill(free?: number): Promise<void>;
  /** Takes back what `fill` took. */
  release(): Promise<void>;
  /** Holds for every file that is opened afterwards; what is open for writing already still can be written. */
  readOnly(is: boolean): Promise<void>;
  remove(): Promise<void>;
}

/** Says why this system gives no disks to try faults on; `undefined` when it does. Needs Linux with `unshare` and root or user namespaces. */
export async function faultDisksMissing(): Promise<string | undefined> {
  try {
    await run('unshare', [...namespaces(), 'sh', '-c', 'mount -t tmpfs -o size=64k tmpfs /mnt']);
    return undefined;
  } catch (error) {
    return `no mount namespace can be made here: ${(error as Error).message.trim()}`;
  }
}

/** Makes a disk of `bytes` bytes in memory, mounted over `folder` in a mount namespace of its own. */
export async function faultDisk(folder: string, bytes: number): Promise<FaultDisk> {
  await mkdir(folder, { recursive: true });
  // The namespace lives as long as this process has its standard input open.
  const script = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && echo mounted && exec cat';
  const keeper = spawn('unshare', [...namespaces(), 'sh', '-c', script, 'sh', String(bytes), folder], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(keeper, 'close');
  await Promise.race([
    once(keeper.stdout, 'data'),
    ended.then(() => Promise.reject(new Error(`no disk could be mounted over ${folder}`))),
  ]);
  const path = `/proc/${keeper.pid}/root${folder}`;
  let isReadOnly = false;
  const ballast = join(path, 'ballast');
  const enter = [
    'nsenter',
    '--target',
    String(keeper.pid),
    '--mount',
    ...(isRoot() ? [] : ['--user', '--preserve-credentials']),
  ];
  return {
    path,
    enter,
    async fill(free = 0) {
      const { bavail, bsize } = await statfs(path);
      const file = await open(ballast, 'a');
      try {
        await file.writeFile(Buffer.alloc(Math.max(0, bavail * bsize - free)));
      } catch (error) {
        // Another writer was faster: it is full.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        await file.close();
      }
    },
    release: () => rm(ballast, { force: true }),
    async readOnly(is) {
      if (is === isReadOnly) return;
      isReadOnly = is;
      // A mount with files open for writing cannot turn read-only; a read-only view on top of it can be put there and taken away at any time.
      const view = 'mkdir -p "$1.view" && mount --bind "$1" "$1.view" && mount -o remount,bind,ro "$1.view"';
      const script = is ? `${view} && mount --move "$1.view" "$1"` : 'umount --lazy "$1"';
      const [program, ...rest] = enter;
      await run(program!, [...rest, 'sh', '-c', script, 'sh', folder]);
    },
    async remove() {
      keeper.stdin.end();
      await ended;
      await rm(`${folder}.view`, { recursive: true, force: true });
    },
  };
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function namespaces(): string[] {
  return isRoot() ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
}
