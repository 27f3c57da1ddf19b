import { join } from 'node:path';
import { scriptedServer, type UsageGrowth, usageGrowth } from '@tailrace/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { writer } from '../reload/setting.ts';
import { startTailrace } from '../support/tailrace.ts';

/** How long the target is dead here; `pnpm faults` watches for ten minutes. */
const DEAD_MS = 30_000;
/** The queue fills, the heap settles: what grows after that would grow for ever. */
const SETTLE_MS = 8000;

const pipeline = (url: string, queue: string) => `
data_dir: data
metrics: { enabled: false }
sources:
  app: { type: file, include: ['logs/app.log*'], format: ndjson }
transforms:
  record: { type: unpack, inputs: app }
sinks:
  out: { type: elasticsearch, inputs: record, nodes: ['${url}'], index: logs, template: { enabled: false }, ${queue} }
`;

/** A target that takes connections and requests, and never answers. */
async function hanging(): Promise<string> {
  const server = await scriptedServer([{ kind: 'hang' }]);
  onTestFinished(() => server.stop());
  return server.url;
}

/** What the command uses while its target is dead and its input goes on. */
async function watched(url: string, queue: string): Promise<UsageGrowth> {
  const files = { 'pipeline.yaml': pipeline(url, queue), 'logs/none': '' };
  const child = await startTailrace(['run', 'pipeline.yaml'], { files });
  const lines = writer(join(child.folder, 'logs/app.log'));
  onTestFinished(async () => void (await lines.stop()));
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return await usageGrowth(child.pid, DEAD_MS);
}

test('a dead target costs neither memory nor processor time, whatever the queue and whichever way it is dead', async () => {
  const cases = {
    'refuses, a queue in memory': watched('http://127.0.0.1:1', 'queue: { max_bytes: 4MiB }'),
    'refuses, a queue on disk': watched('http://127.0.0.1:1', 'queue: { type: disk, max_bytes: 4MiB }'),
    'never answers': watched(await hanging(), 'queue: { max_bytes: 4MiB }'),
  };
  for (const [name, watching] of Object.entries(cases)) {
    const { rssBytes, cpuShare } = await watching;
    expect(rssBytes, `bytes of memory: ${name}`).toBeLessThanOrEqual(20e6);
    expect(cpuShare, `share of a core: ${name}`).toBeLessThanOrEqual(0.02);
  }
}, 90_000);
