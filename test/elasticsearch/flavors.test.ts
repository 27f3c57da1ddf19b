import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mirrordRun } from '@tailrace/std';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  newSetting,
  removeSettings,
  runOnce,
  type Setting,
  writeLog,
  writeNdjsonPipeline,
} from '../main-job/setting.ts';
import { PUBLISHED_TYPES, storedCount, storedMessages, storedTypes } from '../main-job/stored.ts';
import { canRun, indexPrefix, startElasticsearch } from '../support/elasticsearch.ts';
import { startTailrace } from '../support/tailrace.ts';

const EVENTS = 1200;

// What the main job proves on Elasticsearch 8, in small; all of it runs on each of them by `pnpm flavors`.
describe.each([
  ['es7', 'flattened'],
  ['es9', 'flattened'],
  ['os2', 'flat_object'],
] as const)('%s', async (flavor, flattened) => {
  describe.skipIf(!(await canRun(flavor)))('the same sink', () => {
    let node: Awaited<ReturnType<typeof startElasticsearch>>;
    beforeAll(async () => {
      node = await startElasticsearch({ flavor });
    });
    afterAll(async () => {
      await removeSettings();
      await node?.stop();
    });

    test('stores each event once with its type, and refuses repeats by their ids', async () => {
      const prefix = indexPrefix('main');
      const setting = await newSetting(node.url, prefix);
      const docker = mirrordRun({ lines: EVENTS / 2, seed: 31, format: 'docker' });
      const lines = Buffer.concat([...docker.chunks]);
      const cut = lines.indexOf(10, lines.length / 2) + 1;
      const cri = await writeLog(setting.logFile('c'), { lines: EVENTS / 2, seed: 32, format: 'cri' });
      await writeFile(setting.logFile('d'), lines.subarray(0, cut));
      await runOnce(setting);
      const first = await storedCount(node, prefix);
      await cp(setting.data, `${setting.data}.old`, { recursive: true });
      await writeFile(setting.logFile('d'), lines.subarray(cut), { flag: 'a' });
      await runOnce(setting);

      expect(await storedCount(node, prefix)).toBe(EVENTS);
      const wanted = new Map(docker.answers().byMessage);
      for (const [message, n] of cri.byMessage) wanted.set(message, (wanted.get(message) ?? 0) + n);
      expect(await storedMessages(node, prefix)).toEqual(wanted);
      const types = { ...PUBLISHED_TYPES, 'kubernetes.labels': flattened, _overflow: flattened };
      expect(await storedTypes(node, prefix, Object.keys(types))).toEqual(types);

      await rollBack(setting);
      const said = await runOnce(setting);
      expect(await storedCount(node, prefix)).toBe(EVENTS);
      expect(said).toContain(`${EVENTS - first} duplicates avoided`);
      expect(said).not.toContain('id_conflict');
    }, 120_000);

    test('a refused document is a dead letter, an index that may not be written to is waited for', async () => {
      const prefix = indexPrefix('faults');
      await node.json('PUT', `/${prefix}typed`, { mappings: { properties: { n: { type: 'integer' } } } });
      await node.json('PUT', `/${prefix}shut`, { settings: { 'index.blocks.write': true } });
      const setting = await newSetting(node.url, prefix);
      const pipeline = await writeNdjsonPipeline(setting);
      const lines = [
        { index: 'typed', n: 1 },
        { index: 'typed', n: 'no number' },
        { index: 'shut', n: 2 },
        { index: 'typed', n: 3 },
      ];
      await writeFile(join(setting.logs, 'a.log'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      const running = await startTailrace(['run', pipeline], { env: setting.env });
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(await running.line(/metrics and health/))![0];
      const ready = async () => {
        const answer = await fetch(`${address}/readyz`);
        return [answer.status, (await answer.text()).includes(`${prefix}shut`)];
      };
      await expect.poll(ready, { timeout: 20_000 }).toEqual([503, true]);
      await expect.poll(() => storedCount(node, `${prefix}typed`), { timeout: 20_000 }).toBe(2);
      await node.json('PUT', `/${prefix}shut/_settings`, { 'index.blocks.write': false });
      await expect.poll(() => storedCount(node, `${prefix}shut`), { timeout: 20_000 }).toBe(1);
      await expect.poll(ready, { timeout: 20_000 }).toEqual([200, false]);
      running.signal('SIGTERM');
      expect((await running.exit()).code).toBe(0);
      const letter: unknown = JSON.parse(await readFile(join(setting.data, 'dead-letters.ndjson'), 'utf8'));
      expect(letter).toMatchObject({
        code: 'document_refused',
        event: { n: 'no number' },
        message: expect.stringContaining('no number'),
      });
    }, 120_000);
  });
});

async function rollBack(setting: Setting): Promise<void> {
  await rm(setting.data, { recursive: true });
  await cp(`${setting.data}.old`, setting.data, { recursive: true });
}
