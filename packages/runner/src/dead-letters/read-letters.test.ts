import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testFolder } from '../test-pipeline.ts';
import { letterLine } from './letter.ts';
import { anyLetter, givenLetter, letterOf } from './letters.fixture.ts';
import { type LetterLine, type ReadRange, readLetters } from './read-letters.ts';

const folder = testFolder({ beforeEach, afterEach });
const file = () => join(folder.path, 'x.ndjson');
const now = new Date();
const stored = (n: number, size = 0): string =>
  letterLine(letterOf(givenLetter(`{"n":${n},"pad":"${'x'.repeat(size)}"}`, { offset: n })), now);
async function read(range: ReadRange = {}): Promise<LetterLine[]> {
  const all: LetterLine[] = [];
  for await (const line of readLetters(file(), range)) all.push(line);
  return all;
}
const shown = (all: LetterLine[]) =>
  all.map(({ line, parsed }) => [line, parsed.letter ? parsed.letter.event : parsed.damage]);

it('gives letters, whatever stands between them, with their places', async () => {
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 10))),
    fc.constantFrom('{', '{}', '[1', '\0\0', '').map((text) => Buffer.from(text)),
  );
  const letter = anyLetter.filter(({ event }) => event.text.isWellFormed()).map((given) => ({ given }));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(letter, garbage), { maxLength: 12 }), fc.boolean(), async (parts, ends) => {
      const lines = parts.map((part) =>
        Buffer.isBuffer(part) ? part : Buffer.from(letterLine(letterOf(part.given), now)),
      );
      const bytes = Buffer.concat(
        lines.flatMap((text, k) => [text, Buffer.from(k < lines.length - 1 || ends ? '\n' : '')]),
      );
      await writeFile(file(), bytes);
      const all = await read();
      const events = all.flatMap(({ parsed }) => (parsed.letter ? [parsed.letter.event] : []));
      expect(events).toEqual(parts.flatMap((part) => (Buffer.isBuffer(part) ? [] : [part.given.event.text])));
      for (const { line, from, to } of all) {
        expect(bytes.subarray(from, to).toString().replace(/\n$/, '')).toBe(lines[line - 1]!.toString());
      }
    }),
    { numRuns: 60 },
  );
});

it('reads lines longer than a chunk, and across chunks', async () => {
  const sizes = [10, 300_000, 262_144, 1, 700_000];
  await writeFile(file(), sizes.map((size, n) => `${stored(n, size)}\n`).join(''));
  expect((await read()).map(({ parsed }) => parsed.letter?.event.length)).toEqual(
    sizes.map((size) => '{"n":0,"pad":""}'.length + size),
  );
});

it('names damage by its line and reads on', async () => {
  await writeFile(file(), `${stored(0)}\nbroken\n\n${stored(3)}\n${stored(4).slice(0, 50)}`);
  expect(shown(await read())).toEqual([
    [1, '{"n":0,"pad":""}'],
    [2, expect.stringMatching(/^no JSON/)],
    [4, '{"n":3,"pad":""}'],
    [5, 'unfinished: it has no end'],
  ]);
});

it('takes a whole letter without a newline at the end', async () => {
  await writeFile(file(), stored(7));
  expect(shown(await read())).toEqual([[1, '{"n":7,"pad":""}']]);
});

it('reads no further than it is told, and parses nothing that is left out', async () => {
  const lines = [0, 1, 2].map((n) => `${stored(n)}\n`);
  await writeFile(file(), lines.join(''));
  const first = lines[0]!.length;
  expect(shown(await read({ end: first + lines[1]!.length, skip: (from) => from === 0 }))).toEqual([
    [2, '{"n":1,"pad":""}'],
  ]);
  expect(await read({ end: 0 })).toEqual([]);
});

it('does not hold a line without an end', async () => {
  await writeFile(file(), `${stored(0)}\n`);
  const { length } = stored(0);
  // A hole reads as zeros and takes no room on the disk.
  await truncate(file(), 200 * 1024 * 1024);
  const before = process.memoryUsage.rss();
  const all = await read();
  expect(shown(all)).toEqual([
    [1, '{"n":0,"pad":""}'],
    [2, 'longer than 67108864 bytes'],
  ]);
  expect([all[1]!.from, all[1]!.to]).toEqual([length + 1, 200 * 1024 * 1024]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 * 1024);
});

it('rejects when there is no file', async () => {
  await expect(read()).rejects.toThrow('ENOENT');
});
