import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Calls with a folder that is gone afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tailrace-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes the chunks to a file, as fast as the disk takes them. */
export async function writeChunks(file: string, chunks: Iterable<Buffer | string>): Promise<void> {
  const out = createWriteStream(file);
  for (const chunk of chunks) {
    if (!out.write(chunk)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

/** CPU µs per line of a plain loop over a file's lines, `loop` answering bytes written; reading and cutting them is not counted. */
export async function measureLoop(
  file: string,
  lines: number,
  loop: (texts: readonly string[]) => number,
): Promise<number> {
  const handle = await open(file);
  const buffer = Buffer.allocUnsafe(16 << 20);
  let have = 0;
  let spent = 0;
  let written = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, have, buffer.length - have);
    const end = bytesRead === 0 ? have : buffer.lastIndexOf(10, have + bytesRead - 1) + 1;
    const texts = buffer.toString('utf8', 0, end).split('\n');
    if (texts.at(-1) === '') texts.pop();
    const before = process.cpuUsage();
    written += loop(texts);
    const { user, system } = process.cpuUsage(before);
    spent += user + system;
    if (bytesRead === 0) break;
    buffer.copyWithin(0, end, have + bytesRead);
    have += bytesRead - end;
  }
  await handle.close();
  if (written === 0) throw new Error('the reference wrote nothing');
  return spent / lines;
}
