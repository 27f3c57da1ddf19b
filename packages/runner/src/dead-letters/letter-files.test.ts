import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testFolder } from '../test-pipeline.ts';
import { type LetterLimits, letterFiles, listLetterFiles, setAside } from './letter-files.ts';

const folder = testFolder({ beforeEach, afterEach });
const file = () => join(folder.path, 'dead-letters.ndjson');
const dropped: [string, number][] = [];
beforeEach(() => {
  dropped.length = 0;
});

const open = (limits: Partial<LetterLimits>) =>
  letterFiles(file(), { maxFileBytes: 1e9, maxBytes: 1e12, whenFull: 'block', ...limits }, (path, letters) =>
    dropped.push([path.slice(folder.path.length + 1), letters]),
  );
const line = (n: number, size = 10): string => `${String(n).padStart(size - 1, '0')}\n`;
async function appendAll(files: ReturnType<typeof open>, lines: readonly string[]): Promise<void> {
  for (let k = 0; k < lines.length; ) k += await files.append(lines.slice(k));
}
async function content(): Promise<Record<string, string>> {
  const found = await listLetterFiles(file());
  const texts = await Promise.all(found.map(({ path }) => readFile(path, 'utf8')));
  return Object.fromEntries(found.map(({ path }, k) => [path.slice(folder.path.length + 1), texts[k]!]));
}

describe('files of letters', () => {
  it('are set aside before they grow too large, in order', async () => {
    const files = open({ maxFileBytes: 25 });
    await appendAll(
      files,
      [0, 1, 2, 3, 4].map((n) => line(n)),
    );
    await files.close();
    expect(await content()).toEqual({
      'dead-letters.000001.ndjson': line(0) + line(1),
      'dead-letters.000002.ndjson': line(2) + line(3),
      'dead-letters.ndjson': line(4),
    });
  });

  it('go on where an earlier process stopped, at the number after the last', async () => {
    await writeFile(file(), line(0));
    await writeFile(join(folder.path, 'dead-letters.000041.ndjson'), line(1));
    await writeFile(join(folder.path, 'dead-letters.mine.ndjson'), 'no business of ours');
    const files = open({ maxFileBytes: 15 });
    await appendAll(files, [line(2)]);
    await files.close();
    expect(await content()).toEqual({
      'dead-letters.000041.ndjson': line(1),
      'dead-letters.000042.ndjson': line(0),
      'dead-letters.ndjson': line(2),
    });
  });

  it('hold every line once and in order, whatever the sizes, none above the limit but for one line alone', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 20, max: 200 }),
        fc.array(fc.array(fc.integer({ min: 8, max: 120 }), { maxLength: 12 }), { maxLength: 5 }),
        async (maxFileBytes, groups) => {
          await rm(folder.path, { recursive: true });
          await mkdir(folder.path);
          const files = open({ maxFileBytes });
          let n = 0;
          const all: string[] = [];
          for (const sizes of groups) {
            const lines = sizes.map((size) => line(n++, size));
            all.push(...lines);
            await appendAll(files, lines);
          }
          await files.close();
          const texts = Object.values(await content());
          expect(texts.join('')).toBe(all.join(''));
          for (const text of texts)
            expect(text.length <= maxFileBytes || text.trimEnd().indexOf('\n') < 0, text).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('are at most a quarter of what all may hold', async () => {
    const files = open({ maxBytes: 80 });
    await appendAll(
      files,
      [0, 1, 2].map((n) => line(n)),
    );
    expect(Object.keys(await content())).toEqual(['dead-letters.000001.ndjson', 'dead-letters.ndjson']);
    await files.close();
  });
});

describe('when all files are full', () => {
  const full = [0, 1, 2, 3].map((n) => line(n));

  it('nothing more is taken until some are gone', async () => {
    const files = open({ maxFileBytes: 10, maxBytes: 40 });
    await appendAll(files, full);
    await expect(files.append([line(4)])).rejects.toThrow(
      /^40 bytes of dead letters reach max_bytes 40: replay or remove/,
    );
    expect(Object.values(await content()).join('')).toBe(full.join(''));
    await rm(join(folder.path, 'dead-letters.000001.ndjson'));
    expect(await files.append([line(4)])).toBe(1);
    expect(Object.values(await content()).join('')).toBe(full.slice(1).join('') + line(4));
    await files.close();
  });

  it('the oldest file goes, and its letters are counted', async () => {
    const files = open({ maxFileBytes: 10, maxBytes: 40, whenFull: 'drop_oldest' });
    await appendAll(files, [...full, line(4), line(5)]);
    expect(dropped).toEqual([
      ['dead-letters.000001.ndjson', 1],
      ['dead-letters.000002.ndjson', 1],
    ]);
    expect(Object.values(await content()).join('')).toBe(full.slice(2).join('') + line(4) + line(5));
    await files.close();
  });

  it('the only file goes too, and one letter always has room', async () => {
    const files = open({ maxBytes: 100, whenFull: 'drop_oldest' });
    await appendAll(files, [line(1, 90)]);
    await appendAll(files, [line(2, 300)]);
    expect(dropped).toEqual([['dead-letters.000001.ndjson', 1]]);
    expect(await content()).toEqual({ 'dead-letters.ndjson': line(2, 300) });
    await appendAll(files, [line(3, 90)]);
    expect(await content()).toEqual({ 'dead-letters.ndjson': line(3, 90) });
    await files.close();
  });
});

it('a file that is set aside keeps its mode and content', async () => {
  const files = open({});
  await appendAll(files, [line(1)]);
  await files.close();
  const path = await setAside(file());
  expect((await stat(path)).mode & 0o777).toBe(0o640);
  expect(await readdir(folder.path)).toEqual(['dead-letters.000001.ndjson']);
});
