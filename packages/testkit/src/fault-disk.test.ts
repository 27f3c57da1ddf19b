import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { faultDisk, faultDisksMissing } from './fault-disk.ts';

const missing = await faultDisksMissing();

describe.skipIf(missing !== undefined)('a disk for faults', () => {
  async function disk() {
    const folder = await mkdtemp(join(tmpdir(), 'fault-disk-'));
    const made = await faultDisk(folder, 1 << 20);
    onTestFinished(() => made.remove());
    const [program, ...rest] = made.enter;
    const shell = (script: string) =>
      execFileSync(program!, [...rest, 'sh', '-c', script], { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    return { made, folder, shell };
  }

  test('is seen by those who enter, and by the maker at its path', async () => {
    const { made, folder, shell } = await disk();
    shell(`echo inside > ${folder}/a`);
    expect(readFileSync(join(made.path, 'a'), 'utf8')).toBe('inside\n');
    expect(() => readFileSync(join(folder, 'a'))).toThrow('ENOENT');
  });

  test('fills up and has room again', async () => {
    const { made, folder, shell } = await disk();
    await made.fill();
    expect(() => appendFileSync(join(made.path, 'a'), 'more')).toThrow('ENOSPC');
    await made.release();
    expect(shell(`echo more > ${folder}/a && cat ${folder}/a`)).toBe('more\n');
  });

  test('turns read-only and back, what is on it stays', async () => {
    const { made } = await disk();
    const file = join(made.path, 'a');
    await writeFile(file, 'one\n');
    await made.readOnly(true);
    expect(() => appendFileSync(file, 'two\n')).toThrow('EROFS');
    await made.readOnly(false);
    appendFileSync(file, 'three\n');
    expect(readFileSync(file, 'utf8')).toBe('one\nthree\n');
  });
});
