import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bulkAnswer, elasticsearchScript, scriptedServer } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { runTailrace, startTailrace } from '../support/tailrace.ts';

const WAIT = { timeout: 20_000, interval: 50 };

/** An Elasticsearch that keeps the first document of each id, and refuses every other request for now. */
async function store() {
  const documents = new Map<string, { log: string; stream?: string }>();
  const repeats: { id: string; isSame: boolean }[] = [];
  let requests = 0;
  const take = (text: string): number[] => {
    const parts = text.trimEnd().split('\n');
    return Array.from({ length: parts.length / 2 }, (_, k) => {
      const id = (JSON.parse(parts[2 * k]!) as { create: { _id: string } }).create._id;
      const document = JSON.parse(parts[2 * k + 1]!) as { log: string; stream?: string };
      const known = documents.get(id);
      if (known) repeats.push({ id, isSame: known.log === document.log });
      else documents.set(id, document);
      return known ? 409 : 201;
    });
  };
  const target = await scriptedServer(
    elasticsearchScript((request) => {
      // Stored, but the answer is lost: what a kill then makes of it is read again.
      const statuses = take(request.text);
      if (++requests % 2 === 0) return { status: 503, body: '{}' };
      return bulkAnswer(request, (k) => statuses[k]!);
    }),
  );
  onTestFinished(() => target.stop());
  return { documents, repeats, url: target.url };
}

const pipeline = (url: string) => `
data_dir: data
metrics: { enabled: false }
sources:
  in:
    type: file
    include: [app.log]
    scan_interval: 100ms
    multiline: { start: '^S', timeout: 300ms, max_lines: 5 }
sinks:
  out:
    type: elasticsearch
    nodes: ['${url}']
    inputs: in
    template: { enabled: false }
    max_wait: 50ms
    retry: { initial: 100ms }
`;

/** Lines of two streams, no two the same: an event in three, the others go on with it. */
const LINES = Array.from({ length: 120 }, (_, k) => {
  const stream = k % 5 < 3 ? 'stdout' : 'stderr';
  return { stream, text: `${k % 3 === 0 ? 'S' : ' '}${k}` };
});
const LOG = Buffer.from(LINES.map(({ stream, text }) => `2024-01-01T00:00:00Z ${stream} F ${text}\n`).join(''));

test('killed again and again while lines come in pieces: each line is stored once, and no event ever changes', async () => {
  const { documents, repeats, url } = await store();
  const files = { 'p.yaml': pipeline(url), 'app.log': '' };
  let folder: string | undefined;
  const rounds = 4;
  for (let round = 0, at = 0; round < rounds; round++) {
    const child = await startTailrace(['run', 'p.yaml'], folder === undefined ? { files } : { folder });
    folder ??= child.folder;
    const seen = documents.size;
    // Most ends of pieces are within a line.
    for (const share of [0.3, 0.55, 0.8]) {
      const to = Math.floor((LOG.length * (round + share)) / rounds);
      await appendFile(join(folder, 'app.log'), LOG.subarray(at, to));
      at = to;
      const before = documents.size;
      // The last lines wait for others, or for their time.
      await expect.poll(() => documents.size, WAIT).toBeGreaterThan(before);
    }
    expect(documents.size).toBeGreaterThan(seen);
    await child.kill();
    const end = Math.floor((LOG.length * (round + 1)) / rounds);
    await appendFile(join(folder, 'app.log'), LOG.subarray(at, end));
    at = end;
  }
  expect((await runTailrace(['run', '--once', 'p.yaml'], { folder: folder! })).code).toBe(0);
  for (const stream of ['stdout', 'stderr']) {
    const texts = [...documents.values()].filter((one) => one.stream === stream).flatMap(({ log }) => log.split('\n'));
    const written = LINES.filter((line) => line.stream === stream).map(({ text }) => text);
    expect(texts.toSorted()).toEqual(written.toSorted());
  }
  expect(repeats.filter(({ isSame }) => !isSame)).toEqual([]);
  expect(repeats.length).toBeGreaterThan(0);
  expect([...documents.values()].some(({ log }) => log.includes('\n'))).toBe(true);
}, 120_000);
