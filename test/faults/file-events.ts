import {
  appendFileSync,
  copyFileSync,
  createReadStream,
  createWriteStream,
  renameSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { appendFile, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ContainerLog } from '@tailrace/testkit';
import type { MatrixCase } from './axes.ts';
import type { Stage } from './stage.ts';

/** What happens to a log's file. */
export interface FileEvent {
  /** When it happens: while the subject runs (frozen for an instant where it must not see it), while it is down, or both. */
  at: 'running' | 'down' | 'both';
  /** Whether bytes go that the subject may not have read: all that was written before has to be delivered first. */
  destroys(isDown: boolean, one: MatrixCase): boolean;
  apply(stage: Stage, log: ContainerLog, isDown: boolean): Promise<void>;
}

let rotations = 0;
/** As the kubelet names them, one second apart. */
const rotatedName = (file: string): string => `${file}.20261121-${String(100_000 + rotations++)}`;
const never = () => false;
const always = () => true;

/** Lines that are destroyed right after they were written, before anybody can be sure to have read them. */
async function doom(stage: Stage, log: ContainerLog): Promise<void> {
  const issues = await log.write(5);
  stage.ledger.destroy(issues.map((issue) => issue.payload.id));
}

async function renameAndCreate(_stage: Stage, log: ContainerLog): Promise<void> {
  await rename(log.file, rotatedName(log.file));
  await writeFile(log.file, '');
}

async function copyTruncate(stage: Stage, log: ContainerLog): Promise<void> {
  await doom(stage, log);
  copyFileSync(log.file, `${log.file}.1`);
  truncateSync(log.file, 0);
}

async function truncate(stage: Stage, log: ContainerLog): Promise<void> {
  await doom(stage, log);
  truncateSync(log.file, 0);
}

/** Never shorter than before at any instant: written over from its start. */
async function rewriteSameSize(stage: Stage, log: ContainerLog): Promise<void> {
  await doom(stage, log);
  const { size } = await stat(log.file);
  const content = log.exactly(size);
  const file = await open(log.file, 'r+');
  await file.write(content, 0, size, 0);
  await file.close();
}

/** An open file keeps its bytes, so only one that nobody has open is destroyed; its inode is free for the next one then. */
async function deleteAndRecreate(stage: Stage, log: ContainerLog, isDown: boolean): Promise<void> {
  if (isDown) await doom(stage, log);
  const { ino } = await stat(log.file);
  for (let attempt = 0; attempt < 50; attempt++) {
    await rm(log.file);
    await writeFile(log.file, '');
    // While it is open elsewhere the inode cannot come back.
    if (!isDown || (await stat(log.file)).ino === ino) return;
  }
}

async function swapSymlink(_stage: Stage, log: ContainerLog): Promise<void> {
  log.file = join(dirname(log.file), `${rotations++ + 1}.log`);
  await writeFile(log.file, '');
  const fresh = `${log.link}.tmp`;
  symlinkSync(log.file, fresh);
  renameSync(fresh, log.link);
}

async function gzipRotated(stage: Stage, log: ContainerLog): Promise<void> {
  const rotated = rotatedName(log.file);
  await rename(log.file, rotated);
  await writeFile(log.file, '');
  // The kubelet packs a file at the next rotation; here it has been seen, and soon is gone.
  if (stage.subject.isRunning) await stage.isSeen(log, 2000);
  await pipeline(createReadStream(rotated), createGzip(), createWriteStream(`${rotated}.tmp`));
  await rename(`${rotated}.tmp`, `${rotated}.gz`);
  await rm(rotated);
}

async function rotateInLine(_stage: Stage, log: ContainerLog): Promise<void> {
  const [first, second] = log.parts();
  await appendFile(log.file, first);
  renameSync(log.file, rotatedName(log.file));
  appendFileSync(log.file, second);
}

/** What each value of the axis does. */
export const FILE_EVENTS: Readonly<Record<MatrixCase['file'], FileEvent>> = {
  rename_create: { at: 'running', destroys: never, apply: renameAndCreate },
  copytruncate: { at: 'both', destroys: always, apply: copyTruncate },
  truncate: { at: 'both', destroys: always, apply: truncate },
  rewrite_same_size: { at: 'both', destroys: always, apply: rewriteSameSize },
  // What was read of a deleted file and waits in memory goes with the process.
  delete_recreate: {
    at: 'both',
    destroys: (isDown, { life, queue }) => isDown || (life !== 'running' && queue === 'memory'),
    apply: deleteAndRecreate,
  },
  symlink_swap: { at: 'both', destroys: never, apply: swapSymlink },
  gzip_rotated: { at: 'both', destroys: never, apply: gzipRotated },
  rotated_while_down: { at: 'down', destroys: never, apply: renameAndCreate },
  rotated_in_line: { at: 'both', destroys: never, apply: rotateInLine },
  same_first_kilobyte: { at: 'running', destroys: never, apply: renameAndCreate },
  short_files: { at: 'running', destroys: never, apply: renameAndCreate },
  no_inotify: { at: 'running', destroys: never, apply: renameAndCreate },
};
