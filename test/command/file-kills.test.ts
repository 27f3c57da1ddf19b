import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startTailrace } from '../support/tailrace.ts';

const EVENTS = 21_000;
/** Each run has a part of the input that is new to it, so that there is something to kill. */
const RUNS = 3;

const all = Array.from({ length: EVENTS }, (_, n) => n);
const event = (n: number): string => JSON.stringify({ n, pad: 'x'.repeat(300 + (n % 50)) }, null, 1);

/** An array of pretty-printed objects. */
function part(run: number): Buffer {
  const size = EVENTS / RUNS;
  return Buffer.from(
    `[${all
      .slice(run * size, (run + 1) * size)
      .map(event)
      .join(',\n')}]`,
  );
}

/** In UTF-16, compressed in members that cut characters. */
function packed(run: number): Buffer {
  const bytes = Buffer.from(part(run).toString(), 'utf16le');
  const third = Math.ceil(bytes.length / 3) | 1;
  return Buffer.concat([0, 1, 2].map((i) => gzipSync(bytes.subarray(i * third, (i + 1) * third), { level: 1 })));
}

const pipeline = (source: string, fsync: string): string => `
data_dir: data
metrics: { enabled: false }
sources: { in: { type: file, ${source} } }
sinks:
  out:
    type: file
    inputs: in
    path: out/events.ndjson
    fsync: ${fsync}
    fsync_interval: 50ms
    rotate: { max_bytes: 700KB, gzip: true }
`;

/** What stands in the sink's files, by the numbers of the events; fails on a line that is not whole. */
async function delivered(folder: string): Promise<{ numbers: Set<number>; left: string[] }> {
  const left = (await readdir(join(folder, 'out'))).sort();
  const numbers = new Set<number>();
  for (const name of left.filter((one) => !one.endsWith('.tmp'))) {
    // Both are there for a moment; the next process removes the plain one.
    if (left.includes(`${name}.gz`)) continue;
    const bytes = await readFile(join(folder, 'out', name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
    for (const line of text.split('\n').slice(0, -1)) {
      numbers.add((JSON.parse(line) as { n: number }).n);
    }
  }
  return { numbers, left };
}

test.each([
  ['arrays of pretty-printed objects, fsync with each batch', 'format: json', 'json', part, 'batch'],
  ['compressed, in UTF-16, fsync at intervals', 'format: json, encoding: utf-16le', 'gz', packed, 'interval'],
] as const)(
  '%s: killed while files are rotated and compressed, nothing is lost',
  async (_, options, ending, made, fsync) => {
    const source = `include: [in/*.${ending}], ${options}`;
    const files = { 'pipeline.yaml': pipeline(source, fsync), [`in/0.${ending}`]: made(0) };
    let child = await startTailrace(['run', 'pipeline.yaml'], { files });
    const { folder } = child;
    await mkdir(join(folder, 'out'), { recursive: true });
    const names = async (): Promise<number> => (await readdir(join(folder, 'out'))).length;
    for (let run = 0; run < RUNS; run++) {
      const before = await names();
      if (run > 0) {
        await writeFile(join(folder, `in/${run}.${ending}`), made(run));
        child = await startTailrace(['run', 'pipeline.yaml'], { folder });
      }
      // Names come with each rotation, and twice with each compressed file.
      await expect.poll(names, { interval: 3 }).toBeGreaterThan(before + (run === 0 ? 3 : 0));
      child.signal('SIGKILL');
      await child.exit();
      // A power cut leaves half a line; a kill alone does not.
      await writeFile(join(folder, 'out/events.ndjson'), '{"n":', { flag: 'a' });
    }
    const last = await startTailrace(['run', '--once', 'pipeline.yaml'], { folder });
    expect(await last.exit(60_000)).toMatchObject({ code: 0 });
    const { numbers, left } = await delivered(folder);
    expect(all.filter((n) => !numbers.has(n))).toEqual([]);
    expect(numbers.size).toBe(EVENTS);
    expect(left.filter((name) => name.endsWith('.tmp') || (name.includes('Z') && !name.endsWith('.gz')))).toEqual([]);
  },
  120_000,
);
