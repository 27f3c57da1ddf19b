import { copyFile, mkdir, readFile, rename, stat, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Place } from './harness.ts';

/** Something that happens to files after what stood in them first was read. */
export interface FileEvent {
  readonly what: string;
  readonly config?: object;
  begin(at: Place): Promise<void>;
  happen(at: Place): Promise<void>;
  /** The texts of all events, once each. */
  readonly expected: readonly string[];
  /** What was counted once it was seen. */
  readonly counted?: readonly string[];
}

const cri = (stream: string, tag: string, text: string) => `2024-01-01T00:00:00Z ${stream} ${tag} ${text}\n`;
const banner = `${'same banner '.repeat(100)}\n`;
const lines = (...texts: string[]) => texts.map((text) => `${text}\n`).join('');

async function gzip(at: Place, name: string): Promise<void> {
  await writeFile(at.path(`${name}.gz.tmp`), gzipSync(await readFile(at.path(name))));
  await rename(at.path(`${name}.gz.tmp`), at.path(`${name}.gz`));
  await unlink(at.path(name));
}
async function copyTruncate(at: Place, name: string, copy: string, pauseMs = 0): Promise<void> {
  await copyFile(at.path(name), at.path(copy));
  if (pauseMs > 0) await delay(pauseMs);
  await truncate(at.path(name));
}
/** ext4 gives a free inode out again at once; where a reader holds it, or on other systems, the new file has another. */
async function recreate(at: Place, name: string, text: string): Promise<void> {
  const { ino } = await stat(at.path(name));
  for (let attempt = 0; attempt < 20; attempt++) {
    await unlink(at.path(name));
    await writeFile(at.path(name), text);
    if ((await stat(at.path(name))).ino === ino) return;
  }
}
async function rotate(at: Place, to: string, next: string): Promise<void> {
  await rename(at.path('a.log'), at.path(to));
  await at.append('a.log', next);
}
async function renameAndCreate(at: Place): Promise<void> {
  await at.append('a.log', 'three\n');
  await rotate(at, 'a.log.1', 'five\n');
  await at.append('a.log.1', 'four\n');
}
const oneAndAHalf = (at: Place) => at.append('a.log', cri('stdout', 'F', 'one') + cri('stdout', 'P', 'a1'));
const two = (at: Place) => at.append('a.log', lines('one', 'two'));

/** The log is copied and truncated between two lines. */
function copyTruncated(what: string, happen: (at: Place) => Promise<void>, include?: readonly string[]): FileEvent {
  return {
    what,
    ...(include && { config: { include } }),
    begin: two,
    async happen(at) {
      await at.append('a.log', lines('three', 'and a longer fourth line'));
      await happen(at);
      await at.append('a.log', 'five\n');
    },
    expected: ['one', 'two', 'three', 'and a longer fourth line', 'five'],
    counted: ['file_truncated', 'file_rewritten'],
  };
}

