import { randomBytes } from 'node:crypto';
import { appendFile, open, writeFile } from 'node:fs/promises';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { type Content, gzipContent, plainContent } from './content.ts';
import { newPlace } from './harness.ts';

async function stored(bytes: Uint8Array, name = 'a.gz'): Promise<string> {
  const at = await newPlace();
  onTestFinished(() => at.remove());
  await writeFile(at.path(name), bytes);
  return at.path(name);
}
function opened(path: string): Content {
  const content = gzipContent(path);
  onTestFinished(() => content.close());
  return content;
}
async function readAt(content: Content, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length + 2, 1);
  const { bytesRead } = await content.read(buffer, 2, length, position);
  expect([buffer[0], buffer[1]]).toEqual([1, 1]);
  return buffer.subarray(2, 2 + bytesRead);
}

test('a gzip file of several members reads like the plain one, wherever and however often', async () => {
  const bytes = Buffer.from(randomBytes(150_000).toString('hex'));
  const members = [bytes.subarray(0, 70_001), bytes.subarray(70_001, 70_001), bytes.subarray(70_001)];
  const content = opened(await stored(Buffer.concat(members.map((member) => gzipSync(member)))));
  const handle = await open(await stored(bytes, 'a'));
  onTestFinished(() => handle.close());
  const plain = plainContent(handle);
  await fc.assert(
    fc.asyncProperty(fc.nat(310_000), fc.integer({ min: 1, max: 200_000 }), async (position, length) => {
      const expected = bytes.subarray(position, position + length);
      expect(Buffer.compare(await readAt(content, position, length), expected)).toBe(0);
      expect(Buffer.compare(await readAt(plain, position, length), expected)).toBe(0);
    }),
    { numRuns: 40 },
  );
  expect([content.compressed, plain.compressed, content.damage]).toEqual([true, false, null]);
});

test('a gzip file that is cut off or damaged gives what can be read, and says why there is no more', async () => {
  const bytes = randomBytes(400_000);
  const whole = gzipSync(bytes);
  const damaged = Buffer.from(whole);
  damaged.fill(0, 300_000, 300_100);
  for (const [broken, reason] of [
    [whole.subarray(0, 300_000), /unexpected end of file/],
    [damaged, /invalid|incorrect/],
  ] as const) {
    const content = opened(await stored(broken));
    const read = await readAt(content, 0, 500_000);
    expect(read.length).toBeGreaterThan(250_000);
    expect(Buffer.compare(read.subarray(0, 250_000), bytes.subarray(0, 250_000))).toBe(0);
    expect(content.damage).toMatch(reason);
    expect(await readAt(content, read.length, 10)).toHaveLength(0);
  }
});

test('of a gzip file that ends too early, all is read that was compressed so far', async () => {
  const bytes = Buffer.from(randomBytes(300_000).toString('hex'));
  const whole = gzipSync(bytes);
  for (const size of [11, 400, 70_000, whole.length - 9, whole.length - 1]) {
    const cut = whole.subarray(0, size);
    const possible = gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH });
    const content = opened(await stored(cut));
    expect(Buffer.compare(await readAt(content, 0, 1_000_000), possible)).toBe(0);
    expect([content.unfinished, content.damage]).toEqual([true, 'unexpected end of file']);
  }
});

test('members that are appended are read on from where the others ended', async () => {
  const path = await stored(gzipSync('one\n'));
  const content = opened(path);
  expect((await readAt(content, 0, 100)).toString()).toBe('one\n');
  const second = gzipSync('two\n');
  await appendFile(path, second.subarray(0, 15));
  const part = (await readAt(content, 4, 100)).toString();
  expect('two\n'.startsWith(part)).toBe(true);
  expect(content.unfinished).toBe(true);
  await appendFile(path, second.subarray(15));
  expect((await readAt(content, 4, 100)).toString()).toBe('two\n');
  expect([content.unfinished, content.damage]).toEqual([false, null]);
});

test('a gzip file that is not there is an error of the system', async () => {
  const content = opened('/nowhere/a.gz');
  await expect(readAt(content, 0, 1)).rejects.toMatchObject({ code: 'ENOENT' });
});
