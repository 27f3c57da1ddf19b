import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bulkAnswer, elasticsearchScript, scriptedServer } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { startTailrace } from '../support/tailrace.ts';

const pipeline = (url: string, prefix: string) => `
data_dir: data
metrics: { enabled: false }
sources: { app: { type: file, include: [a.log], format: text } }
sinks:
  out: { type: elasticsearch, inputs: app, nodes: ["${url}"], logstash_format: { prefix: ${prefix} }, queue: { type: disk }, retry: { max: 100ms } }
`;

test('what a disk queue held at a reload and sent afterwards was delivered: the run ends well', async () => {
  let isDown = true;
  let stored = '';
  const server = await scriptedServer(
    elasticsearchScript((request) => {
      if (isDown) return { status: 503 };
      stored += request.text;
      return bulkAnswer(request);
    }),
  );
  onTestFinished(() => server.stop());
  const sent = (prefix: string) => server.requests.some(({ text }) => text.includes(`"_index":"${prefix}-`));
  const running = await startTailrace(['run', '--watch', 'pipeline.yaml'], {
    files: { 'pipeline.yaml': pipeline(server.url, 'before'), 'a.log': 'first\nsecond\n' },
  });
  await expect.poll(() => sent('before')).toBe(true);
  await writeFile(join(running.folder, 'pipeline.yaml'), pipeline(server.url, 'after'));
  await running.line('reload: the changed pipeline runs');
  isDown = false;
  await appendFile(join(running.folder, 'a.log'), 'third\n');
  await expect
    .poll(() => ['first', 'second', 'third'].filter((line) => !stored.includes(`"log":"${line}"`)))
    .toEqual([]);
  running.signal('SIGTERM');
  const { code, stderr } = await running.exit();
  expect(stderr).not.toContain('not delivered in time');
  expect([code, stderr]).toEqual([0, expect.stringContaining('out: 2 events were in the disk queue')]);
});