/** What log rotation and programs do to files. */
export const EVENTS: readonly FileEvent[] = [
  {
    what: 'rename and create',
    begin: two,
    happen: renameAndCreate,
    expected: ['one', 'two', 'three', 'four', 'five'],
  },
  {
    what: 'rename and create, where the patterns match both',
    config: { include: ['a.log*'] },
    begin: two,
    happen: renameAndCreate,
    expected: ['one', 'two', 'three', 'four', 'five'],
  },
  copyTruncated('copytruncate', (at) => copyTruncate(at, 'a.log', 'a.log.1')),
  copyTruncated(
    'copytruncate, where the patterns match the copy too',
    (at) => copyTruncate(at, 'a.log', 'a.log.1', 250),
    ['a.log*'],
  ),
  copyTruncated(
    'copytruncate at once, where the patterns match the copy too',
    (at) => copyTruncate(at, 'a.log', 'a.log.1'),
    ['a.log*'],
  ),
  copyTruncated('copytruncate, and the copy is compressed', async (at) => {
    await copyTruncate(at, 'a.log', 'a.log-20240101');
    await gzip(at, 'a.log-20240101');
  }),
  {
    what: 'truncate to 0',
    begin: two,
    async happen(at) {
      await truncate(at.path('a.log'));
      await delay(30);
      await at.append('a.log', 'three\n');
    },
    expected: ['one', 'two', 'three'],
    counted: ['file_truncated', 'file_rewritten'],
  },
  {
    what: 'rewrite at the same size',
    begin: two,
    happen: (at) => writeFile(at.path('a.log'), lines('new', 'six')),
    expected: ['one', 'two', 'new', 'six'],
    counted: ['file_truncated', 'file_rewritten'],
  },
  {
    what: 'rewrite at the same size, with the same end',
    begin: (at) => at.append('a.log', lines('one', 'x'.repeat(100))),
    happen: (at) => writeFile(at.path('a.log'), lines('six', 'x'.repeat(100))),
    expected: ['one', 'x'.repeat(100), 'six', 'x'.repeat(100)],
    counted: ['file_truncated', 'file_rewritten'],
  },
  {
    what: 'delete and recreate with the same inode',
    begin: two,
    happen: (at) => recreate(at, 'a.log', lines('one', 'two', 'three')),
    expected: ['one', 'two', 'one', 'two', 'three'],
  },
  {
    what: 'symlink swap',
    async begin(at) {
      await mkdir(at.path('real'));
      await at.append('real/1', lines('one', 'two'));
      await at.append('real/2', 'five\n');
      await symlink(at.path('real/1'), at.path('a.log'));
    },
    async happen(at) {
      await at.append('real/1', 'three\n');
      await symlink(at.path('real/2'), at.path('next'));
      await rename(at.path('next'), at.path('a.log'));
      await at.append('real/1', 'four\n');
    },
    expected: ['one', 'two', 'three', 'four', 'five'],
  },
  {
    what: 'gzip of the rotated file',
    begin: two,
    async happen(at) {
      await at.append('a.log', lines('three', 'four'));
      await rotate(at, 'a.log.1', 'five\n');
      await gzip(at, 'a.log.1');
    },
    expected: ['one', 'two', 'three', 'four', 'five'],
  },
  {
    what: 'two rotations, and the older file is compressed',
    begin: two,
    async happen(at) {
      await at.append('a.log', 'three\n');
      await rotate(at, 'a.log.1', lines('four', 'five'));
      await delay(400);
      await rename(at.path('a.log.1'), at.path('a.log.2'));
      await gzip(at, 'a.log.2');
      await rotate(at, 'a.log.1', 'six\n');
    },
    expected: ['one', 'two', 'three', 'four', 'five', 'six'],
  },
  {
    what: 'three rotations, and both older files are compressed',
    begin: two,
    async happen(at) {
      await at.append('a.log', 'three\n');
      await rotate(at, 'a.log.20240101-000000', 'four\n');
      await delay(400);
      await rotate(at, 'a.log.20240101-000001', 'five\n');
      await delay(400);
      await gzip(at, 'a.log.20240101-000000');
      await gzip(at, 'a.log.20240101-000001');
      await rotate(at, 'a.log.20240101-000002', 'six\n');
    },
    expected: ['one', 'two', 'three', 'four', 'five', 'six'],
  },
  {
    what: 'rotation between P and F',
    begin: oneAndAHalf,
    async happen(at) {
      await rotate(
        at,
        'a.log.20240101-000000',
        cri('stderr', 'F', 'b') + cri('stdout', 'F', 'a2') + cri('stdout', 'F', 'c'),
      );
    },
    expected: ['one', 'b', 'a1a2', 'c'],
  },
  {
    what: 'rotation between P, P and F, twice, on both streams',
    async begin(at) {
      await at.append('a.log', cri('stdout', 'F', 'one') + cri('stderr', 'P', 'b1') + cri('stdout', 'P', 'a1'));
    },
    async happen(at) {
      await rotate(at, 'a.log.20240101-000000', cri('stdout', 'P', 'a2') + cri('stderr', 'F', 'b2'));
      await delay(700);
      await rotate(at, 'a.log.20240101-000001', cri('stdout', 'F', 'a3') + cri('stdout', 'F', 'c'));
    },
    expected: ['one', 'b1b2', 'a1a2a3', 'c'],
  },
  {
    what: 'rotation between P and F, and the rotated file is compressed',
    begin: oneAndAHalf,
    async happen(at) {
      await rotate(at, 'a.log.20240101-000000', cri('stdout', 'F', 'a2'));
      await gzip(at, 'a.log.20240101-000000');
    },
    expected: ['one', 'a1a2'],
  },
  {
    what: 'two files with the same first kilobyte, rotated',
    async begin(at) {
      await at.append('a.log', banner);
      await at.append('b.log', banner);
    },
    async happen(at) {
      await at.append('a.log', 'a\n');
      await at.append('b.log', 'b\n');
      for (const name of ['a.log', 'b.log']) {
        await rename(at.path(name), at.path(`${name}.1`));
        await at.append(name, banner);
      }
    },
    expected: [...Array<string>(4).fill(banner.slice(0, -1)), 'a', 'b'],
  },
  {
    what: 'files shorter than any fingerprint',
    async begin(at) {
      for (const name of ['a.log', 'b.log', 'c.log']) await at.append(name, 'x\n');
    },
    async happen(at) {
      await rotate(at, 'a.log.1', 'x\n');
      await recreate(at, 'b.log', 'x\n');
      await at.append('d.log', 'x\n');
    },
    expected: Array<string>(6).fill('x'),
  },
];
